"""The app of shops and companies; people read its name as the heading above them."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConnectorsConfig(AppConfig):
    """Named as in the sidebar."""

    name = "connectors"
    verbose_name = _("Connections")
