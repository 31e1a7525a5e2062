"""A shop and a company: sandboxes that answer over HTTP, and the rows that connect to them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from connectors.models import SageCompany, Shop
from connectors.sandbox.prestashop.sandbox import DATASET, PrestaShopSandbox
from connectors.sandbox.sage300 import Sage300Sandbox
from connectors.types import Position
from staging import marks
from staging.models import Mark, StagedOrder
from tests.story import Story, opened

SALES = (
    "orders",
    "order_details",
    "order_payments",
    "order_histories",
    "order_invoices",
    "order_slip",
    "order_cart_rules",
    "order_carriers",
    "orders_by_case",
)
EPOCH = "2026-01-01 00:00:00"


@pytest.fixture(scope="session")
def goods_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset without its sales: tests place their own, at their own times."""
    folder = tmp_path_factory.mktemp("goods")
    for path in DATASET.glob("*.json"):
        if path.stem in SALES:
            empty: object = {} if isinstance(json.loads(path.read_text()), dict) else []
            (folder / path.name).write_text(json.dumps(empty))
        else:
            shutil.copy(path, folder)
    return folder


@pytest.fixture
def presta(goods_only: Path) -> Iterator[PrestaShopSandbox]:
    """A running shop without orders."""
    with PrestaShopSandbox(dataset=goods_only) as sandbox:
        yield sandbox


@pytest.fixture
def sage() -> Iterator[Sage300Sandbox]:
    """A running Sage 300."""
    with Sage300Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def company(db: None) -> SageCompany:
    """A company that nobody may ask: for tests of the shop's side alone."""
    return SageCompany.objects.create(
        name="Nobody",
        url="http://127.0.0.1:1/Sage300WebApi",
        org_id="NONE",
        user="X",
        password="X",
        installation=settings.INSTALLATION_ID,
    )


@pytest.fixture
def books(db: None, sage: Sage300Sandbox) -> SageCompany:
    """The company in the sandbox Sage; payments are booked by hand there unless a test says otherwise."""
    return SageCompany.objects.create(
        receipts=SageCompany.Receipts.NONE,
        name="Books",
        url=sage.base_url,
        org_id="SAMLTD",
        user="WEBAPI",
        password="WEBAPI",
        installation=settings.INSTALLATION_ID,
    )


def connect(presta: PrestaShopSandbox, company: SageCompany, **fields: object) -> Shop:
    """A row for a sandbox shop, confirmed for this installation."""
    values: dict[str, object] = {
        "name": "Web",
        "url": presta.url,
        "key": presta.key,
        "company": company,
        "installation": settings.INSTALLATION_ID,
    }
    return Shop.objects.create(**(values | fields))


def live(shop: Shop, since: str = EPOCH, first: int = 1) -> Shop:
    """Name the first order and set the marks, without asking anybody."""
    shop.first_order_id = first
    shop.save()
    for stream in Mark.Stream.values:
        to = Position(since, 0) if stream == Mark.Stream.ORDERS else Position("", 0)
        marks.set_mark(shop, stream, to, None, "test")
    return shop


@pytest.fixture
def shop(presta: PrestaShopSandbox, company: SageCompany) -> Shop:
    """The sandbox shop, live since the beginning of the year."""
    return live(connect(presta, company))


@pytest.fixture
def staff_user(db: None) -> User:
    """Somebody who gives reasons."""
    return User.objects.create_user("ada")


@pytest.fixture
def at(presta: PrestaShopSandbox) -> Callable[[str], datetime]:
    """Let the shop's clock stand at a moment given in UTC, "2026-11-25 12:00:00"."""

    def stand(text: str, **later: float) -> datetime:
        moment = datetime.fromisoformat(f"{text}+00:00") + timedelta(**later)
        presta.set_clock(frozen=moment)
        return moment

    return stand


@pytest.fixture
def story(db: None) -> Iterator[Story]:
    """A shop, a company in Sage, and a bridge that is live."""
    with opened() as told:
        yield told


@pytest.fixture
def lamp(story: Story) -> StagedOrder:
    """An order that waits for staff: Sage has no BEDLAMP."""
    number = story.buys("BEDLAMP", "demo_1", language=1)
    story.turn()
    return story.order(number)
