"""The connection doctor for a shop: tries what the bridge needs and says in plain words what is missing."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from connectors.answers import Response
from connectors.errors import ConnectorError, Rejected, Unavailable
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
from connectors.words import Words, joined, words

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

_ALONE = re.compile(r"\s*(<\?xml[^>]*\?>)?\s*<prestashop\b.*</prestashop>\s*", re.DOTALL)


def examine(shop: Shop, webservice: Webservice, time_zone: str) -> Iterator[Finding]:
    """Findings from the outside in; what cannot work without an earlier one is not tried."""
    yield _encryption(webservice)
    try:
        root = webservice.get("", {})
    except ConnectorError as error:
        yield _failed(words("connection"), error)
        return
    answers = words("%(host)s answers and accepts the key.", host=webservice.session.host)
    yield Finding(words("connection"), True, answers)
    yield (answering := _clean(root))
    if answering.ok is False:
        return
    yield _version(root)
    yield _clock(webservice)
    readable = yield from _rights(webservice, root)
    if "configurations" in readable:
        yield _time_zone(webservice, time_zone)
    if readable == set(READ):
        yield _newest_order(shop, webservice)


def _encryption(webservice: Webservice) -> Finding:
    subject, address = words("encryption"), urlsplit(webservice.session.base_url)
    if address.scheme == "https" or address.hostname in ("localhost", "127.0.0.1", "::1"):
        return Finding(subject, True, words("The key does not travel in clear text over a network."))
    return Finding(
        subject,
        False,
        words("The address begins with http: the key travels in clear text."),
        words("Enter the address with https, if the shop has a certificate."),
    )


def _clean(root: Response) -> Finding:
    """Whether the shop answers with its XML and nothing else: PHP's warnings and modules like to write along."""
    subject, text = words("answers"), root.text()
    if "<api" not in text:
        return Finding(
            subject,
            False,
            words("The address answers, but not with what the key may read."),
            words(
                "Enter the shop's own address. If it is right, open it followed by /api in a browser: what stands "
                "there instead (a warning of PHP, a module's page) is the cause."
            ),
        )
    if _ALONE.fullmatch(text):
        return Finding(subject, True, words("Nothing else stands in the answers."))
    return Finding(
        subject,
        None,
        words("PHP or a module writes into the answers. It is cut off where the rest is whole; else nothing is read."),
        words("Switch display_errors off in the shop's PHP, and look which module writes into the webservice."),
    )


def _version(root: Response) -> Finding:
    subject, version = words("version"), root.headers.get("PSWS-Version", "")
    if version.partition(".")[0] in ("8", "9"):
        return Finding(subject, True, words("The shop runs PrestaShop %(version)s.", version=version))
    untested = (
        words("The shop runs PrestaShop %(version)s, which was not tested.", version=version)
        if version
        else words("The shop runs PrestaShop of a version it does not tell, which was not tested.")
    )
    return Finding(subject, None, untested, words("Rehearse with a copy of the shop before you go live."))


def _clock(webservice: Webservice) -> Finding:
    subject, offset = words("clock"), (webservice.shop_now - datetime.now(UTC)).total_seconds()
    if abs(offset) <= CLOCK_TOLERANCE:
        return Finding(subject, True, words("The shop's clock is %(n)s s off ours.", n=round(abs(offset))))
    minutes = round(abs(offset) / 60)
    wrong = (
        words("The shop's clock is %(n)s minutes ahead of ours; no order is lost by it.", n=minutes)
        if offset > 0
        else words("The shop's clock is %(n)s minutes behind ours; no order is lost by it.", n=minutes)
    )
    return Finding(subject, False, wrong, words("Let both servers take their time from the network (NTP)."))


def _rights(webservice: Webservice, root: Response) -> Generator[Finding, None, set[str]]:
    """One finding for each kind of object; gives the set of those that can be read."""
    granted = {name for name, get in _RIGHT.findall(root.text()) if get == "true"}
    readable: set[str] = set()
    for resource, display in READ.items():
        subject = words("read %(resource)s", resource=resource)
        if resource not in granted:
            lacks = words("The key may not read %(resource)s.", resource=resource)
            yield Finding(subject, False, lacks, joined(words("Right needed: GET."), TICK))
            continue
        try:
            webservice.rows(resource, display=display, limit=1)
        except ConnectorError as error:
            if 300 <= error.status < 400:  # the address is right: its list of rights was read
                yield _no_such_shop(webservice.shop_id)
                return readable
            yield _failed(subject, error)
            continue
        readable.add(resource)
        yield Finding(subject, True, words("%(resource)s can be read.", resource=resource))
    return readable


def _no_such_shop(number: int) -> Finding:
    return Finding(
        words("shop number"),
        False,
        words("The shop sends away whoever asks for shop number %(n)s.", n=number),
        words("Enter the number of the shop (id_shop, 1 where there is only one), then test again."),
    )


def _time_zone(webservice: Webservice, time_zone: str) -> Finding:
    subject = words("time zone")
    try:
        theirs = Lookups(webservice).settings().data.get("PS_TIMEZONE", "")
    except ConnectorError as error:
        return _failed(subject, error)
    if theirs == time_zone:
        return Finding(subject, True, words("The shop's time zone is %(zone)s, as entered here.", zone=theirs))
    return Finding(
        subject,
        False,
        words(
            "The shop's time zone is %(theirs)s, here it is %(ours)s: order dates could be a day off.",
            theirs=theirs or words("not told"),
            ours=time_zone,
        ),
        words("Enter %(zone)s as the time zone of this shop.", zone=theirs or ZONE_IN_THE_SHOP),
    )


ZONE_IN_THE_SHOP = words("the zone under International > Localization in the shop")


def _newest_order(shop: Shop, webservice: Webservice) -> Finding:
    """Reads the newest order whole; also the test of the shop number."""
    subject = words("newest order")
    try:
        number = shop.highest("orders")
        if not number:
            none = words("There is no order of shop number %(n)s yet.", n=webservice.shop_id)
            return Finding(subject, None, none, words("If the shop has orders, correct the shop number."))
        for snapshot in shop.snapshots([number]):
            if snapshot.fault:
                raise Rejected(snapshot.fault)
            order = shop.read_order(snapshot.raws)
            read = words("Order %(reference)s (number %(n)s) is understood.", reference=order.reference, n=order.id)
            return Finding(subject, True, read)
    except ConnectorError as error:
        return _failed(subject, error)
    gone = words("Order %(number)s went away while it was read.", number=number)
    return Finding(subject, None, gone, words("Test again."))


def _failed(subject: Words, error: ConnectorError) -> Finding:
    """An error says what happened and what to do; only of one that may pass by itself there is more to say here."""
    away = words("Check the address, and that the shop is not in maintenance; then test again.")
    return Finding(subject, False, error.message, away if isinstance(error, Unavailable) else words("Then test again."))
