"""The way from an empty installation to the first order, step by step, for the start page; gone once a shop is live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from connectors.models import Connection, SageCompany, Shop
from mappings.models import ChargeMapping, CustomerRule, PaymentMapping, SageRecord, TaxClassMapping, TaxGroupMapping
from syncbridge.models import Beat, Notice
from syncbridge.notices.beats import MISSED, TICK
from syncbridge.roles import ACCOUNTANT

if TYPE_CHECKING:
    from collections.abc import Sequence

MAPPED = (CustomerRule, TaxGroupMapping, TaxClassMapping, PaymentMapping, ChargeMapping)
"""Without a row in each of these hardly an order passes."""


@dataclass(frozen=True)
class FirstStep:
    """One step: what, how, where, and whether it is done."""

    title: str
    text: str
    url: str
    done: bool


def first_steps(shops: Sequence[Shop]) -> list[FirstStep]:
    """All of them in their order, while no shop is live; then none."""
    if any(shop.live for shop in shops):
        return []
    companies = list(SageCompany.objects.order_by("pk"))
    return [_alive(), *_of_company(companies), *_of_shop(shops), *_of_people(), _live(shops)]


def _alive() -> FirstStep:
    alive = Beat.objects.filter(name=TICK, at__gt=timezone.now() - MISSED).exists()
    text = _("Start both; without them no test, no reading and no sending begins. “Jobs” says what is missing.")
    return FirstStep(_("Worker and clock run"), text, reverse("admin:staging_step_changelist"), alive)


def _of_company(companies: Sequence[SageCompany]) -> list[FirstStep]:
    row = companies[0] if companies else None
    page = _page("sagecompany", row)
    records = reverse("admin:mappings_sagerecord_changelist")
    return [
        FirstStep(_("A Sage company"), _("Its address, company, user and password."), page, bool(companies)),
        FirstStep(
            _("The Sage company can be used"),
            _("On its page: test the connection until all is ✓, then confirm that this installation may use it."),
            page,
            _usable(row),
        ),
        FirstStep(
            _("What Sage knows was read"),
            _("Refresh from Sage: customers, items, tax groups and so on, so that mappings can be chosen from them."),
            records,
            SageRecord.objects.exists(),
        ),
    ]


def _of_shop(shops: Sequence[Shop]) -> list[FirstStep]:
    row = shops[0] if shops else None
    page = _page("shop", row)
    empty = next((model for model in MAPPED if not model._default_manager.exists()), None)
    told = empty or MAPPED[0]
    mappings = reverse(f"admin:mappings_{told._meta.model_name}_changelist")
    return [
        FirstStep(
            _("A shop"), _("Its address and a key of its webservice, with the right to read."), page, bool(shops)
        ),
        FirstStep(
            _("The shop can be used"),
            _("On its page: test the connection until all is ✓, then confirm that this installation may use it."),
            page,
            _usable(row),
        ),
        FirstStep(
            _("The mappings that every order needs"),
            _(
                "Customers, tax groups, tax classes, payment methods and charges; items only where the shop's "
                "reference is not Sage's number. What is missing is asked for order by order, too."
            ),
            mappings,
            empty is None,
        ),
    ]


def _of_people() -> list[FirstStep]:
    people = User.objects.filter(groups__name=ACCOUNTANT, is_active=True).exists()
    told = Notice.objects.filter(kind=Notice.Kind.ALARM, active=True, sent_at__isnull=False).exists()
    return [
        FirstStep(
            _("People have their roles"),
            _("An account for each; at least one accountant, who repairs what is held."),
            reverse("admin:auth_user_changelist"),
            people,
        ),
        FirstStep(
            _("Somebody is told when something stands still"),
            _("Add a notice for alarms and send a test from its page; mail needs EMAIL_URL."),
            reverse("admin:syncbridge_notice_changelist"),
            told,
        ),
    ]


def _live(shops: Sequence[Shop]) -> FirstStep:
    marks = reverse("admin:staging_mark_changelist")
    page = reverse("admin:staging_mark_go_live", args=[shops[0].pk]) if shops else marks
    text = _("Name the first order that goes to Sage; you see what that would read before anything is done.")
    return FirstStep(_("Go-live"), text, page, False)


def _page(name: str, row: Connection | None) -> str:
    return reverse(f"admin:connectors_{name}_change", args=[row.pk]) if row else reverse(f"admin:connectors_{name}_add")


def _usable(row: Connection | None) -> bool:
    return row is not None and row.confirmed and bool((row.checked or {}).get("ok"))
