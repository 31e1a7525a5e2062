"""What the sandbox shop sells and how it taxes: products, tax rules, carriers, vouchers, in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .store import Row, Store

USED = (
    "products",
    "combinations",
    "tax_rules",
    "taxes",
    "carriers",
    "cart_rules",
    "specific_prices",
    "currencies",
    "order_states",
    "configurations",
    "customers",
    "addresses",
    "product_option_values",
    "product_options",
    "shops",
)


@dataclass(frozen=True)
class Taxes:
    """The taxes on one thing at one place; ``rate`` in per cent, several rates added."""

    ids: tuple[str, ...] = ()
    rate: Decimal = Decimal(0)


@dataclass
class Catalogue:
    """A copy of the rows an order is made from; made anew after any of them was changed."""

    rows: dict[str, dict[int, Row]]
    settings: dict[str, str]
    by_reference: dict[str, tuple[int, int]] = field(default_factory=dict)
    _taxes: dict[tuple[str, str, str], Taxes] = field(default_factory=dict)

    @classmethod
    def read(cls, store: Store) -> Catalogue:
        """The catalogue as the store has it now."""
        rows = {name: {int(row["id"]): row for row in store.rows(name)} for name in USED}
        settings = {row["name"]: str(row["value"]) for row in rows["configurations"].values()}
        found = cls(rows, settings)
        # The first wins, as a customer's click would: PrestaShop's references are not unique.
        for row_id, row in rows["combinations"].items():
            found.by_reference.setdefault(str(row["reference"]), (int(row["id_product"]), row_id))
        for row_id, row in rows["products"].items():
            found.by_reference[str(row["reference"])] = (row_id, _default_combination(row))
        return found

    def setting(self, name: str, default: str) -> str:
        """A row of /configurations."""
        return self.settings.get(name, default)

    @property
    def shop_name(self) -> str:
        """The first shop's name."""
        return next((str(row["name"]) for row in self.rows["shops"].values()), "Sandbox")

    def taxes(self, group: str, country: str, state: str) -> Taxes:
        """What a tax rules group means in a country (and its state)."""
        key = (str(group), str(country), str(state))
        if key not in self._taxes:
            ids = [
                str(rule["id_tax"])
                for rule in self.rows["tax_rules"].values()
                if (str(rule["id_tax_rules_group"]), str(rule["id_country"])) == key[:2]
                and str(rule["id_state"]) in ("0", key[2])
            ]
            self._taxes[key] = self._rated(ids)
        return self._taxes[key]

    def _rated(self, ids: Iterable[str]) -> Taxes:
        active = [each for each in dict.fromkeys(ids) if int(each) in self.rows["taxes"]]
        rate = sum((Decimal(self.rows["taxes"][int(each)]["rate"]) for each in active), Decimal(0))
        return Taxes(tuple(active), rate)

    def product_name(self, product: int, combination: int, language: str) -> str:
        """The name on an order line: in the order's language, with the attributes of the combination."""
        name = in_language(self.rows["products"][product]["name"], language)
        if not combination:
            return name
        values = self.rows["combinations"][combination].get("associations", {}).get("product_option_values", [])
        chosen = [self.rows["product_option_values"].get(int(each["id"])) for each in values]
        parts = [
            f"{in_language(self.rows['product_options'][int(each['id_attribute_group'])]['public_name'], language)}: "
            f"{in_language(each['name'], language)}"
            for each in chosen
            if each and int(each["id_attribute_group"]) in self.rows["product_options"]
        ]
        return f"{name} ({' - '.join(parts)})" if parts else name

    def addresses_of(self, customer: int) -> list[int]:
        """The customer's addresses that are not deleted."""
        return [
            row_id
            for row_id, row in self.rows["addresses"].items()
            if str(row["id_customer"]) == str(customer) and str(row["deleted"]) == "0"
        ]

    def specific_price(self, product: int, quantity: int) -> Row | None:
        """The reduction for a quantity: of those that apply, the one that starts highest."""
        fitting = [
            row
            for row in self.rows["specific_prices"].values()
            if int(row["id_product"]) == product and int(row["from_quantity"]) <= quantity
        ]
        return max(fitting, key=lambda row: int(row["from_quantity"]), default=None)


def _default_combination(product: Row) -> int:
    return int(product.get("id_default_combination") or 0)


def in_language(texts: Any, language: str) -> str:
    """A multilingual field in one language, else in the first it has."""
    if isinstance(texts, str):
        return texts
    by_id = {str(each["id"]): str(each["value"]) for each in texts or []}
    return by_id.get(str(language)) or next(iter(by_id.values()), "")
