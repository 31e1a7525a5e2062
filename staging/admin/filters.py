"""How the list of orders is narrowed and searched: indexed look-ups, never a scan of all orders."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from connectors.models import Shop
from mappings.models import Mapping, PaymentMapping, TakeRule
from staging.admin.worklists import QUEUES, open_issues, queue, with_cause
from staging.causes import CAUSES
from staging.forecast import Row, going_by
from staging.models import StagedOrder
from staging.models import word as spoken

HELD_AT_MOST = 2000
"""A search by value finds at most so many held orders."""

AMOUNT = re.compile(
    r"(?<!\S)(\d{1,12}|\d{1,3}(?:[ \u00a0\u202f.,'’]\d{3})+)[.,](\d{2})(?:\s?(?:[A-Z]{3}|[€$£]))?(?!\S)"
)
"""An amount as people write or copy it: "1234.56", "1,234.56 EUR", "1 234,56 €"."""

Orders = QuerySet[StagedOrder]


class QueueFilter(admin.SimpleListFilter):
    """The work queues of the start page."""

    title = _("work")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Each queue."""
        return list(QUEUES)

    def queryset(self, request: HttpRequest, queryset: Orders) -> Orders:
        """Narrow to the chosen queue."""
        name = self.value() or ""
        return queue(queryset, name) if name in dict(QUEUES) else queryset


class CauseFilter(admin.SimpleListFilter):
    """Orders that a cause holds, whatever else holds them."""

    title = _("cause")
    parameter_name = "cause"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Only the causes that are open now."""
        return causes_open()

    def queryset(self, request: HttpRequest, queryset: Orders) -> Orders:
        """Narrow to the chosen cause."""
        code = self.value()
        return with_cause(queryset, code) if code else queryset


def causes_open() -> list[tuple[str, str]]:
    """The causes that are open now, with their titles."""
    codes = open_issues().order_by().values_list("code", flat=True).distinct()
    return sorted(((code, str(CAUSES[code].title)) for code in codes if code in CAUSES), key=lambda row: row[1])


class ValueFilter(admin.SimpleListFilter):
    """Of one cause, the orders of one value; chosen by a link, so only the chosen value is offered."""

    title = _("value")
    parameter_name = "value"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The value itself."""
        value = request.GET.get(self.parameter_name)
        return [(value, value)] if value else []

    def queryset(self, request: HttpRequest, queryset: Orders) -> Orders:
        """Narrow to the cause's value."""
        code = request.GET.get("cause", "")
        return with_cause(queryset, code, self.value()) if self.value() and code else queryset


class MappingFilter(admin.SimpleListFilter):
    """Orders that go, or went, by some mappings; chosen by a link, so only those are offered."""

    title = _("mapping it goes by")
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The mappings in words; one that is no more is said to be so."""
        chosen = request.GET.get(self.parameter_name, "")
        return [(chosen, ", ".join(map(_mapping, chosen.split(","))))] if chosen else []

    def queryset(self, request: HttpRequest, queryset: Orders) -> Orders:
        """Narrow to those that go by one of them."""
        return going_by(queryset, (self.value() or "").split(",")) if self.value() else queryset


def _mapping(noted: str) -> str:
    """A mapping as an order notes it ("carriermapping 12"), in words."""
    name, _space, number = noted.partition(" ")
    table = TABLES.get(name)
    row = table._default_manager.filter(pk=number).first() if table and number.isdecimal() else None
    return str(row or _("a deleted mapping"))


_ALL: list[type[Row]] = [*Mapping.__subclasses__(), TakeRule]
TABLES = {table._meta.model_name: table for table in _ALL}
"""The mapping tables by the name under which orders note their rows."""


class PaymentFilter(admin.SimpleListFilter):
    """Orders by payment module; offered are those that are mapped or wait for it (all orders are not asked)."""

    title = _("payment module")
    parameter_name = "module"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Modules from the mapping table and from open issues."""
        mapped = PaymentMapping.objects.order_by().values_list("module", flat=True).distinct()
        waiting = open_issues().filter(kind="payment").order_by().values_list("value", flat=True).distinct()
        return [(name, name) for name in sorted({*mapped, *waiting} - {"*", ""})]

    def queryset(self, request: HttpRequest, queryset: Orders) -> Orders:
        """Narrow to the chosen module."""
        return queryset.filter(module=self.value()) if self.value() else queryset


def search(queryset: Orders, words: str) -> Orders:
    """Orders by reference, number, e-mail, Sage number, amount or the value that holds them; each word narrows."""
    for word in AMOUNT.sub(_plain, words).split():
        queryset = queryset.filter(_found(word.strip("#")))
    return queryset


def _plain(amount: re.Match[str]) -> str:
    return "".join(filter(str.isdecimal, amount[1])) + f".{amount[2]}"


def _found(word: str) -> Q:
    # The held orders' keys are looked up first: joined by OR, a subquery would make PostgreSQL read all orders.
    held = open_issues().filter(value__in={word, word.upper()}).values_list("order_id", flat=True)[:HELD_AT_MOST]
    found = Q(words__overlap=[spoken("item", code) for code in (word, word.upper())])
    found |= Q(reference=word.upper()) | Q(email=word.lower()) | Q(pk__in=list(held))
    found |= Q(sage_order=word.upper()) | Q(sage_invoice=word.upper())
    number = word.rpartition("_")[2]
    shops = list(Shop.objects.values_list("pk", flat=True))
    if number.isdecimal() and len(number) < 19:
        found |= Q(shop__in=shops, order_id=int(number))
    if re.fullmatch(r"\d{1,12}\.\d{2}", word):
        found |= Q(shop__in=shops, total=Decimal(word))
    return found
