"""The totals of one order per tax rate: the shop's figures beside what Sage computes, explained and unexplained."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from staging.models import Posting, StagedOrder
from staging.wording import amount


@dataclass(frozen=True)
class RateView:
    """One row of the totals: the shop's figures beside what Sage computes; ``difference`` is Sage less shop.

    ``held_tax`` is the tax that Sage's document itself tells for the rate, "" when it tells none.
    """

    name: str
    shop_base: str
    shop_tax: str
    sage_base: str
    sage_tax: str
    difference: str
    equal: bool
    held_tax: str = ""
    held_equal: bool = True


def rates(order: StagedOrder, postings: list[Posting]) -> list[RateView]:
    """One row per rate of the last verdict, the lowest rate first."""
    rows = []
    sale = held_sale(postings)
    held = {Decimal(rate): Decimal(tax) for rate, tax in ((sale or {}).get("tax_by_rate") or {}).items()}
    for rate in (order.verdict or {}).get("rates", []):
        of = Decimal(rate["rate"])
        figures = {name: Decimal(rate[name]) for name in ("shop_base", "shop_tax", "sage_base", "sage_tax")}
        shop = figures["shop_base"] + figures["shop_tax"]
        sage = figures["sage_base"] + figures["sage_tax"]
        rows.append(
            RateView(
                name=f"{amount(of, least=0)} %",
                **{name: amount(value) for name, value in figures.items()},
                difference=amount(sage - shop, signed=True),
                equal=rate["shop_base"] == rate["sage_base"] and rate["shop_tax"] == rate["sage_tax"],
                held_tax=amount(held[of]) if of in held else "",
                held_equal=held.get(of, figures["shop_tax"]) == figures["shop_tax"],
            )
        )
    return rows


def totals(order: StagedOrder, postings: list[Posting]) -> dict[str, Any]:
    """The last rows of the totals, and the cent that was put on the rounding charge."""
    verdict = order.verdict or {}
    if "total" not in verdict:
        return {}
    shop, sage = Decimal(verdict["total"]["shop"]), Decimal(verdict["total"]["sage"])
    rounding = Decimal(verdict.get("rounding", 0))
    return {
        "shop": amount(shop),
        "sage": amount(sage),
        "difference": amount(sage - shop, signed=True),
        "equal": shop == sage,
        "rounding": amount(rounding, order.currency, signed=True) if rounding else "",
        **_held_by_sage(postings, shop),
    }


def _held_by_sage(postings: list[Posting], shop: Decimal) -> dict[str, Any]:
    """What Sage's document says itself, beside the shop's total."""
    sale = held_sale(postings)
    if sale is None:
        return {}
    total, tax = Decimal(sale["total"]), Decimal(sale["tax"])
    return {
        "document": {
            "number": sale.get("invoice_number") or sale["number"],
            "by_rate": bool(sale.get("tax_by_rate")),
            "total": amount(total),
            "tax": amount(tax),
            "difference": amount(total - shop, signed=True),
            "equal": total == shop,
        }
    }


def held_sale(postings: list[Posting]) -> dict[str, Any] | None:
    """What Sage answered of the sale, of the last one when it was sent again."""
    sales = [row for row in postings if row.kind == Posting.Kind.SALE and row.answer]
    return max(sales, key=lambda row: row.generation).answer if sales else None
