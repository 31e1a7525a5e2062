"""The stage of the story: a shop that has sold for years, a company in Sage, the bridge between them, and its staff.

Everything is asked over HTTP: the shop and Sage are sandboxes on localhost, staff press the buttons of the real pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from connectors import open_sage, open_shop
from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from mappings.models import ChargeMapping, PaymentMapping
from staging import fetch, marks, push, resync, tasks, track, validate
from staging.models import Issue, StagedOrder, Task
from syncbridge.roles import ensure_roles
from tests.staging.world import MAPPINGS, known

OPENING = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
"""The shop's clock when the bridge goes live; it stands still but when the story lets time pass."""


@contextmanager
def opened(*, live: bool = True) -> Iterator[Story]:
    """The usual beginning: all is mapped that can be known beforehand, and the go-live was this morning.

    ``live`` False leaves the go-live to the test.
    """
    with PrestaShopSandbox() as presta, Sage300Sandbox() as sage:
        presta.set_clock(frozen=OPENING)
        story = Story(presta, sage)
        decide(story.company)
        if live:
            marks.go_live(story.shop, "now", None, open_shop(story.shop), "the story begins")
        yield story


class Story:
    """A shop connected with a company: nothing is mapped yet, and it is not live. The shop's clock stands."""

    def __init__(self, presta: PrestaShopSandbox, sage: Sage300Sandbox) -> None:
        self.presta, self.sage = presta, sage
        self.now = OPENING
        self.company = SageCompany.objects.create(
            name="Books",
            url=sage.base_url,
            org_id=sage.company,
            user="WEBAPI",
            password="WEBAPI",
            installation=settings.INSTALLATION_ID,
        )
        self.shop = Shop.objects.create(
            name="Web",
            url=presta.url,
            key=presta.key,
            company=self.company,
            installation=settings.INSTALLATION_ID,
        )

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

    def compared(self) -> dict[str, int]:
        """What the re-sync's preview says of the company, the numbers alone."""
        told = resync.preview(self.company, date(2026, 1, 1), open_sage(self.company)).told()
        return {name: number for name, number in told.items() if name != "lists"}

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


def decide(company: SageCompany) -> None:
    """What staff decided beforehand: every mapping but that of single items and of new ways to pay."""
    paypal = ((model, fields | ({"module": "paypal"} if "module" in fields else {})) for model, fields in MAPPINGS)
    known(company, [*paypal, (ChargeMapping, {"charge": "rounding", "code": "ROUND"})])


# --- staff ------------------------------------------------------------------------------------------------------------


class Staff:
    """A person of a role at the browser."""

    def __init__(self, role: str = "accountant", name: str = "") -> None:
        ensure_roles()
        self.user = User.objects.create_user(name or f"{role} of the story", is_staff=True)
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
        self._sends(self.reads(order), reverse("admin:staging_stagedorder_act", args=[order.pk, button]), **entered)

    def confirms(self, row: Shop | SageCompany) -> None:
        """Say on a connection's page that this installation, and no other, may use it."""
        name = row._meta.model_name
        page = self.browser.get(reverse(f"admin:connectors_{name}_change", args=[row.pk])).content.decode()
        self._sends(page, reverse(f"admin:connectors_{name}_act", args=[row.pk, "confirm"]), sure="on")

    def sets(self, address: str, reason: str, **entered: str) -> dict[str, Any]:
        """Ask for a mark or a go-live, look at the preview, confirm it; what the preview showed."""
        answer = self.browser.post(address, entered)
        assert answer.status_code == 302, answer.content.decode()
        asked = Task.objects.latest("pk")
        tasks.run(asked.pk)
        page = self.browser.get(answer.headers["Location"]).content.decode()
        self._sends(page, reverse("admin:staging_task_confirm", args=[asked.pk]), reason=reason)
        tasks.run(Task.objects.latest("pk").pk)
        asked.refresh_from_db()
        return dict(asked.result)

    def _sends(self, page: str, action: str, **entered: str) -> None:
        """Send the page's form with this action."""
        (hidden,) = [fields for address, fields in _Forms(page).forms if address == action]
        answer = self.browser.post(action, hidden | entered)
        assert answer.status_code == 302, answer.content.decode()

    def fills(self, address: str, **entered: Any) -> None:
        """Open a form of the admin, fill in what it does not know already, and save it."""
        shown = self.browser.get(address)
        form = shown.context["adminform"].form
        known = {name: form[name].value() for name in form.fields}
        fields = {name: value for name, value in (known | entered).items() if value is not None}
        answer = self.browser.post(address, fields)
        if answer.status_code == 200 and "typed" in answer.context:  # first it shows what would come of it
            answer = self.browser.post(address, dict(answer.context["typed"]))
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
