"""The project as a Django app: it brings the system checks and the commands."""

from django.apps import AppConfig


class SyncbridgeConfig(AppConfig):
    """Registers the checks once the settings are loaded."""

    name = "syncbridge"

    def ready(self) -> None:
        """Importing the module registers its checks."""
        from syncbridge import checks  # noqa: F401
