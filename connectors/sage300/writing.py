"""What every look and every write of a document shares: names known before, others never taken for ours, busy tries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from connectors.errors import Misconfigured, Rejected, Unsupported
from connectors.sage300.api import Api
from connectors.sage300.refusals import GENERAL, RESOURCE_NOT_FOUND
from connectors.sage300.wire import Row, equals
from connectors.types import Document
from connectors.words import Words, joined, words

ORDER, RECEIPT, REFUND = words("order"), words("receipt"), words("refund")
CREDIT_NOTE, DOCUMENT, BATCH = words("credit note"), words("document"), words("batch")
"""What a document is called when a message names it."""


def tried(api: Api, write: Callable[[bool], Document], look: Callable[[], Document | None]) -> Document:
    """Write, again after a pause and a look when Sage clearly refused as busy (General); nothing else is sent twice.

    ``write`` is told whether it is the last try. General is a record in use or a batch locked (sage-failures.md 1).
    """
    for wait in api.assumptions.busy_waits:
        try:
            return write(False)
        except Rejected as refusal:
            if refusal.code != GENERAL or api.late(wait):
                raise
        time.sleep(wait)
        if there := look():
            return there
    return write(True)


def check_names(api: Api, resource: str, body: Mapping[str, Any]) -> None:
    """A name this installation does not know would refuse every document: that is the operator's, not a document's."""
    unknown = api.unknown(resource, body) if api.assumptions.check_properties else []
    if unknown:
        raise Misconfigured(
            words(
                "%(resource)s of this Sage has no %(names)s. Set the switch of the company that names it (the "
                "operator's page lists them), or leave it out there; then test the connection.",
                resource=resource,
                names=", ".join(unknown),
            )
        )


def there(api: Api, resource: str, advice: Words) -> None:
    """Raises Unsupported when this installation lacks a resource that only some documents need: the others go on."""
    if api.lacks(resource):
        lacks = words("This Sage has no %(resource)s.", resource=resource)
        raise Unsupported(joined(lacks, advice), code=RESOURCE_NOT_FOUND)


def carrying(api: Api, resource: str, names: Sequence[str], reference: str, what: Words) -> Iterator[Row]:
    """The rows that carry our reference in any of these properties; one may come twice."""
    together = [tuple(names)] if api.assumptions.filter_or else [(name,) for name in names]
    for each in together:
        for row in api.some(resource, " or ".join(equals(**{name: reference}) for name in each)):
            asked_for(row, each, reference, what)
            yield row


def asked_for(row: Row, names: Sequence[str], value: str, what: Words) -> None:
    """A list that ignores the filter must not pass for "there" or "not there"; Sage compares without regard to case."""
    told = [str(row[name]).casefold() for name in names if name in row]
    if told and value.casefold() not in told:
        raise Misconfigured(
            words(
                "Asked for %(value)s (%(what)s) by %(names)s, Sage answers with others: its Web API does not filter. "
                "Nothing can be written safely; update Sage's Web API.",
                what=what,
                value=value,
                names=" / ".join(names),
            )
        )


def only_one(found: Mapping[Any, Document], what: Words, reference: str) -> Document | None:
    """The one document found, or None. Raises Rejected when several carry the reference: nobody knows which is ours."""
    if len(found) > 1:
        numbers = ", ".join(sorted(document.number for document in found.values()))
        raise Rejected(
            words(
                "Sage holds several documents (%(what)s) with the reference %(reference)s: %(numbers)s. Keep one in "
                "Sage, change the reference of the others, then check again.",
                what=what,
                reference=reference,
                numbers=numbers,
            ),
            code="ReferenceTaken",
        )
    return next(iter(found.values()), None)
