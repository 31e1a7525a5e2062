"""The connection doctor for a shop: tries what the bridge needs and says in plain words what is missing."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from connectors.errors import ConnectorError, Rejected
from connectors.http import Response
from connectors.ports import Shop
from connectors.prestashop.lookups import DISPLAY, Lookups
from connectors.prestashop.refusals import TICK
from connectors.prestashop.snapshots import (
    COMBINATION_FIELDS,
    CUSTOMER_FIELDS,
    ORDER_FIELDS,
    PAYMENT_FIELDS,
    PRODUCT_FIELDS,
)
from connectors.prestashop.webservice import Webservice
from connectors.types import Finding

# All that is read, each tried with the very fields the bridge asks for.
READ = {
    "orders": ORDER_FIELDS,
    "order_details": "full",
    "order_cart_rules": "full",
    "order_payments": PAYMENT_FIELDS,
    "order_slip": "full",
    "customers": CUSTOMER_FIELDS,
    "addresses": "full",
    "products": PRODUCT_FIELDS,
    "combinations": COMBINATION_FIELDS,
    "customizations": "full",
    **DISPLAY,
    "configurations": "[id,name,value,id_shop]",
}

CLOCK_TOLERANCE = 120.0

_RIGHT = re.compile(r"<([a-z_]+) xlink:href=\"[^\"]*\"[^>]*\bget=\"(true|false)\"")


def examine(shop: Shop, webservice: Webservice, time_zone: str) -> Iterator[Finding]:
    """Findings from the outside in; what cannot work without an earlier one is not tried."""
    yield _encryption(webservice)
    try:
        root = webservice.get("", {})
    except ConnectorError as error:
        yield _failed("connection", error)
        return
    yield Finding("connection", True, f"{webservice.session.host} answers and accepts the key.")
    yield _version(root)
    yield _clock(webservice)
    readable = yield from _rights(webservice, root)
    if "configurations" in readable:
        yield _time_zone(webservice, time_zone)
    if readable == set(READ):
        yield _newest_order(shop, webservice)


def _encryption(webservice: Webservice) -> Finding:
    address = urlsplit(webservice.session.base_url)
    if address.scheme == "https" or address.hostname in ("localhost", "127.0.0.1", "::1"):
        return Finding("encryption", True, "The key does not travel in clear text over a network.")
    return Finding(
        "encryption",
        False,
        "The address begins with http: the key travels in clear text.",
        "Enter the address with https, if the shop has a certificate.",
    )


def _version(root: Response) -> Finding:
    version = root.headers.get("PSWS-Version", "")
    if version.partition(".")[0] in ("8", "9"):
        return Finding("version", True, f"The shop runs PrestaShop {version}.")
    return Finding(
        "version",
        None,
        f"The shop runs PrestaShop {version or 'of a version it does not tell'}, which was not tested.",
        "Rehearse with a copy of the shop before you go live.",
    )


def _clock(webservice: Webservice) -> Finding:
    offset = (webservice.shop_now - datetime.now(UTC)).total_seconds()
    if abs(offset) <= CLOCK_TOLERANCE:
        return Finding("clock", True, f"The shop's clock is {abs(offset):.0f} s off ours.")
    ahead = "ahead of" if offset > 0 else "behind"
    return Finding(
        "clock",
        False,
        f"The shop's clock is {abs(offset) / 60:.0f} minutes {ahead} ours; no order is lost by it.",
        "Let both servers take their time from the network (NTP).",
    )


def _rights(webservice: Webservice, root: Response) -> Generator[Finding, None, set[str]]:
    """One finding for each kind of object; gives the set of those that can be read."""
    granted = {name for name, get in _RIGHT.findall(root.text()) if get == "true"}
    readable: set[str] = set()
    for resource, display in READ.items():
        subject = f"read {resource}"
        if resource not in granted:
            yield Finding(subject, False, f"The key may not read {resource}.", f"Right needed: GET. {TICK}")
            continue
        try:
            webservice.rows(resource, display=display, limit=1)
        except ConnectorError as error:
            yield _failed(subject, error)
            continue
        readable.add(resource)
        yield Finding(subject, True, f"{resource} can be read.")
    return readable


def _time_zone(webservice: Webservice, time_zone: str) -> Finding:
    try:
        theirs = Lookups(webservice).settings().data.get("PS_TIMEZONE", "")
    except ConnectorError as error:
        return _failed("time zone", error)
    if theirs == time_zone:
        return Finding("time zone", True, f"The shop's time zone is {theirs}, as entered here.")
    return Finding(
        "time zone",
        False,
        f"The shop's time zone is {theirs or 'not told'}, here it is {time_zone}: order dates could be a day off.",
        f"Enter {theirs or 'the zone under International > Localization in the shop'} as the time zone of this shop.",
    )


def _newest_order(shop: Shop, webservice: Webservice) -> Finding:
    """Reads the newest order whole; also the test of the shop number."""
    try:
        number = shop.highest("orders")
        if not number:
            return Finding(
                "newest order",
                None,
                f"There is no order of shop number {webservice.shop_id} yet.",
                "If the shop has orders, correct the shop number.",
            )
        for snapshot in shop.snapshots([number]):
            if snapshot.fault:
                raise Rejected(snapshot.fault)
            order = shop.read_order(snapshot.raws)
            return Finding("newest order", True, f"Order {order.reference} (number {order.id}) is understood.")
    except ConnectorError as error:
        return _failed("newest order", error)
    return Finding("newest order", None, f"Order {number} went away while it was read.", "Test again.")


def _failed(subject: str, error: ConnectorError) -> Finding:
    """An error's first sentence is what happened, the rest what to do."""
    text, _, remedy = error.message.partition(". ")
    return Finding(subject, False, text if not remedy else f"{text}.", remedy)
