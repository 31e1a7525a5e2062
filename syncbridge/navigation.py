"""The admin's sidebar."""

from typing import Any

SIDEBAR: dict[str, Any] = {"show_search": True, "show_all_applications": True}
