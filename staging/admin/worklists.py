"""The work queues of staff: one condition for a tile's count and for the list behind it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Exists, F, Func, Max, Min, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, Concat
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors.models import SageCompany
from staging.calm import last_settled
from staging.causes import CAUSES
from staging.models import NEEDS_STAFF, OWN_QUEUE, Issue, Posting, StagedOrder

Status = StagedOrder.Status

SENDING = timedelta(minutes=2)
"""A posting whose sending has no end after this is in doubt: Sage may or may not have it."""

GROUPS_SHOWN = 50
"""Causes on a page."""

EXAMPLES = 3
"""Orders shown of each."""

LAST = datetime.max.replace(tzinfo=UTC)

MISSING = frozenset(
    code
    for code, cause in CAUSES.items()
    if cause.link_name.endswith("_add")
    and (code.endswith("-unknown") or code in {"item-ambiguous", "item-deleted", "rounding-cent"})
)
"""Causes that one row of a mapping table ends."""

NEEDS_YOU, ON_THE_WAY, CHANGED, DOUBT = "needs-you", "on-the-way", "changed", "doubt"
QUEUES = (
    (NEEDS_YOU, gettext_lazy("needs you")),
    (CHANGED, gettext_lazy("changed after posting")),
    (DOUBT, gettext_lazy("in doubt: does Sage have it?")),
    (ON_THE_WAY, gettext_lazy("on the way")),
)
"""Values of the list's filter ``queue`` with their words."""

CHANGED_IN_SHOP, UNKNOWN = OWN_QUEUE


def open_issues() -> QuerySet[Issue]:
    """What is wrong now, of orders in any status."""
    return Issue.objects.filter(closed_at__isnull=True)


def queue(orders: QuerySet[StagedOrder], name: str) -> QuerySet[StagedOrder]:
    """The orders of one work queue."""
    if name == NEEDS_YOU:
        return orders.filter(NEEDS_STAFF)
    if name == ON_THE_WAY:
        return orders.filter(status__in=[Status.STAGED, Status.READY])
    if name == CHANGED:
        return with_cause(orders, CHANGED_IN_SHOP)
    sending = Posting.objects.filter(status=Posting.Status.PUSHING, sent_at__lt=timezone.now() - SENDING)
    unsettled = open_issues().filter(code=UNKNOWN)
    # One list of keys: two joined by OR would make PostgreSQL read all orders.
    return orders.filter(pk__in=sending.values("order_id").union(unsettled.values("order_id")))


def nothing(name: str) -> str:
    """What it means that a queue is empty, or all of the list (``name`` "")."""
    if name == NEEDS_YOU:
        none = _("No order is held.")
        return f"{none} {last_settled()}"
    return {
        CHANGED: _("No order was changed in the shop after it was sent, or all such changes are dealt with."),
        DOUBT: _("Of every document that was sent it is known whether Sage has it."),
        ON_THE_WAY: _("No order waits to be checked or sent."),
        "": _("No order yet. Orders come by themselves once a shop is live: name its first order under “Marks”."),
    }.get(name, "")


def with_cause(orders: QuerySet[StagedOrder], code: str, value: str | None = None) -> QuerySet[StagedOrder]:
    """The orders that a cause holds, of that value if one is given."""
    issues = open_issues().filter(code=code)
    if value is not None:
        issues = issues.filter(value=value)
    return orders.filter(pk__in=issues.values("order_id"))


def orders_url(**filters: str) -> str:
    """The list of orders, filtered."""
    query = f"?{urlencode(filters)}" if filters else ""
    return reverse("admin:staging_stagedorder_changelist") + query


@dataclass(eq=False)
class Group:
    """All orders that one cause holds for one value; ``sums`` are their totals with tax, by currency.

    ``also`` so many of them are held by something else, too. ``sample`` and ``examples`` are there once they are read:
    see ``read``.
    """

    code: str
    value: str
    orders: int = 0
    also: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)
    since: datetime = LAST
    people: set[str] = field(default_factory=set)
    shops: set[str] = field(default_factory=set)
    samples: list[int] = field(default_factory=list)
    oldest: list[int] = field(default_factory=list)
    sample: Issue = field(init=False, repr=False)
    examples: list[StagedOrder] = field(init=False, repr=False)

    @property
    def who(self) -> str:
        """Who has some of them."""
        return ", ".join(sorted(self.people))

    @property
    def where(self) -> str:
        """In which shops."""
        return ", ".join(sorted(self.shops))

    @property
    def url(self) -> str:
        """The list of its orders."""
        return orders_url(cause=self.code, value=self.value)


