"""From the credit slips of an order to the credit notes Sage should hold, so that Sage arrives at the slip's amounts.

A slip states its lines with and without tax and its shipping beside them; ``amount`` is products only (prestashop.md
E6). What the shop itself contradicts is held, never booked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from connectors.models import SageCompany
from connectors.plain import plain
from connectors.types import ZERO, Charge, CreditNote, Line, Refund, Sale, SaleLine
from connectors.words import Words, joined, words
from mappings.tables import plain_number
from staging import differing, money, packs, salelines
from staging.amounts import ITEM, SHIPPING, Amount, apportion, rounded
from staging.checks import Case
from staging.checks.words import open_day
from staging.discounts import taxed_at
from staging.issues import Fault
from staging.models import Posting
from staging.texts import shorten
from staging.wanted import Wanted, Wish, holds, posted
from staging.wording import fixed


def wishes(case: Case, sale: Sale) -> Iterator[Wish]:
    """The credit notes of the order that Sage does not hold yet, for the sale as it is (to be) sent.

    None when the company's Sage takes no credit notes.
    """
    if "credit note" not in case.can:
        return
    for refund in case.order.refunds:
        reference = f"{case.row.sage_reference}-C{refund.id}"
        if holds(case.row, reference):
            continue
        slip = _Slip(case, sale, refund)
        wanted = Wanted(Posting.Kind.CREDIT_NOTE, f"shop {case.shop.pk} slip {refund.id}", slip.credit_note(reference))
        yield Wish(wanted, tuple(slip.faults()))


@dataclass(frozen=True)
class _Slip:
    """One slip of one order, beside the sale it corrects."""

    case: Case
    sale: Sale
    refund: Refund

    @property
    def place(self) -> str:
        return f"refund {self.refund.id}"

    @cached_property
    def lines(self) -> list[tuple[Line, Decimal, Decimal, Decimal]]:
        """The order's lines with how many pieces, and how much without and with tax, came back."""
        by_id, places = {line.id: line for line in self.case.lines}, self.case.places
        known = [line for line in self.refund.lines if line.line_id in by_id and (line.quantity or line.incl)]
        excl = apportion([line.excl for line in known], places)
        incl = apportion([line.incl for line in known], places)
        return [
            (by_id[line.line_id], line.quantity, without, with_tax)
            for line, without, with_tax in zip(known, excl, incl, strict=True)
        ]

    @cached_property
    def amounts(self) -> list[Amount]:
        """As the shop gave them back, positive."""
        amounts = [
            Amount(f"line {line.id}", ITEM, line.name, line.rate, without, with_tax, line.tax_rules_group)
            for line, _quantity, without, with_tax in self.lines
        ]
        excl, incl = (
            rounded(each, self.case.places) for each in (self.refund.shipping_excl, self.refund.shipping_incl)
        )
        if incl or excl:
            rate = taxed_at(Charge(incl, excl, self.case.order.shipping.rate))
            amounts.append(Amount(SHIPPING, SHIPPING, SHIPPING, rate, excl, incl))
        return amounts

    @cached_property
    def drafted(self) -> tuple[tuple[SaleLine, ...], money.Verdict]:
        """In the manner of the sale, else in the company's other one, as for a sale."""
        sold_with_tax = any(line.tax_included for line in self.sale.lines)
        manners = (True, False) if sold_with_tax and self.case.company.prices_include_tax else (False,)
        order = (money.EQUAL, money.TOTAL_EQUAL, money.HELD)
        return min((self._draft(included) for included in manners), key=lambda draft: order.index(draft[1].kind))

    def _draft(self, included: bool) -> tuple[tuple[SaleLine, ...], money.Verdict]:
        profile = self.case.profile
        lines = tuple(
            line for amount in self.amounts if amount.source in self.sold for line in self._lines(amount, included)
        )
        return lines, money.compare(money.booked(self.amounts), money.predict(lines, profile), profile)

    @cached_property
    def sold(self) -> dict[str, list[SaleLine]]:
        """The sale's lines by their source in the shop, of a pack all parts: code, unit and tax class are theirs."""
        sold: dict[str, list[SaleLine]] = {}
        for line in self.sale.lines:
            sold.setdefault(packs.whole(line.source), []).append(line)
        return sold

    def _lines(self, amount: Amount, included: bool) -> list[SaleLine]:
        """What comes back falls on a pack's parts as its price did."""
        sold, value = self.sold[amount.source], amount.incl if included else amount.excl
        weights = [line.amount for line in sold]
        values = packs.split(value, weights, amount.rate, included, self.case.profile) if len(sold) > 1 else [value]
        return [self._line(line, amount, share, included) for line, share in zip(sold, values, strict=True)]

    def _line(self, sold: SaleLine, amount: Amount, value: Decimal, included: bool) -> SaleLine:
        if sold.kind != "item":
            return replace(sold, amount=value, unit_price=value, tax_included=included)
        quantity = sum((pieces * sold.quantity / line.quantity for line, pieces, *_amounts in self.lines
                        if f"line {line.id}" == amount.source and line.quantity), ZERO)  # fmt: skip
        price = salelines.unit_price(value, quantity)
        return replace(sold, quantity=quantity, amount=value, unit_price=price, tax_included=included)

    @cached_property
    def restock(self) -> bool | None:
        """Whether the goods go back into stock; None when the shop took only some of the lines back."""
        rule = self.case.company.restock
        if rule != SageCompany.Restock.SHOP:
            return rule == SageCompany.Restock.ALWAYS
        taken = {line.restocked > ZERO for line, quantity, *_amounts in self.lines if quantity and not line.virtual}
        return None if len(taken) > 1 else taken == {True}

    def credit_note(self, reference: str) -> CreditNote:
        """What the sale's answer gives (the invoice number) is filled in when the credit note is sent."""
        lines, verdict = self.drafted
        order = self.case.order
        text = _("Refund of %(order)s") % {"order": order.reference}
        return CreditNote(
            reference=reference,
            customer=self.sale.customer,
            credit_date=self.refund.at.astimezone(ZoneInfo(self.case.shop.time_zone)).date(),
            currency=self.sale.currency,
            tax_group=self.sale.tax_group,
            lines=lines,
            total=verdict.total.sage,
            tax=money.tax(money.predict(lines, self.case.profile)),
            description=shorten(text, self.case.widths["description"]),
            location=self.sale.location,
            restock=bool(self.restock),
            exchange_rate=self.sale.exchange_rate,
        )

    # --- faults -------------------------------------------------------------------------------------------------------

    def faults(self) -> Iterator[Fault]:
        """What is wrong with the slip itself, then whether Sage would arrive at it."""
        yield from open_day(self.case, self.refund.at.astimezone(ZoneInfo(self.case.shop.time_zone)).date(), self.place)
        contradictions = [*self._contradictions()]
        yield from contradictions
        yield from self._above_the_order()
        yield from self._prices()
        if self.restock is None:
            yield Fault("refund-restock", place=self.place)
        if not contradictions and self.drafted[1].kind == money.HELD:
            verdict = self.drafted[1]
            rates = "; ".join(
                f"{plain_number(rate.rate)} %: {rate.shop_base:f} + {rate.shop_tax:f} / "
                f"{rate.sage_base:f} + {rate.sage_tax:f}"
                for rate in verdict.different
            )
            values = {"shop": f"{verdict.total.shop:f}", "sage": f"{verdict.total.sage:f}", "rates": rates}
            yield self._fault("refund-differs", values)

    def _contradictions(self) -> Iterator[Fault]:
        """The header against the rows, the rows against the order, the rows against what the order's lines say."""
        refund, places = self.refund, self.case.places
        by_id = {line.id: line for line in self.case.lines}
        if not self.amounts:
            yield self._fault("refund-inconsistent", {"what": plain(words("nothing is given back in it"))})
        sources = [f"line {line.line_id}" for line in refund.lines] + [each.source for each in self.amounts]
        for source in dict.fromkeys(sources):
            if source not in self.sold or (source != SHIPPING and int(source.split()[1]) not in by_id):
                what = words("%(what)s is not in the order", what=_source(source))
                yield self._fault("refund-inconsistent", {"what": plain(what)}, source)
        for name, stated, rows in (
            ("products with tax", refund.products_incl, [line.incl for line in refund.lines]),
            ("products without tax", refund.products_excl, [line.excl for line in refund.lines]),
            ("amount", refund.amount, [line.incl for line in refund.lines]),
        ):
            header, summed = rounded(stated, places), rounded(sum(rows, ZERO), places)
            if header != summed:
                what = words(
                    "%(name)s: %(header)s, its lines make %(rows)s",
                    name=fixed(name),
                    header=f"{header:f}",
                    rows=f"{summed:f}",
                )
                yield self._fault("refund-inconsistent", {"what": plain(what)}, name)
        for line, quantity, *_amounts in self.lines:
            if quantity and line.refunded + line.returned < self._pieces(line.id):
                values = {"line": f"{line.reference} {line.name}".strip()}
                yield self._fault("refund-unbooked", values, f"line {line.id}")

    def _pieces(self, line_id: int) -> Decimal:
        """How many pieces of a line all slips up to this one gave back."""
        return sum((line.quantity for slip in self._so_far for line in slip.lines if line.line_id == line_id), ZERO)

    def _above_the_order(self) -> Iterator[Fault]:
        """Slips up to this one give back no more than was sold, in pieces and in money."""
        for line, _quantity, *_amounts in self.lines:
            if self._pieces(line.id) > line.quantity:
                what = f"{plain_number(self._pieces(line.id))} / {plain_number(line.quantity)} × {line.reference}"
                yield self._fault("refund-exceeds", {"what": what}, f"line {line.id}")
        money_back = (slip.products_incl + slip.shipping_incl for slip in self._so_far)
        back = rounded(sum(money_back, ZERO), self.case.places)
        worth = rounded(self.case.sold.totals.paid_incl, self.case.places)
        if back > worth:
            yield self._fault("refund-exceeds", {"what": f"{back:f} / {worth:f} {self.case.order.currency}"})
        shipping = rounded(sum((slip.shipping_incl for slip in self._so_far), ZERO), self.case.places)
        if shipping > (charged := rounded(self.case.order.shipping.incl, self.case.places)):
            what = joined(f"{shipping:f} / {charged:f}", fixed(SHIPPING))
            yield self._fault("refund-exceeds", {"what": plain(what)}, SHIPPING)
        sale = posted(self.case.row)
        if sale and (own := self.drafted[1].total.sage) > (left := differing.left(self.case, sale)) and back <= worth:
            what = words("%(own)s; of the sale in Sage %(left)s are not credited yet", own=f"{own:f}", left=f"{left:f}")
            yield self._fault("refund-exceeds", {"what": plain(what)}, "Sage")

    @property
    def _so_far(self) -> list[Refund]:
        """The slips up to this one."""
        return [slip for slip in self.case.order.refunds if slip.id <= self.refund.id]

    def _prices(self) -> Iterator[Fault]:
        """A unit price with six decimals gives back the amount, as for a sale."""
        for line in self.drafted[0]:
            if line.kind == "item" and self.case.profile.rounded(line.quantity * line.unit_price) != line.amount:
                values = {"amount": f"{line.amount:f}", "quantity": plain_number(line.quantity)}
                place = f"{self.place} {line.source}"
                yield Fault("unit-price-inexact", "item", line.code, place, values | {"name": line.description})

    def _fault(self, code: str, values: dict[str, Any], value: str = "") -> Fault:
        more = {"currency": self.case.order.currency, "refund": str(self.refund.id)}
        return Fault(code, value=value, place=self.place, values=values | more)


def _source(source: str) -> Words:
    """Where something stands, "line 8" or "shipping", for a sentence."""
    number = source.partition(" ")[2]
    return words("Line %(n)s", n=number) if number else fixed(source)
