"""The project as a Django app: it brings the system checks, the commands, the audit and the notices."""

from django.apps import AppConfig


class SyncbridgeConfig(AppConfig):
    """Registers the checks once the settings are loaded."""

    name = "syncbridge"

    def ready(self) -> None:
        """Importing the checks registers them; from now on changes by people are kept."""
        from syncbridge import checks  # noqa: F401
        from syncbridge.audit import capture

        capture.listen()