def groups(codes: Collection[str] | None = None, value: str = "") -> list[Group]:
    """Open issues by cause and value, those that hold most orders first; one query. ``value``: only those like it,
    or of which the shop's name for it is.
    """
    issues = open_issues()
    if codes is not None:
        issues = issues.filter(code__in=codes)
    if value:
        issues = issues.filter(Q(value__icontains=value) | Q(values__name__icontains=value))
    again = open_issues().filter(
        order=OuterRef("order"), code=OuterRef("code"), value=OuterRef("value"), pk__lt=OuterRef("pk")
    )
    once = issues.filter(~Exists(again))  # an order counts once, even with the same fault on three lines
    what = Concat("code", Value(" "), "value")
    several = (
        open_issues().order_by().values("order").annotate(one=Min(what), other=Max(what)).filter(one__lt=F("other"))
    )
    found: dict[tuple[str, str, int], Group] = {}
    for code, word, company, shop, currency, *counted in (
        once.order_by()
        .values_list("code", "value", "order__shop__company", "order__shop__name", "order__currency")
        .annotate(
            n=Count("pk"),
            also=Count("pk", filter=Q(order__in=several.values("order"))),
            sum=Sum("order__total"),
            since=Min("opened_at"),
            people=ArrayAgg("order__assignee__username", filter=Q(order__assignee__isnull=False), distinct=True),
            sample=Coalesce(Max("pk", filter=~Q(suggestions=[])), Max("pk")),
            oldest=Func(ArrayAgg("order", order_by="order__placed_at"), template=f"(%(expressions)s)[:{EXAMPLES}]"),
        )
    ):
        _add(found.setdefault((code, word, company), Group(code, word)), shop, currency, *counted)
    return sorted(found.values(), key=lambda group: (-group.orders, group.since))


def _add(
    group: Group,
    shop: str,
    currency: str,
    n: int,
    also: int,
    total: Decimal | None,
    since: datetime,
    people: list[str] | None,
    sample: int,
    oldest: list[int],
) -> None:
    group.orders += n
    group.also += also
    group.sums[currency] = group.sums.get(currency, Decimal(0)) + (total or Decimal(0))
    group.since = min(group.since, since)
    group.people |= set(people or ())
    group.shops.add(shop)
    group.samples.append(sample)
    group.oldest += oldest


def read(found: Sequence[Group]) -> list[Group]:
    """The groups with an issue of each and some of its orders, in two queries; one settled meanwhile is left out."""
    issues = Issue.objects.select_related("order__shop").in_bulk([pk for group in found for pk in group.samples])
    orders = StagedOrder.objects.select_related("shop").in_bulk([pk for group in found for pk in group.oldest])
    kept = []
    for group in found:
        samples = [issues[pk] for pk in group.samples if pk in issues]
        if samples:
            group.sample = max(samples, key=lambda issue: (bool(issue.suggestions), issue.pk))
            mine = (orders[pk] for pk in group.oldest if pk in orders)
            group.examples = sorted(mine, key=lambda row: row.placed_at or row.fetched_at)[:EXAMPLES]
            kept.append(group)
    return kept


def lend_suggestions(issues: Collection[Issue], company: SageCompany) -> None:
    """Give a missing mapping without suggestions those of another open issue of the same cause and value.

    They come from what an order calls the item, and orders in several languages call it differently. One query, one row
    of the index a value; none when every issue has its own.
    """
    bare = {
        (issue.code, issue.kind, issue.value) for issue in issues if issue.code in MISSING and not issue.suggestions
    }
    same = open_issues().filter(order__shop__company=company).exclude(suggestions=[]).order_by()
    lenders = [same.filter(code=code, kind=kind, value=value)[:1] for code, kind, value in sorted(bare)]
    if not lenders:
        return
    lent = {(one.code, one.kind, one.value): one.suggestions for one in lenders[0].union(*lenders[1:], all=True)}
    for issue in issues:
        issue.suggestions = issue.suggestions or lent.get((issue.code, issue.kind, issue.value), [])


def sums(orders: QuerySet[StagedOrder]) -> tuple[int, dict[str, Decimal]]:
    """How many orders, and their totals with tax by currency; one query."""
    rows = orders.order_by().values_list("currency").annotate(n=Count("pk"), sum=Sum("total")).order_by("-n")
    found = list(rows)
    return sum(n for _currency, n, _sum in found), {currency: total or Decimal(0) for currency, _n, total in found}
