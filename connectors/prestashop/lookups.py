"""Small tables of the shop (states, currencies, taxes …): asked once for each id, kept while the client lives."""

from __future__ import annotations

from collections.abc import Collection

from connectors.prestashop.webservice import Found, Webservice
from connectors.types import Raw

# Only what an order's meaning rests on: a changing rate or position must not make the raw look new.
DISPLAY = {
    "order_states": "[id,name,paid,shipped]",
    "currencies": "[id,iso_code]",
    "countries": "[id,iso_code]",
    "states": "[id,iso_code,name]",
    "taxes": "[id,rate,name]",
    "carriers": "[id,id_reference,name]",
    "groups": "[id,name]",
    "languages": "[id,iso_code]",
}

SETTINGS = ("PS_LANG_DEFAULT", "PS_OS_CANCELED", "PS_OS_DELIVERED", "PS_OS_ERROR", "PS_TIMEZONE")


class Lookups:
    """What was looked up so far. A gone id is remembered too; an unreadable one is asked for again."""

    def __init__(self, webservice: Webservice) -> None:
        self._webservice = webservice
        self._known: dict[str, dict[str, list[Raw]]] = {resource: {} for resource in DISPLAY}
        self._settings: Raw | None = None

    def by_id(self, resource: str, ids: Collection[str]) -> Found:
        """The rows with these ids; one request when some are new, none otherwise."""
        known = self._known[resource]
        missing = [each for each in ids if each not in known]
        found = self._webservice.by(resource, "id", missing, DISPLAY[resource]) if missing else Found()
        for each in missing:
            if each not in found.faults:
                known[each] = found.raws.get(each, [])
        found.raws = {each: known[each] for each in ids if each in known}
        return found

    def settings(self) -> Raw:
        """The settings an order's meaning rests on, as one raw with id 0: {"PS_OS_CANCELED": "6", …}."""
        if self._settings is None:
            self._settings = Raw("configurations", 0, self._read_settings())
        return self._settings

    def _read_settings(self) -> dict[str, str]:
        found = self._webservice.rows(
            "configurations", display="[id,name,value,id_shop]", filters={"name": f"[{'|'.join(SETTINGS)}]"}
        )
        values: dict[str, str] = {}
        # A value for the shop itself beats one for all shops; another shop's does not count.
        for own in ("", "0", str(self._webservice.shop_id)):
            for row in found:
                if (row.get("id_shop") or "") == own and row.get("name") in SETTINGS:
                    values[str(row["name"])] = str(row.get("value") or "")
        return dict(sorted(values.items()))
