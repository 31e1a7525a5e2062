"""What a forecast says, in words: before a mapping is saved, before a bulk action, as a dry run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from django.dispatch import receiver
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from connectors.errors import Misconfigured
from connectors.models import Shop
from connectors.telling import worded
from mappings.admin.preview import Told, asking
from staging.admin.worklists import orders_url
from staging.bulk import CHANGED, NOT_ALLOWED
from staging.causes import CAUSES
from staging.dryrun import MORE
from staging.forecast import AT_MOST, Row, Tally, foretell, going_by, resting_on, supposing, waiting_for
from staging.models import StagedOrder
from staging.templatetags.back_office import count

Status = StagedOrder.Status

SENT_AT_MOST = 1000
"""Orders that were sent under an old mapping are counted so far."""

LINKED = 50
"""The orders of so many mappings are shown in one list; the address of the list names each."""


OUTCOMES = {
    Status.READY: gettext_lazy("would go to Sage"),
    MORE: gettext_lazy("in Sage; what is missing there (a payment, a credit note) would go"),
    Status.POSTED: gettext_lazy("in Sage as it should be"),
    Status.WAITING: gettext_lazy("would wait (for a payment)"),
    Status.IGNORED: gettext_lazy("would be closed without documents"),
    NOT_ALLOWED: gettext_lazy("cannot be checked as it stands (closed, or being sent at this moment)"),
    CHANGED: gettext_lazy("changed since it was chosen"),
}
"""What becomes of orders that no cause holds."""

GOOD = (Status.READY, Status.POSTED, MORE)


@dataclass(frozen=True)
class Group:
    """Orders with the same outcome: in words, how many, and where to read about the cause."""

    words: str
    count: int
    sums: list[tuple[Decimal, str]]
    good: bool
    cause: str = ""

    @property
    def link(self) -> str:
        """The orders that the cause holds already."""
        return orders_url(cause=self.cause) if self.cause else ""

    @classmethod
    def of(cls, words: str, count: int, sums: dict[str, str], good: bool, cause: str = "") -> Group:
        """From a row of a tally."""
        money = [(Decimal(total), currency) for currency, total in sorted(sums.items()) if currency]
        return cls(words, count, money, good, cause)


def groups(tally: Tally) -> list[Group]:
    """The outcomes, those that go through first, then by how many."""
    found = [_group(outcome, cause, count, sums) for outcome, cause, count, sums in tally.told()]
    return sorted(found, key=lambda group: not group.good)


def _group(outcome: str, cause: str, count: int, sums: dict[str, str]) -> Group:
    good = outcome in GOOD and not cause
    return Group.of(outcome_words(outcome, cause), count, sums, good, cause)


def outcome_words(outcome: str, cause: str = "") -> str:
    """What would become of an order."""
    if not cause:
        return str(OUTCOMES.get(outcome, outcome))
    title = {"cause": CAUSES[cause].title}
    if outcome == Status.INVALID:
        return _("held: %(cause)s") % title
    return _("%(outcome)s, but: %(cause)s") % {"outcome": OUTCOMES.get(outcome, outcome), **title}


@dataclass(frozen=True)
class Look:
    """What would become of the orders that a change of mappings concerns, of the oldest of them: ``looked`` so many."""

    concerned: int
    groups: list[Group]

    @property
    def looked(self) -> int:
        """How many were looked at."""
        return sum(group.count for group in self.groups)

    @property
    def passing(self) -> int:
        """How many go on."""
        return sum(group.count for group in self.groups if group.good)

    @property
    def gist(self) -> list[str]:
        """The kinds of outcome."""
        return [group.words for group in self.groups]

    def __str__(self) -> str:
        """In one sentence, what becomes of them: "38 pass, 2 are then held: Period closed"."""
        held = [group for group in self.groups if group.cause]
        others = self.looked - self.passing - (stopped := sum(group.count for group in held))
        passing = ngettext("%(n)s passes", "%(n)s pass", self.passing) % {"n": count(self.passing)}
        parts = [passing if self.passing else _("none passes")]
        if others:
            text = ngettext("%(n)s waits on or is closed", "%(n)s wait on or are closed", others)
            parts.append(text % {"n": count(others)})
        if held:
            causes = dict.fromkeys(str(CAUSES[group.cause].title) for group in held)
            told = {"n": count(stopped), "causes": ", ".join(causes)}
            parts.append(ngettext("%(n)s is then held: %(causes)s", "%(n)s are then held: %(causes)s", stopped) % told)
        return ", ".join(parts) + "."


@receiver(asking)
def tell(sender: type[Row], saved: Sequence[Row] = (), gone: Sequence[Row] = (), **_signal: Any) -> Told | None:
    """What saving these rows would do to the orders that wait, changing or deleting them to those that are ready; and
    which orders were sent by them as they were.
    """
    stored = sender._default_manager.in_bulk([row.pk for row in saved if row.pk])
    changed = [stored[row.pk] for row in saved if row.pk in stored and _other(stored[row.pk], row)]
    before = [*gone, *changed]
    try:
        with supposing(saved, gone):
            released = _look(waiting_for, [*saved, *stored.values()])
            resting = _look(resting_on, before, AT_MOST - released.looked)
    except Misconfigured as error:
        return Told(worded(error.message), error.message)
    noted = [row.noted_as for row in before]
    by = going_by(StagedOrder.objects.filter(status=Status.POSTED), noted).values("pk")[: SENT_AT_MOST + 1].count()
    if not (released.concerned or resting.concerned or by):
        return None
    context = {"released": released, "resting": resting, "gone": bool(gone), "before": len(before), "by": by}
    context["at_most"] = SENT_AT_MOST
    if len(noted) <= LINKED:
        context["lists"] = {name: orders_url(by=",".join(noted), status__exact=name) for name in ("posted", "ready")}
    gist = repr((released.gist, resting.gist, bool(by)))
    return Told(render_to_string("admin/staging/foretold.html", context), gist)


def _look(
    concerned: Callable[[Shop, Iterable[Row]], QuerySet[StagedOrder]], rows: Sequence[Row], at_most: int = AT_MOST
) -> Look:
    """How many orders these rows concern, and what would become of the oldest of them."""
    found, looked, tally = 0, 0, Tally()
    for shop in _shops(rows):
        pks = list(concerned(shop, rows).values_list("pk", flat=True))
        found += len(pks)
        for told in foretell(shop, pks[: at_most - looked]):
            looked += 1
            tally.add(told.to, told.cause, told.order.currency, told.order.total)
    return Look(found, groups(tally))


def _other(before: Row, row: Row) -> bool:
    """Whether the row is stored otherwise; a note beside it decides nothing."""
    fields = (field for field in row._meta.concrete_fields if field.name != "note")
    return any(getattr(before, field.attname) != getattr(row, field.attname) for field in fields)


def _shops(rows: Sequence[Row]) -> Iterable[Shop]:
    own = {row.shop_id for row in rows if row.shop_id}
    companies = {row.company_id for row in rows if not row.shop_id}
    shops = Shop.objects.filter(Q(pk__in=own) | Q(company__in=companies))
    return shops.select_related("company").order_by("pk")
