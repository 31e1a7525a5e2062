"""What a forecast says, in words: before a mapping is saved, before a bulk action, as a dry run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.dispatch import receiver
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors.errors import Misconfigured
from connectors.models import Shop
from mappings.admin.preview import Told, asking
from mappings.models import ANY, SPOKEN, Mapping, TakeRule
from staging.bulk import CHANGED, NOT_ALLOWED
from staging.causes import CAUSES
from staging.dryrun import MORE
from staging.forecast import AT_MOST, Tally, foretell, resting_on, supposing, waiting_for
from staging.models import StagedOrder, word

Status = StagedOrder.Status

POSTED_AT_MOST = 1000
"""Orders under an old mapping are counted so far."""


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
    link: str = ""

    @classmethod
    def of(cls, words: str, count: int, sums: dict[str, str], good: bool, link: str = "") -> Group:
        """From a row of a tally."""
        money = [(Decimal(total), currency) for currency, total in sorted(sums.items()) if currency]
        return cls(words, count, money, good, link)


def groups(tally: Tally) -> list[Group]:
    """The outcomes, those that go through first, then by how many."""
    found = [_group(outcome, cause, count, sums) for outcome, cause, count, sums in tally.told()]
    return sorted(found, key=lambda group: not group.good)


def _group(outcome: str, cause: str, count: int, sums: dict[str, str]) -> Group:
    good = outcome in GOOD and not cause
    link = f"{reverse('admin:staging_stagedorder_changelist')}?{urlencode({'cause': cause})}" if cause else ""
    return Group.of(outcome_words(outcome, cause), count, sums, good, link)


def outcome_words(outcome: str, cause: str = "") -> str:
    """What would become of an order."""
    if not cause:
        return str(OUTCOMES.get(outcome, outcome))
    title = {"cause": CAUSES[cause].title}
    if outcome == Status.INVALID:
        return _("held: %(cause)s") % title
    return _("%(outcome)s, but: %(cause)s") % {"outcome": OUTCOMES.get(outcome, outcome), **title}


@receiver(asking)
def tell(sender: type[Mapping | TakeRule], row: Mapping | TakeRule, gone: bool = False, **_signal: Any) -> Told | None:
    """What saving this row would do to the orders that wait, or deleting it to those that are ready; and which orders
    went by it as it was.
    """
    before = sender._default_manager.filter(pk=row.pk).first() if row.pk else None
    rows = [each for each in (row, before) if each is not None]
    try:
        with supposing(gone=[row]) if gone else supposing([row]):
            concerned, tally = _forecast(rows, resting_on if gone else waiting_for)
    except Misconfigured as error:
        return Told(error.message, error.message)
    by = _went_by(before) if before is not None and (gone or _other(before, row)) else 0
    if not concerned and not by:
        return None
    found = groups(tally)
    context = {"groups": found, "waiting": concerned, "looked": sum(group.count for group in found), "gone": gone}
    context |= {"by": by, "at_most": POSTED_AT_MOST, "word": before.wakes if before else ""}
    context |= {"ready": sum(group.count for group in found if group.good)}
    gist = repr(([group.words for group in found], bool(by)))
    return Told(render_to_string("admin/staging/foretold.html", context), gist)


def _forecast(
    rows: list[Mapping | TakeRule], concerned: Callable[[Shop, Mapping | TakeRule], QuerySet[StagedOrder]]
) -> tuple[int, Tally]:
    """How many orders these rows concern, and what would become of the oldest of them."""
    count, looked, tally = 0, 0, Tally()
    for shop in _shops(rows):
        pks = dict.fromkeys(pk for each in rows for pk in concerned(shop, each).values_list("pk", flat=True))
        count += len(pks)
        for told in foretell(shop, list(pks)[: AT_MOST - looked]):
            looked += 1
            tally.add(told.to, told.cause, told.order.currency, told.order.total)
    return count, tally


def _other(before: Mapping | TakeRule, row: Mapping | TakeRule) -> bool:
    """Whether the row is stored otherwise."""
    return any(getattr(before, each.attname) != getattr(row, each.attname) for each in row._meta.concrete_fields)


def _shops(rows: list[Mapping | TakeRule]) -> Iterable[Shop]:
    companies = {row.company_id for row in rows}
    own = [row.shop_id for row in rows if row.shop_id is not None]
    shops = Shop.objects.filter(company__in=companies).select_related("company").order_by("pk")
    return shops.filter(pk__in=own) if len(own) == len(rows) else shops


def _went_by(row: Mapping | TakeRule) -> int:
    """How many orders Sage holds that have this row's word; 0 for a kind whose words are not noted on orders."""
    if row.kind not in SPOKEN or row.wakes == ANY:
        return 0
    held = StagedOrder.objects.filter(status=Status.POSTED, words__contains=[word(row.kind, row.wakes)])
    held = held.filter(shop__company=row.company_id) if row.shop_id is None else held.filter(shop=row.shop_id)
    return held.values("pk")[: POSTED_AT_MOST + 1].count()
