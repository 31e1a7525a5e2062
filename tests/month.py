"""A busy shop for the heavy proof: mixed orders and what becomes of them, workers that die, a Sage that fails."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from connectors.models import SageCompany, Shop
from connectors.types import ZERO
from staging import fetch, push, settling, staff, validate
from staging.corrections import CREDIT, REPLACE
from staging.models import Issue, Mark, Posting, Slot, StagedOrder
from tests.staging.test_changes_after_posting import cheaper
from tests.story import Story

PAID, CANCELLED = 2, 6
GOODS = ["demo_1", "demo_3", "demo_6", "demo_11", "BOOK-55", "FOOD-10", "LIGHT", "TIER", "ROUND2", "PENNY"]
VOUCHERS = ["PCT10", "AMT5TI", "AMT5TE", "FREESHIP", "PCT15BOOK"]

Worker = subprocess.Popen[bytes]


class Busy:
    """The shop's customers and its back office, at random but always the same; it remembers what is due in Sage."""

    def __init__(self, story: Story) -> None:
        self.story, self.presta, self.rng = story, story.presta, random.Random(500)
        self.unpaid: list[int] = []
        self.cancelled: set[int] = set()
        self.placed: list[int] = []
        self.touched: set[int] = set()

    def buys(self, many: int) -> None:
        """Orders of every kind: several rates, vouchers, wrapping, other carriers' prices, paid at once or later."""
        for _ in range(many):
            self.story.passes(seconds=20)
            goods = self.rng.sample(GOODS, self.rng.choice((1, 2, 2, 3)))
            lines = [{"reference": each, "quantity": self.rng.choice((1, 2, 4, 6))} for each in goods]
            more: dict[str, Any] = {"customer": self.rng.choice((2, 3)), "gift_wrap": self.rng.random() < 0.1}
            if self.rng.random() < 0.2:
                more["vouchers"] = [self.rng.choice(VOUCHERS)]
            if self.rng.random() < 0.2:
                more["shipping"] = Decimal(self.rng.randint(300, 1500)).scaleb(-2)
            module = self.rng.choice(("paypal", "paypal", "paypal", "ps_wirepayment"))
            number = self.presta.add_order(lines=lines, module=module, **more)
            self.placed.append(number)
            if module == "ps_wirepayment":
                self.unpaid.append(number)

    def lives_on(self) -> None:
        """Money arrives, some give things back, some cancel, the back office edits: whether Sage has it or not."""
        self.story.passes(minutes=1)
        for number in self.rng.sample(self.unpaid, len(self.unpaid) * 2 // 3):
            self.unpaid.remove(number)
            self.presta.set_state(number, CANCELLED if self.rng.random() < 0.2 else PAID)
            if self.presta.row("orders", number)["current_state"] == str(CANCELLED):
                self.cancelled.add(number)
        free = [number for number in self.placed if number not in {*self.touched, *self.unpaid, *self.cancelled}]
        chosen = self.rng.sample(free, min(24, len(free)))
        self.touched |= set(chosen)
        for number in chosen[:14]:
            self._gives_back(number)
        for number in chosen[14:19]:
            self.presta.set_state(number, CANCELLED)
            self.cancelled.add(number)
        for number in chosen[19:]:
            self._edited(number)

    def _gives_back(self, number: int) -> None:
        if self.presta.rows("order_cart_rules", id_order=str(number)):
            return  # the shop gives back without the voucher: that is held, and told elsewhere
        first = self.presta.rows("order_details", id_order=str(number))[0]
        self.presta.add_slip(number, {int(first["id"]): 1}, shipping=self.rng.random() < 0.5)

    def _edited(self, number: int) -> None:
        """The buyer wants twice as much of the second line, and pays for it."""
        details = self.presta.rows("order_details", id_order=str(number))
        if len(details) > 1 and not self.presta.rows("order_cart_rules", id_order=str(number)):
            line = details[1]
            excl, incl = (Decimal(line[f"total_price_tax_{kind}"]) for kind in ("excl", "incl"))
            pieces = str(2 * int(line["product_quantity"]))
            self.presta.edit("order_details", line["id"], product_quantity=pieces)
            cheaper(self.presta, number, -excl, -incl)
            self.presta.add_payment(number, incl)

    def worth(self) -> Decimal:
        """What Sage's books must show: the orders that were paid and not cancelled, less what was given back."""
        sold = [number for number in self.placed if number not in {*self.unpaid, *self.cancelled}]
        worth = sum((Decimal(self.presta.row("orders", number)["total_paid_tax_incl"]) for number in sold), ZERO)
        for slip in self.presta.rows("order_slip"):
            if int(slip["id_order"]) in sold:
                worth -= Decimal(slip["total_products_tax_incl"]) + Decimal(slip["total_shipping_tax_incl"])
        return worth

    def money(self, held: set[int]) -> Decimal:
        """What came in for the orders that Sage holds, as the shop says."""
        theirs = {str(self.presta.row("orders", number)["reference"]) for number in held}
        rows = [row for row in self.presta.rows("order_payments") if str(row["order_reference"]) in theirs]
        return sum((Decimal(row["amount"]) for row in rows), ZERO)


def faults(story: Story) -> None:
    """What happens to Sage and the shop on a bad day, all at once."""
    for kind, every in (("lose_answer", 9), ("drop", 13), ("cut", 17), ("in_use", 19), ("status", 23)):
        for verb in ("POST", "PATCH"):  # a receipt is put into its batch, everything else is made
            story.sage.trouble(kind, verb=verb, every=every, count=None)
    story.sage.trouble("status", verb="GET", every=41, count=None)
    story.sage.trouble("slow", verb="POST", every=5, ms=60, count=None)
    story.sage.trouble("late_commit", verb="POST", every=37, ms=200, max_wait_s=3.0, count=None)
    story.presta.trouble("status", every=23)
    story.presta.trouble("cut", every=31)


def worker(environment: dict[str, str]) -> Worker:
    """A process that fetches, checks and pushes until there is nothing to do."""
    command = [sys.executable, "manage.py", "sweep", "fetch", "validate", "push", "--until-quiet", "--seconds", "20"]
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def kill(process: Worker) -> None:
    """As a machine that loses its power."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def works(environment: Callable[..., dict[str, str]], meanwhile: Callable[[], None], seconds: float) -> None:
    """Three workers while something happens in the shop; one dies soon, what is left of the others at the end."""
    workers = [worker(environment()) for _ in range(3)]
    began = time.monotonic()
    try:
        meanwhile()
        time.sleep(max(0.0, seconds / 2 - (time.monotonic() - began)))
        kill(workers[0])
        time.sleep(max(0.0, seconds - (time.monotonic() - began)))
    finally:
        for each in workers:
            kill(each)


def an_hour_later() -> None:
    """Leases and pauses are over. Only while no worker lives: a lease is longer than anything one does."""
    before = timezone.now() - timedelta(seconds=1)
    Posting.objects.exclude(lease_until=None).update(lease_until=before, sent_at=before - timedelta(hours=1))
    Posting.objects.update(due_at=before)
    for model in (Slot, Mark, StagedOrder):
        model._default_manager.exclude(lease_until=None).update(lease_until=before)
    StagedOrder.objects.filter(due_at__gt=before, status="staged").update(due_at=before)
    for connection in (Shop, SageCompany):
        connection._default_manager.filter(state="paused").update(retry_at=before)


def decide(user: User) -> int:
    """Staff settle every change after posting: a cancelled order is credited, an edited one sent anew.

    What stayed in doubt too often is theirs, too: they look in Sage and have it checked again.
    """
    settled = 0
    for issue in Issue.objects.filter(code="outcome-unknown", closed_at=None).select_related("order"):
        settled += staff.check_again(issue.order, user)
    for issue in Issue.objects.filter(code="changed-after-posting", closed_at=None).select_related("order"):
        choice = CREDIT if issue.order.shop_state.startswith("Cancel") else REPLACE
        settled += settling.settle(issue.order, issue, choice, user, "as in the shop")
    return settled


def until_quiet(story: Story, user: User, rounds: int = 30) -> None:
    """Calm: what is left is done, and staff decide what is theirs, until nothing moves any more."""
    for _ in range(rounds):
        an_hour_later()
        shop = Shop.objects.get(pk=story.shop.pk)
        done = fetch.sweep(shop).done + validate.sweep(shop).done
        done += push.sweep(SageCompany.objects.get(pk=story.company.pk)).done + decide(user)
        if not done and not Posting.objects.filter(status__in=("ready", "pushing")).exists():
            return
