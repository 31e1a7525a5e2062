"""The back-office of the connections."""

from connectors.admin.pages import SageCompanyAdmin, ShopAdmin

__all__ = ["SageCompanyAdmin", "ShopAdmin"]
