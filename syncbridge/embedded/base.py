"""The database engine ``syncbridge.embedded``: Django's PostgreSQL, started by the connection that finds it down."""

from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base

from syncbridge.embedded import database_url, postgres


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects as Django does; only when that fails is the server looked after."""

    def get_connection_params(self) -> dict[str, Any]:
        """As in the settings, on the private socket; its directory is made only when somebody connects."""
        self.settings_dict["HOST"] = str(postgres.socket_directory(settings.VAR_DIR))
        return super().get_connection_params()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A new connection; also after the server was stopped or killed."""
        try:
            return super().get_new_connection(conn_params)
        except self.Database.OperationalError:
            database_url()
            return super().get_new_connection(conn_params)
