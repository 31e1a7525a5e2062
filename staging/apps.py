"""The app of everything in transit; people read its name as the heading above orders, documents and tasks."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StagingConfig(AppConfig):
    """Named as in the sidebar."""

    name = "staging"
    verbose_name = _("Work")
