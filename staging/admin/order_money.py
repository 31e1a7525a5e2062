"""The money of one order: totals per tax rate, the shop's beside Sage's, and the payments and refunds that moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connectors.types import Payment, Refund, ShopOrder
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


@dataclass(frozen=True)
class MoneyView:
    """A payment or refund in the shop, and the document that books it in Sage if one was prepared."""

    told: Payment | Refund
    amount: str
    posting: Posting | None


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


def moved(order: StagedOrder, counts: ShopOrder, postings: Sequence[Posting]) -> dict[str, list[MoneyView]]:
    """The payments and the refunds of an order."""
    return {
        "payments": [_moved(order, payment, "payment", payment.amount, postings) for payment in counts.payments],
        "refunds": [_moved(order, refund, "slip", _returned(refund), postings) for refund in counts.refunds],
    }


def _moved(
    order: StagedOrder, told: Payment | Refund, what: str, value: Decimal, postings: Sequence[Posting]
) -> MoneyView:
    key = f"shop {order.shop_id} {what} {told.id}"
    mine = (row for row in postings if row.source_key == key or row.source_key.startswith(f"{key} "))
    currency = told.currency if isinstance(told, Payment) else order.currency
    return MoneyView(told, amount(value, currency), next(mine, None))


def _returned(refund: Refund) -> Decimal:
    """What goes back, with tax: goods and shipping (prestashop.md E6)."""
    return refund.products_incl + refund.shipping_incl
