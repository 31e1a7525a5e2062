"""The stage of the story: a shop that has sold for years, a company in Sage, the bridge between them, and its staff.

Everything is asked over HTTP: the shop and Sage are sandboxes on localhost, staff press the buttons of the real pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from connectors import open_sage, open_shop
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from mappings.mirror import refresh
from mappings.models import ChargeMapping, PaymentMapping
from staging import fetch, marks, push, track, validate
from staging.models import Issue, StagedOrder
from syncbridge.roles import ensure_roles
from tests.staging.world import MAPPINGS

OPENING = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
"""The shop's clock when the bridge goes live; it stands still but when the story lets time pass."""


class Story:
    """A shop that feeds a company. ``live`` False leaves the go-live to the test."""

    def __init__(self, org_id: str = "SAMLTD", *, live: bool = True) -> None:
        self._open = ExitStack()
        self.presta = self._open.enter_context(PrestaShopSandbox())
        self.sage = self._open.enter_context(Sage300Sandbox(company=org_id))
        self.now = OPENING
        self.presta.set_clock(frozen=self.now)
        self.company = connect_company(self.sage, "Books", org_id)
        self.shop = connect_shop(self.presta, self.company)
        decide(self.company)
        if live:
            marks.go_live(self.shop, "now", None, open_shop(self.shop), "the story begins")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    # --- in the shop --------------------------------------------------------------------------------------------------

    def buys(self, *references: str, module: str = "paypal", **more: Any) -> int:
        """A customer orders one piece of each; the order's number in the shop."""
        self.passes(minutes=15)
        lines = [{"reference": reference, "quantity": 1} for reference in references]
        return self.presta.add_order(**({"lines": lines, "module": module} | more))

    def passes(self, **time: float) -> None:
        """Time goes by in the shop."""
        self.now += timedelta(**time)
        self.presta.set_clock(frozen=self.now)

    # --- the bridge ---------------------------------------------------------------------------------------------------

    def turn(self) -> None:
        """One turn of the bridge: what is new is read, checked, and sent."""
        fetch.sweep(self._shop())
        validate.sweep(self._shop())
        push.sweep(self._company())

    def looks_back(self) -> None:
        """The bridge reads back what became of the documents."""
        track.sweep(self._company())

    def order(self, order_id: int) -> StagedOrder:
        """The bridge's own row of an order."""
        return StagedOrder.objects.select_related("shop").get(shop=self.shop, order_id=order_id)

    def status(self, *order_ids: int) -> list[str]:
        """Where these orders stand."""
        return [self.order(order_id).status for order_id in order_ids]

    def issue(self, order_id: int) -> Issue:
        """The one thing that holds the order."""
        return self.order(order_id).issues.get(closed_at=None)

    def _shop(self) -> Shop:
        return Shop.objects.get(pk=self.shop.pk)

    def _company(self) -> SageCompany:
        return SageCompany.objects.get(pk=self.company.pk)

    def pays_by(self, module: str) -> None:
        """Staff map one more way to pay."""
        PaymentMapping.objects.create(company=self.company, module=module, code="WIRE", terms="COMPT", bank="BNPEUR")

    # --- in Sage ------------------------------------------------------------------------------------------------------

    def document(self, order_id: int) -> Mapping[str, Any]:
        """The order as Sage holds it."""
        (found,) = [row for row in self.sage.orders() if row["OrderNumber"] == f"PS_{order_id}"]
        return found

    def invoiced(self, order_id: int) -> dict[str, tuple[Decimal, Decimal]]:
        """What Sage invoiced for the order, by rate in per cent: (base, tax)."""
        (invoice,) = [row for row in self.sage.invoices() if row["OrderNumber"] == f"PS_{order_id}"]
        sums: dict[str, tuple[Decimal, Decimal]] = {}
        for line in invoice["InvoiceDetails"]:
            rate = f"{line['TaxRate1'].normalize():f}"
            base, tax = sums.get(rate, (Decimal(0), Decimal(0)))
            sums[rate] = (base + line["TaxBase1"], tax + line["TaxAmount1"])
        return sums


def connect_company(sage: Sage300Sandbox, name: str, org_id: str) -> SageCompany:
    """The row that connects to a company of the sandbox Sage, confirmed for this installation."""
    return SageCompany.objects.create(
        name=name,
        url=sage.base_url,
        org_id=org_id,
        user="WEBAPI",
        password="WEBAPI",
        installation=settings.INSTALLATION_ID,
    )


def connect_shop(presta: PrestaShopSandbox, company: SageCompany, name: str = "Web") -> Shop:
    """The row that connects to a sandbox shop, confirmed for this installation."""
    installation = settings.INSTALLATION_ID
    return Shop.objects.create(name=name, url=presta.url, key=presta.key, company=company, installation=installation)


def decide(company: SageCompany) -> None:
    """What staff decided beforehand: every mapping but that of single items and of new ways to pay."""
    for model, fields in MAPPINGS:
        module = {"module": "paypal"} if "module" in fields else {}
        model._default_manager.create(company=company, **(fields | module))
    ChargeMapping.objects.create(company=company, charge="rounding", code="ROUND")
    refresh(company, open_sage(company))


# --- staff ------------------------------------------------------------------------------------------------------------


class Staff:
    """A person of a role at the browser."""

    def __init__(self, role: str = "accountant") -> None:
        ensure_roles()
        self.user = User.objects.create_user(f"{role} of the story", is_staff=True)
        self.user.groups.add(Group.objects.get(name=role))
        self.browser = Client()
        self.browser.force_login(self.user)

    def reads(self, order: StagedOrder) -> str:
        """The order's page."""
        answer = self.browser.get(reverse("admin:staging_stagedorder_change", args=[order.pk]))
        assert answer.status_code == 200
        return answer.content.decode()

    def presses(self, order: StagedOrder, button: str, **entered: str) -> None:
        """Press a button of the order's page: check, accept, ignore …"""
        forms = _Forms(self.reads(order)).forms
        action = reverse("admin:staging_stagedorder_act", args=[order.pk, button])
        (hidden,) = [fields for address, fields in forms if address == action]
        answer = self.browser.post(action, hidden | entered)
        assert answer.status_code == 302, answer.content

    def fills(self, address: str, **entered: Any) -> None:
        """Open a form of the admin, fill in what it does not know already, and save it."""
        shown = self.browser.get(address)
        form = shown.context["adminform"].form
        known = {name: form[name].value() for name in form.fields}
        fields = {name: value for name, value in (known | entered).items() if value is not None}
        answer = self.browser.post(address, fields)
        assert answer.status_code == 302, answer.context["adminform"].form.errors


class _Forms(HTMLParser):
    """Address and hidden fields of each form of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect what a browser would send by itself."""
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((said.get("action", ""), {}))
        elif tag == "input" and said.get("type") == "hidden" and self.forms:
            self.forms[-1][1][said["name"]] = said.get("value", "")
