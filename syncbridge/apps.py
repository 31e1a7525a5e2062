"""The project as a Django app: it brings the system checks, the commands, the audit and the notices."""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as registry
from django.db.models.signals import post_migrate
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
        post_migrate.connect(thresholds, sender=self)


def thresholds(using: str, apps: Any = registry, **_signal: Any) -> None:
    """Each threshold has its row, also in a database that was emptied: those that are there stay as they are."""
    from syncbridge.thresholds import MEANINGS

    try:
        model = apps.get_model("syncbridge", "Threshold")
    except LookupError:  # migrated to before there were any
        return
    rows = [model(name=name, value=meaning.default) for name, meaning in MEANINGS.items()]
    model.objects.using(using).bulk_create(rows, ignore_conflicts=True)
