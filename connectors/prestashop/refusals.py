"""What the webservice's refusals mean, in plain words: by PrestaShop's own codes, then by status (prestashop.md D)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from connectors.answers import BUSY
from connectors.errors import ConnectorError, Misconfigured
from connectors.words import NOTHING, Words, joined, words

_CODE = re.compile(r"<code>\s*(?:<!\[CDATA\[)?\s*(\d+)|\"code\"\s*:\s*\"?(\d+)")
_MESSAGE = re.compile(
    r"<message>\s*(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?\s*</message>|\"message\"\s*:\s*\"((?:[^\"\\]|\\.)*)", re.DOTALL
)

TICK = words("Tick it in the shop under Advanced Parameters > Webservice, at this key.")

WORDS = {
    "17": words("The shop was asked without a webservice key. Enter the key of the shop's webservice."),
    "18": words("The webservice key has the wrong length; it has 32 characters. Copy it again from the shop."),
    "20": words(
        "The shop does not know this webservice key, or it is switched off. Check it under Advanced Parameters > "
        "Webservice."
    ),
    "21": joined(words("The webservice key has no rights at all. Give it the right to read."), TICK),
    "22": words("The shop's webservice is switched off. Switch it on under Advanced Parameters > Webservice."),
    "25": joined(words("The webservice key lacks the right to read (GET) one kind of object."), TICK),
    "26": joined(words("The webservice key has no right on one kind of object."), TICK),
    "27": words("The shop does not know a kind of object that the bridge reads. Check that it runs PrestaShop 8 or 9."),
    "101": words("The shop never allows this request. Check that it runs PrestaShop 8 or 9."),
}

KEY_NOT_SEEN = words(
    "The shop did not see the webservice key: the web server does not pass the Authorization header on to PHP. "
    "Switch that on in the web server (CGIPassAuth On, or a rewrite rule that sets HTTP_AUTHORIZATION)."
)
NO_WEBSERVICE = words(
    "There is no PrestaShop webservice at this address. Check the address, that the webservice is switched on and that "
    "friendly addresses (.htaccess) work for /api."
)


def classify(status: int, text: str, method: str) -> ConnectorError | None:
    """The error that an answer with a PrestaShop code means; None leaves it to the table of the session.

    A GET never depends on the order behind it (lists are asked by filter), so all its refusals are the operator's.
    """
    codes = [json_code or xml_code for xml_code, json_code in _CODE.findall(text[:20_000])]
    for code in codes:
        if code in WORDS and status in (400, 401, 403, 405, 503):
            return Misconfigured(joined(WORDS[code], _quoted(text, code)), code=code, status=status)
    if status == 401:
        return Misconfigured(KEY_NOT_SEEN, status=status)
    if status == 404:
        return Misconfigured(NO_WEBSERVICE, status=status)
    if method == "GET" and 400 <= status < 500 and status not in BUSY and status != 403:
        return Misconfigured(
            joined(
                words(
                    "The shop does not understand a request of the bridge (status %(status)s). Check that it runs "
                    "PrestaShop 8 or 9 and that no module changes the webservice.",
                    status=status,
                ),
                _quoted(text, ""),
            ),
            code=codes[0] if codes else "",
            status=status,
        )
    return None


def _quoted(text: str, code: str) -> Words:
    """PrestaShop's own words behind ours where they name the object; they are long, so only their beginning."""
    if code not in ("", "25", "26", "27"):
        return NOTHING
    match = _MESSAGE.search(text)
    said = (match[1] or match[2] or "").replace('\\"', '"').strip() if match else ""
    return words("The shop says: “%(said)s”", said=said[:160]) if said else NOTHING


def api_address(url: str) -> str:
    """The webservice's address from what the operator entered: with or without /api and slashes."""
    bare = url.strip().rstrip("/")
    return bare if urlsplit(bare).path.endswith("/api") else f"{bare}/api"
