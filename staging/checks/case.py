"""One order under check: the order as corrected, what it maps to, and what Sage would compute, each worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from connectors.types import Carrier, Line, Party, SaleLine, ShopOrder
from mappings.models import SageRecord
from mappings.resolve import CustomerMatch, ItemMatch, PartMatch, PaymentMatch, Resolver, Unmapped
from mappings.vat import VatNumber
from staging import explaining, money, salelines, vouchers
from staging.amounts import ROUNDING, Amount, Booked, book, rounded, unrounded
from staging.issues import Fault
from staging.models import StagedOrder, word
from staging.texts import Fitted, fit_address
from staging.vouchers import Voucher

USUAL_PLACES = 2
"""Decimals of a currency that the mirror does not have."""


@dataclass(frozen=True)
class Twin:
    """Another order that looks the same: its reference, and how far apart the two were placed."""

    reference: str
    minutes: int


class Case:
    """What the checks look at. Nothing here asks Sage or the shop; mapping answers come from the resolver's caches."""

    def __init__(
        self,
        row: StagedOrder,
        order: ShopOrder,
        resolver: Resolver,
        widths: Mapping[str, int],
        twin: Twin | None = None,
        can: frozenset[str] = frozenset(),
    ) -> None:
        self.row, self.order, self.resolver, self.widths, self.twin = row, order, resolver, widths, twin
        self.shop = resolver.shop
        self.company = resolver.shop.company
        self.can = can  # what this Sage takes: "receipt", "credit note" …

    # --- what it maps to ----------------------------------------------------------------------------------------------

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The lines that were sold; one cancelled to nothing is none."""
        return tuple(line for line in self.order.lines if line.quantity or line.total_incl)

    @cached_property
    def items(self) -> dict[int, ItemMatch | Unmapped]:
        """By the shop's line id."""
        return {line.id: self.resolver.item(line.reference) for line in self.lines}

    @cached_property
    def parts(self) -> dict[int, tuple[PartMatch, ...]]:
        """By the shop's line id, only for packs that Sage knows in parts: such a line is no item there."""
        found = {line.id: self.resolver.parts(line.reference) for line in self.lines}
        return {line_id: parts for line_id, parts in found.items() if parts}

    @cached_property
    def words(self) -> list[str]:
        """The order's own words that mappings translate, each as kind and value: a change of one concerns it."""
        references = {line.reference.strip() for line in self.lines} - {""}
        words = [*(("item", reference) for reference in sorted(references)), ("payment", self.order.module)]
        return [word(kind, value) for kind, value in words]

    @cached_property
    def customer(self) -> CustomerMatch | Unmapped:
        """Who buys in Sage."""
        return self.resolver.customer(self.order)

    @cached_property
    def new_customer(self) -> str:
        """The code of the customer to be made for this buyer, "" when an existing one buys."""
        return self.customer.new if isinstance(self.customer, CustomerMatch) else ""

    @cached_property
    def vat_number(self) -> VatNumber:
        """The VAT number on the invoice address, as it counts."""
        return self.resolver.vat_number(self.order)

    @cached_property
    def business(self) -> bool:
        """Whether a company with a VAT number buys; one that is not valid makes nobody a company."""
        return bool(self.vat_number.number)

    @cached_property
    def destination(self) -> str:
        """The country that decides the tax: by default PrestaShop taxes by the delivery address [inferred]."""
        return self.order.deliver_to.country

    @cached_property
    def tax_group(self) -> str | Unmapped:
        """Sage's tax group for the destination and the kind of buyer."""
        return self.tax_group_of(self.business)

    def tax_group_of(self, business: bool) -> str | Unmapped:
        """The one for a company with VAT number, or for a private person, at the order's destination."""
        return self.resolver.tax_group(self.destination, business, self.order.deliver_to.state)

    def tax_class(self, amount: Amount) -> int | Unmapped | None:
        """The class of one amount; None while there is no tax group to look in."""
        if isinstance(self.tax_group, Unmapped):
            return None
        return self.resolver.tax_class(self.tax_group, amount.rules_group, self.destination, amount.rate)

    def sage_rate(self, tax_class: int) -> Decimal | None:
        """What Sage charges (per cent) for a class to this customer; None when the mirror does not have all of it."""
        rates = self.sage_rates(tax_class)
        return sum(rates, Decimal(0)) if rates else None

    def sage_rates(self, tax_class: int) -> tuple[Decimal, ...]:
        """The same by authority, in the tax group's order; () when the mirror does not have all of it."""
        record = self.customer.record if isinstance(self.customer, CustomerMatch) else None
        if record is None:
            return ()
        rates = []
        buyer_classes = [*record.details.get("tax_classes", []), 1, 1, 1, 1, 1]
        for authority, buyer_class in zip(self.authorities, buyer_classes, strict=False):
            row = self.resolver.record("tax rate", f"{authority}|{buyer_class}")
            rate = row.details.get("rates", {}).get(str(tax_class)) if row else None
            if rate is None:
                return ()
            rates.append(Decimal(rate))
        return tuple(rates)

    @cached_property
    def _group(self) -> SageRecord | None:
        return self.resolver.record("tax group", self.tax_group) if isinstance(self.tax_group, str) else None

    @cached_property
    def authorities(self) -> list[str]:
        """Who taxes the order in Sage."""
        return list(self._group.details.get("authorities", [])) if self._group else []

    @cached_property
    def tax_on_top(self) -> bool:
        """Whether its tax cannot lie in the price: an authority forbids it, or there are several."""
        return len(self.authorities) > 1 or bool(self._group and self._group.details.get("on_top"))

    @cached_property
    def payment(self) -> PaymentMatch | Unmapped:
        """Payment code, terms and bank."""
        return self.resolver.payment(self.order.module)

    @cached_property
    def carrier(self) -> str | Unmapped:
        """Ship-via code, "" for goods that nobody ships."""
        carrier: Carrier | None = self.order.carrier
        return self.resolver.carrier(carrier)

    @cached_property
    def location(self) -> str | Unmapped:
        """Where the goods leave."""
        return self.resolver.location()

    @cached_property
    def currency(self) -> str | Unmapped:
        """Sage's code of the order's currency."""
        return self.resolver.currency(self.order.currency)

    @cached_property
    def periods(self) -> list[SageRecord]:
        """The fiscal calendar."""
        return self.resolver.records("fiscal period")

    # --- where it goes ------------------------------------------------------------------------------------------------

    @cached_property
    def deliver_to(self) -> Fitted:
        """The ship-to address as Sage takes it."""
        return self._fit(self.order.deliver_to, "ship_to")

    @cached_property
    def invoice_to(self) -> Fitted:
        """The bill-to address as Sage takes it."""
        return self._fit(self.order.invoice_to, "bill_to")

    @cached_property
    def card(self) -> Fitted:
        """The invoice address as it stands on the card of a new customer."""
        return self._fit(self.order.invoice_to, "customer")

    def _fit(self, party: Party, prefix: str) -> Fitted:
        country = self.resolver.country(party.country)
        state = self.resolver.state(party.country, party.state) if party.state else party.state_name
        return fit_address(
            party,
            country if isinstance(country, str) else "",
            state if isinstance(state, str) else "",
            self.order.buyer.email,
            self.widths,
            prefix,
        )

    # --- money --------------------------------------------------------------------------------------------------------

    @cached_property
    def places(self) -> int:
        """Decimals of the order's currency."""
        code = self.currency if isinstance(self.currency, str) else self.order.currency
        record = self.resolver.record("currency", code)
        return int(record.details.get("decimals", USUAL_PLACES)) if record else USUAL_PLACES

    @cached_property
    def profile(self) -> money.Profile:
        """How the company computes tax."""
        return money.Profile.of(self.company, self.places)

    @cached_property
    def vouchers(self) -> tuple[Voucher, ...]:
        """The vouchers that are money."""
        return vouchers.paying(self)

    @cached_property
    def sold(self) -> ShopOrder:
        """The order as it was sold: a voucher that is money lowers nothing."""
        return vouchers.sold(self.order, self.vouchers, self.places)

    @cached_property
    def booked(self) -> Booked:
        """What the shop booked."""
        return book(self.sold, self.places, by_rate=not self.profile.per_line)

    @cached_property
    def cent_left(self) -> bool:
        """Whether the shop's total is off its parts as its own rounding makes it (prestashop.md E).

        That is one cent, or what the unrounded prices make: of many lines rounded each by itself it may be more.
        """
        stated, residual = rounded(self.sold.totals.paid_incl, self.places), self.booked.residual
        if not residual or self.booked.unexplained:
            return False
        return abs(residual) == self.profile.cent or stated == unrounded(self.sold, self.places)[1]

    def may_charge(self, cents: Decimal) -> bool:
        """Whether so much may go to the charge for rounding: the company has one, and its rule allows so many cents."""
        within = abs(cents) <= self.company.rounding_cents * self.profile.cent
        return within and isinstance(self.resolver.charge(ROUNDING), str)

    @cached_property
    def amounts(self) -> tuple[Amount, ...]:
        """The order's amounts, with the cent that is left over where the company has a charge for it."""
        amounts = self.booked.amounts
        if self.cent_left and self.may_charge(self.booked.residual):
            cent = self.booked.residual
            amounts += (Amount(ROUNDING, ROUNDING, ROUNDING, Decimal(0), cent, cent),)
        return amounts

    @cached_property
    def drafted(self) -> tuple[tuple[SaleLine, ...], money.Verdict]:
        """The lines of the sale and the verdict on them, in the first manner of the company that fits best.

        A company that takes the tax out of the price may have it on top instead; one that adds it on top may not allow
        prices with tax in Sage, so nothing else is tried there. Where tax that the company allows to be off makes
        another total, the charge for rounding takes the cents.
        """
        manners = (True, False) if self.company.prices_include_tax and not self.tax_on_top else (False,)
        drafts = [self._draft(included) for included in manners]
        lines, verdict = min(
            drafts, key=lambda draft: (money.EQUAL, money.TOTAL_EQUAL, money.HELD).index(draft[1].kind)
        )
        return lines, replace(self._of_all(verdict), reasons=explaining.reasons(self, lines))

    def _of_all(self, verdict: money.Verdict) -> money.Verdict:
        """The verdict on the whole order: held where the shop's total has something that is in none of its amounts."""
        stated = rounded(self.sold.totals.paid_incl, self.places)
        if verdict.total.shop == stated:
            return verdict
        missing = "rounding-cent" if self.cent_left else "totals-differ"
        code = "discount-unexplained" if self.booked.unexplained else missing
        return replace(verdict, kind=money.HELD, code=code, total=money.Totals(stated, verdict.total.sage))

    def _draft(self, included: bool) -> tuple[tuple[SaleLine, ...], money.Verdict]:
        lines = salelines.lines(self, included)
        verdict = self._compared(lines)
        if self.amounts != self.booked.amounts:
            verdict = replace(verdict, rounding=self.booked.residual)
        gap = verdict.total.shop - verdict.total.sage
        if gap and self.may_charge(verdict.rounding + gap) and (evened := salelines.evened(self, lines, gap)):
            better = self._compared(evened)
            if better.kind == money.TOTAL_EQUAL:
                return evened, replace(better, rounding=verdict.rounding + gap)
        return lines, verdict

    def _compared(self, lines: tuple[SaleLine, ...]) -> money.Verdict:
        verdict = money.compare(money.booked(self.amounts), money.predict(lines, self.profile), self.profile)
        return replace(verdict, vouchers=sum((voucher.amount for voucher in self.vouchers), Decimal(0)))

    # --- faults -------------------------------------------------------------------------------------------------------

    def missing(self, code: str, unmapped: Unmapped, place: str = "", label: str = "", **values: Any) -> Fault:
        """The fault for a word without a Sage code, with candidates; ``rates`` among the values help to find some."""
        rates = tuple(values["rates"].split()) if "rates" in values else ()
        suggestions = [asdict(one) for one in self.resolver.suggestions(unmapped, label, rates)]
        return Fault(code, unmapped.kind, unmapped.value, place, values, suggestions)
