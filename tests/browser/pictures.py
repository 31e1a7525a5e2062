"""Takes the pictures of docs/images (make screenshots): a shop's last month, with yesterday's work still to do."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import django_rq
import pytest
from django.db.models import F
from django.utils import timezone
from playwright.sync_api import Page
from rq import SimpleWorker
from rq.cron import CronScheduler

from connectors import open_shop
from connectors.sandbox.prestashop.sandbox import PrestaShopSandbox
from staging import jobs, marks
from staging.models import Mark, Posting, StagedOrder, Step
from syncbridge import days
from syncbridge.notices import beats
from tests.browser.conftest import SignIn, Work
from tests.browser.pages import furnish
from tests.story import Story, opened

IMAGES = Path(os.environ.get("IMAGES", Path(__file__).parents[2] / "docs/images"))
GOODS = ["demo_1", "demo_3", "demo_8", "demo_11", "BOOK-55", "FOOD-10"]
STREET = "Résidence les Grands Chênes, bâtiment C, escalier 4, 3e étage, porte 12, boîte aux lettres 7"
DAYS = 30

LOOKS = (("en", "light", ""), ("fr", "dark", "-fr"))
"""Language, colours, and how the picture's name ends: every page is seen in both languages and in both colours."""

WIDE, LOW, HIGH = 1366, 740, 1400
"""A picture shows the whole page, within reason."""


@pytest.fixture
def story(transactional_db: None, bells: None) -> Iterator[Story]:
    """Live for a month; it is yesterday in the shop."""
    with opened(live=False) as told:
        _forget(told.presta)
        morning = datetime.combine(timezone.now().date(), time(8), UTC)
        told.now = morning - timedelta(days=DAYS)
        told.passes()
        marks.go_live(told.shop, "now", None, open_shop(told.shop), "the first day")
        for back in range(DAYS, 1, -1):
            _sells(told.presta, morning - timedelta(days=back))
        told.now = morning - timedelta(days=1)
        told.passes()
        told.turn()
        yield told


def _forget(presta: PrestaShopSandbox) -> None:
    """The shop's recorded orders, all of one day, are gone with everything that hangs on them."""
    for resource in ("order_details", "order_payments", "order_cart_rules", "order_slip", "orders"):
        for row in presta.rows(resource):
            presta.delete(resource, int(row["id"]))


def _sells(presta: PrestaShopSandbox, morning: datetime) -> None:
    """A day's orders, more of them on a Monday."""
    many = 3 + morning.day % 4 + 4 * (morning.weekday() == 0)
    start = (morning + timedelta(hours=1, minutes=morning.day)).strftime("%Y-%m-%d %H:%M:%S")
    presta.generate(many, start, morning.day, 1 / 2900, GOODS, ["paypal"])


def _ages(story: Story) -> None:
    """As if each order had been sent within minutes of being placed; what is held stays so since its day."""
    sent = list(Posting.objects.exclude(pushed_at=None).select_related("order"))
    for number, posting in enumerate(sent):
        assert posting.order is not None
        assert posting.order.placed_at is not None
        seconds = 20 + 13 * (number % 7) + (240 if number % 19 == 0 else 0)
        posting.pushed_at = posting.order.placed_at + timedelta(seconds=seconds)
    Posting.objects.bulk_update(sent, ["pushed_at"])
    StagedOrder.objects.exclude(placed_at=None).update(fetched_at=F("placed_at"))
    days.summarise(story.shop)
    Mark.objects.update(shop_now=F("read_at"))


def _lives() -> Callable[[], None]:
    """A worker and the clock say that they are there; what is returned has them say it again."""
    lane = django_rq.get_queue("orders")
    worker = SimpleWorker([lane], connection=lane.connection)
    worker.register_birth()  # type: ignore[no-untyped-call]
    clock = CronScheduler(lane.connection)
    clock.register_birth()

    def again() -> None:
        worker.heartbeat()
        clock.heartbeat()
        beats.beat()
        Step.objects.exclude(ran_at=None).update(ran_at=timezone.now())

    return again


def _opens(page: Page, addresses: dict[str, str], name: str) -> None:
    page.set_viewport_size({"width": WIDE, "height": LOW})
    page.goto(f"/admin/{addresses['mapping' if name == 'preview' else name]}")
    if name == "preview":
        page.locator("input[name=_save], button[name=_save]").first.click()
        page.locator("form .sb-primary").wait_for()
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": WIDE, "height": min(max(height, LOW), HIGH)})
    page.wait_for_timeout(700)  # charts draw themselves


def _fewer_colours(pictures: list[Path]) -> None:
    """Two hundred and fifty-six are enough, and a third of the bytes."""
    subprocess.run(["pngquant", "--force", "--ext", ".png", "--strip", "256", *pictures], check=True)


def test_pictures(story: Story, sign_in: SignIn, work: Work) -> None:
    assert shutil.which("pngquant"), "Install pngquant (Debian: apt-get install pngquant), which makes pictures small."
    for _ in range(3):
        story.buys("demo_1", module="klarna", payment="Klarna - pay later", state=2)
    usual = {name: value for name, value in story.presta.row("addresses", 7).items() if name != "id"}
    story.buys("demo_11", address=story.presta.add_row("addresses", **usual | {"address1": STREET}))
    addresses = furnish(story)
    for step, of in (("fetch", story.shop), ("push", story.company), ("track", story.company)):
        jobs.ring(step, of.pk)
    work()
    _ages(story)
    assert StagedOrder.objects.count() > 100
    taken, alive = [], _lives()
    for language, scheme, tail in LOOKS:
        page = sign_in("administrator", f"administrator{tail}", locale=language, color_scheme=scheme)
        for name in (*addresses, "preview"):
            alive()
            _opens(page, addresses, name)
            taken.append(IMAGES / f"{name}{tail}.png")
            page.screenshot(path=taken[-1])
    _fewer_colours(taken)
    for picture in set(IMAGES.glob("*.png")) - set(taken):
        picture.unlink()
