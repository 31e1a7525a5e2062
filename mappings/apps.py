"""The app of the mappings; people read its name as the heading above their tables."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MappingsConfig(AppConfig):
    """Named as in the sidebar."""

    name = "mappings"
    verbose_name = _("Mappings")
