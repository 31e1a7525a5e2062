"""The app of everything in transit; people read its name as the heading above orders, documents and marks."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StagingConfig(AppConfig):
    """Named after what staff find in it."""

    name = "staging"
    verbose_name = _("Orders")
