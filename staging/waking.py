"""Which orders are to be checked again because something changed that they wait for; idempotent, a batch at a time."""

from __future__ import annotations

from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Concat
from django.utils import timezone

from connectors.models import Shop
from connectors.words import words
from mappings.models import ANY, DECIDED, Change, revision
from staging.models import Issue, Posting, StagedOrder, move

Status = StagedOrder.Status
HELD = (Status.INVALID, Status.POSTED)
"""An order that Sage holds can wait, too: a payment whose bank is not known."""


def wake(shop: Shop, at_most: int) -> int:
    """Stage the oldest orders of a shop whose reason to wait has changed since they were checked; how many were.

    An order checked at a revision is woken by later ones only: waking it twice for one change cannot happen.
    """
    woken = 0
    for rows, message in (
        (answered(shop), words("Something that it waited for has changed; it is checked again.")),
        (outdated(shop), words("A mapping that it was checked with has changed; it is checked again.")),
        (due(shop), words("Its waiting time is over, or a rule has changed; it is checked again.")),
    ):
        with transaction.atomic():
            batch = rows.select_for_update(skip_locked=True, of=("self",), no_key=True)
            for row in batch.order_by("placed_at", "pk")[:at_most]:
                woken += move(row, Status.STAGED, message, due_at=timezone.now(), lease_until=None)
    return woken


def answered(shop: Shop) -> QuerySet[StagedOrder]:
    """Orders that need staff of which an open issue's value, or Sage code, was changed after their check."""
    changes = Change.objects.filter(
        company_id=shop.company_id, kind=OuterRef("kind"), revision__gt=OuterRef("order__checked_revision")
    )
    issues = Issue.objects.alias(sage=KT("values__sage")).filter(
        closed_at=None, order__shop=shop, order__status__in=HELD
    )
    # One query for each, because an "or" within one would compare every issue with every change; and before the
    # orders, because an "or" around them would look at every order that Sage holds.
    orders: set[int] = set()
    for value in (OuterRef("value"), OuterRef("sage"), ANY):
        orders.update(issues.filter(Exists(changes.filter(value=value))).values_list("order", flat=True))
    return StagedOrder.objects.filter(pk__in=orders, shop=shop, status__in=HELD)


def outdated(shop: Shop) -> QuerySet[StagedOrder]:
    """Orders ready to be sent, but checked before a mapping of one of their words, or of a whole kind, was changed."""
    later = Change.objects.filter(company_id=shop.company_id, revision__gt=OuterRef("checked_revision"))
    words = Func(OuterRef("words"), function="ANY")
    own = Func(Concat("kind", Value(" "), "value"), words, arg_joiner=" = ", template="%(expressions)s")
    concerned = Exists(later.filter(Q(kind=DECIDED) | Q(ExpressionWrapper(own, BooleanField()))))
    sending = Posting.objects.filter(order=OuterRef("pk"), status=Posting.Status.PUSHING)
    rows = StagedOrder.objects.filter(shop=shop, status=Status.READY, checked_revision__lt=revision(shop.company_id))
    return rows.filter(concerned, ~Exists(sending))


def due(shop: Shop) -> QuerySet[StagedOrder]:
    """Waiting orders whose time has come, or after whose check a rule which orders are taken was changed."""
    rules = Change.objects.filter(company_id=shop.company_id, kind="rule").order_by("-revision")
    newest = Subquery(rules.values("revision")[:1])  # looked up once, not for each order; none: no order is older
    rows = StagedOrder.objects.filter(shop=shop, status=Status.WAITING)
    return rows.filter(Q(due_at__lte=timezone.now()) | Q(checked_revision__lt=newest))
