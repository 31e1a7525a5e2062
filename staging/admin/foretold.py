"""What a forecast says, in words: before a mapping is saved, before a bulk action, as a dry run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.dispatch import receiver
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors.errors import Misconfigured
from connectors.models import Shop
from mappings.admin.preview import Told, asking
from mappings.models import ANY, SPOKEN, Mapping, TakeRule
from staging.causes import CAUSES
from staging.forecast import AT_MOST, Foretold, foretell, supposing, waiting_for
from staging.models import StagedOrder, word

Status = StagedOrder.Status

POSTED_AT_MOST = 1000
"""Orders under an old mapping are counted so far."""


OUTCOMES = {
    Status.READY: gettext_lazy("would go to Sage"),
    Status.POSTED: gettext_lazy("are in Sage as they should be"),
    Status.WAITING: gettext_lazy("would wait (for a payment)"),
    Status.IGNORED: gettext_lazy("would be closed without documents"),
}
"""What becomes of orders that no cause holds."""


@dataclass(frozen=True)
class Group:
    """Orders with the same outcome: in words, how many, and where to read about the cause."""

    words: str
    count: int
    sums: list[tuple[Decimal, str]]
    good: bool
    link: str = ""


def groups(told: Iterable[Foretold]) -> list[Group]:
    """The outcomes, those that go through first, then by how many."""
    counts: Counter[tuple[str, str]] = Counter()
    sums: dict[tuple[str, str], dict[str, Decimal]] = {}
    for each in told:
        key = (each.to, each.cause)
        counts[key] += 1
        currencies, currency = sums.setdefault(key, {}), each.order.currency
        currencies[currency] = currencies.get(currency, Decimal(0)) + (each.order.total or 0)
    found = [_group(to, cause, count, sums[to, cause]) for (to, cause), count in counts.most_common()]
    return sorted(found, key=lambda group: not group.good)


def _group(to: str, cause: str, count: int, sums: dict[str, Decimal]) -> Group:
    money = [(total, currency) for currency, total in sorted(sums.items())]
    if not cause:
        return Group(str(OUTCOMES.get(Status(to), to)), count, money, to in (Status.READY, Status.POSTED))
    text = _("held: %(cause)s") % {"cause": CAUSES[cause].title}
    link = reverse("admin:staging_stagedorder_changelist") + "?" + urlencode({"cause": cause})
    return Group(text, count, money, False, link)


@receiver(asking)
def tell(sender: type[Mapping | TakeRule], row: Mapping | TakeRule, **_signal: Any) -> Told | None:
    """What saving this row would do to the orders that wait, and which orders went by it as it was."""
    before = sender._default_manager.filter(pk=row.pk).first() if row.pk else None
    rows = [each for each in (row, before) if each is not None]
    waiting, told = 0, list[Foretold]()
    try:
        with supposing([row]):
            for shop in _shops(rows):
                pks = dict.fromkeys(pk for each in rows for pk in waiting_for(shop, each).values_list("pk", flat=True))
                waiting += len(pks)
                told += foretell(shop, list(pks)[: AT_MOST - len(told)])
    except Misconfigured as error:
        return Told(error.message, error.message)
    by = _went_by(before) if before is not None and _other(before, row) else 0
    if not waiting and not by:
        return None
    found = groups(told)
    context = {"groups": found, "waiting": waiting, "looked": len(told), "by": by, "at_most": POSTED_AT_MOST}
    context |= {"word": before.wakes if before else "", "ready": sum(group.count for group in found if group.good)}
    gist = repr(([group.words for group in found], bool(by)))
    return Told(render_to_string("admin/staging/foretold.html", context), gist)


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
