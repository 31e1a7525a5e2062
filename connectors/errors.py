"""The four errors of the outside world, each named after who acts next.

    ConnectorError
    ├── Unavailable       the machine, later   nothing was done; the connection pauses and is probed
    ├── OutcomeUnknown    the machine, now     a write may or may not have happened: look, then write
    ├── Rejected          staff                this one object is refused; the rest goes on
    │   └── Unsupported   staff                no API here takes such an object: a person enters it
    └── Misconfigured     the operator         the connection itself is wrong; it stops, no order is blamed

Anything else that a connector raises is a bug.
"""

from __future__ import annotations

from connectors.words import Words


class ConnectorError(Exception):
    """What all four have in common: a text for people and the facts it rests on.

    ``message`` is plain words without secrets, which can be told in the reader's language. ``code`` is the other side's
    own stable code ("RecordDuplicate", "26"); ``status`` the HTTP status, 0 when there was no answer; ``answer`` the
    beginning of the body, redacted.
    """

    def __init__(self, message: Words, *, code: str = "", status: int = 0, answer: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.answer = answer


class Unavailable(ConnectorError):  # noqa: N818 - named after who acts next
    """Out of reach or busy; nothing was changed there. ``retry_after`` is in seconds, when the other side named it."""

    def __init__(
        self, message: Words, *, code: str = "", status: int = 0, answer: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message, code=code, status=status, answer=answer)
        self.retry_after = retry_after


class OutcomeUnknown(ConnectorError):  # noqa: N818
    """A write was sent and its answer was lost: the document may exist. Look before writing again."""


class Rejected(ConnectorError):  # noqa: N818
    """The other side (or our reader) refuses this object as it is; sending it again unchanged is pointless.

    ``place`` says where in the object ("OrderDetails[2].Item", "order_details 8: product_quantity").
    """

    def __init__(self, message: Words, *, code: str = "", status: int = 0, answer: str = "", place: str = "") -> None:
        super().__init__(message, code=code, status=status, answer=answer)
        self.place = place


class Unsupported(Rejected):
    """This installation has no API for such an object: a person enters it there, under our reference."""


class Misconfigured(ConnectorError):  # noqa: N818
    """Key, rights, address, company or module are wrong: no retry until an operator has changed something."""
