"""The order in three columns, field by field: as downloaded, as it counts, and as Sage holds or will hold it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.forms import BoundField
from django.utils.translation import gettext as _

from connectors.types import Address, Buyer, Party, Sale, ShopOrder
from staging.admin.forms import PARTY, CorrectionForm
from staging.models import Correction
from staging.wording import day_words, field_words, value_words

SAME_WORD = frozenset({"lines", "postcode", "city", "order_date", "number", "currency"})
"""Fields that Sage takes word for word; of the others it has words of its own, which need not look alike."""


@dataclass(frozen=True)
class Cell:
    """One field in the three columns, in words; ``mark`` is the correction laid over it, if there is one."""

    label: str
    shop: str
    staged: str
    sage: str
    mark: Correction | None = None
    differs: bool = False
    input: BoundField | None = None

    @property
    def corrected(self) -> bool:
        """Whether what counts is not what the shop says."""
        return self.shop != self.staged

    @property
    def bare(self) -> bool:
        """Nothing stands in any column: shown only while its place is being corrected."""
        return {self.shop, self.staged, self.sage} <= {"–", ""}


@dataclass(frozen=True)
class Place:
    """One place of the order with its fields and the form that corrects them."""

    name: str
    title: str
    cells: list[Cell]
    form: CorrectionForm
    same: str = ""  # the title of a place that says the same in each column: this one is folded away

    @property
    def extra(self) -> list[BoundField]:
        """Fields of the form that no row shows: the reason."""
        shown = {cell.input.name for cell in self.cells if cell.input}
        return [field for field in self.form if field.name not in shown]


class Columns:
    """What the three columns are made of: the order as told and as it counts, its corrections, and the sale."""

    def __init__(
        self,
        read: ShopOrder,
        counts: ShopOrder,
        corrections: Iterable[Correction],
        sale: Sale | None,
        bound: CorrectionForm | None = None,
    ) -> None:
        self.read, self.counts, self.sale = read, counts, sale
        self.marks = {(row.place, row.field): row for row in corrections}
        self.bound = bound

    def places(self, at_fault: Collection[str] = ()) -> dict[str, Place]:
        """By name, in the order of the page. An invoice address like the other one is folded, if it is not at fault."""
        titles = {"order": _("Order"), "buyer": _("Buyer"), "deliver_to": _("Ship to"), "invoice_to": _("Bill to")}
        forms = {name: self.form(name) for name in titles}
        sale = self.sale
        cells = {
            "order": self._order(forms["order"]),
            "buyer": self._buyer(forms["buyer"]),
            "deliver_to": self._party("deliver_to", sale.ship_to if sale else None, forms["deliver_to"]),
            "invoice_to": self._party("invoice_to", sale.bill_to if sale else None, forms["invoice_to"]),
        }
        bound = self.bound is not None and self.bound.place == "invoice_to"
        same = not bound and "invoice_to" not in at_fault and _alike(cells["deliver_to"], cells["invoice_to"])
        folded = {"invoice_to": titles["deliver_to"]} if same else {}
        return {name: Place(name, titles[name], cells[name], forms[name], folded.get(name, "")) for name in titles}

    def form(self, place: str) -> CorrectionForm:
        """The form of a place: the one that a person sent and that has faults, else a fresh one."""
        if self.bound is not None and self.bound.place == place:
            return self.bound
        return CorrectionForm(self.counts, place)

    def _order(self, form: CorrectionForm) -> list[Cell]:
        read, counts, sale = self.read, self.counts, self.sale
        state = read.state.name or "–"
        cells = [
            self._cell("order", "number", read.reference, counts.reference, sale and sale.purchase_order, None),
            Cell(_("State in the shop"), state, state, "–"),
            self._of("order", "order_date", read, counts, sale and sale.order_date, form),
            self._cell("order", "currency", read.currency, counts.currency, sale and sale.currency, None),
            self._of("order", "module", read, counts, sale and sale.terms, form),
        ]
        carrier = read.carrier.name if read.carrier else ""
        cells.append(self._cell("order", "carrier", carrier, carrier, sale and sale.ship_via, None))
        told = " / ".join([sale.comment, *sale.notes]).strip(" /") if sale else ""
        cells.append(self._of("order", "note", read, counts, told, form))
        cells.append(self._of("order", "gift_message", read, counts, "", form))
        return cells

    def _buyer(self, form: CorrectionForm) -> list[Cell]:
        read, counts, sale = self.read.buyer, self.counts.buyer, self.sale
        facts = [fact for fact, true in ((_("guest"), read.guest), (_("no longer in the shop"), read.gone)) if true]
        group = " · ".join([read.group_name, *facts]).strip(" ·")
        return [
            self._cell("buyer", "name", read.name, counts.name, sale and sale.customer, None),
            self._cell("buyer", "company", read.company, counts.company, "", None),
            self._of("buyer", "email", read, counts, sale and sale.bill_to.email, form),
            Cell(_("Customer group"), group or "–", group or "–", "–"),
        ]

    def _party(self, place: str, address: Address | None, form: CorrectionForm) -> list[Cell]:
        """Sage has one name: the company where there is one, the person stands in the first line then."""
        read, counts = getattr(self.read, place), getattr(self.counts, place)
        told: dict[str, Any] = {}
        if address is not None:
            names = {"postcode": address.postcode, "city": address.city, "state": address.state}
            told = names | {"country": address.country, "phone": address.phone, "lines": address.lines}
            told["company" if counts.company else "last_name"] = address.name
            if counts.company and address.lines[:1] == (counts.name,):
                told |= {"last_name": counts.name, "lines": address.lines[1:]}
        return [self._of(place, name, read, counts, told.get(name, ""), form) for name in PARTY]

    def _of(
        self, place: str, name: str, read: ShopOrder | Party | Buyer, counts: Any, sage: Any, form: CorrectionForm
    ) -> Cell:
        return self._cell(place, name, getattr(read, name), getattr(counts, name), sage, form)

    def _cell(self, place: str, name: str, shop: Any, staged: Any, sage: Any, form: CorrectionForm | None) -> Cell:
        words, held = _words(staged), _words(sage)
        return Cell(
            label=_label(name),
            shop=_words(shop),
            staged=words,
            sage=held,
            mark=self.marks.get((place, name)),
            differs=name in SAME_WORD and held != "–" and _bare(held) != _bare(words),
            input=form[name] if form is not None and name in form.fields else None,
        )


def _alike(one: list[Cell], other: list[Cell]) -> bool:
    return [(cell.shop, cell.staged, cell.sage) for cell in one] == [
        (cell.shop, cell.staged, cell.sage) for cell in other
    ]


def _label(name: str) -> str:
    own: Mapping[str, str] = {"number": _("Reference"), "currency": _("Currency"), "carrier": _("Carrier")}
    text = own.get(name) or field_words(name)
    return text[:1].upper() + text[1:]


def _words(value: Any) -> str:
    if isinstance(value, date):
        return day_words(value)
    return value_words(list(value) if isinstance(value, tuple) else value)


def _bare(text: str) -> str:
    """Without what nobody means: double blanks."""
    return " ".join(text.split())
