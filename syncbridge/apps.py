"""The project as a Django app: it brings the system checks, the commands, the audit and the notices."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SyncbridgeConfig(AppConfig):
    """Registers the checks once the settings are loaded."""

    name = "syncbridge"
    verbose_name = _("Running it")

    def ready(self) -> None:
        """Importing the checks registers them; from now on changes by people are kept."""
        from syncbridge import checks  # noqa: F401
        from syncbridge.audit import capture

        capture.listen()
