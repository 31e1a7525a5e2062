"""What became of a request that has no usable answer, in words: nothing sent, lost on the way, or refused by status."""

from __future__ import annotations

import errno
from ssl import SSLCertVerificationError

import urllib3
from requests import exceptions as failures

from connectors.errors import ConnectorError, Misconfigured, OutcomeUnknown, Unavailable
from connectors.words import Words, words

_NO_ADDRESS = (failures.InvalidURL, failures.MissingSchema, failures.InvalidSchema, UnicodeError)
"""The address is none."""

_NOTHING_SENT = (
    failures.ConnectTimeout,
    failures.ProxyError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.NameResolutionError,
    urllib3.exceptions.LocationParseError,
)
"""The other side never heard of it."""

REFUSAL = {
    401: words("does not accept the credentials. Enter them again."),
    403: words("forbids the request. Check the rights of the user or key, and any firewall in front of the server."),
    404: words("has nothing at this address. Check the address and that the web API is installed and switched on."),
    405: words("does not allow this request. Check the rights of the user or key."),
    407: words("lies behind a proxy that wants credentials. Check the proxy settings of this machine."),
    410: words("says that this address was given up. Check the address."),
}
"""What follows the name of the server that refuses."""


def of(host: str, why: Words) -> Words:
    """Whose trouble it is."""
    return words("%(host)s: %(why)s", host=host, why=why)


def lost(method: str, what: Words, *, status: int = 0, answer: str = "") -> ConnectorError:
    """No usable answer: harmless for a read, for a write nobody knows."""
    if method in ("GET", "HEAD"):
        return Unavailable(
            words(
                "%(what)s. Nothing was changed; it is tried again by itself. If this lasts, look into the server's "
                "log.",
                what=what,
            ),
            status=status,
            answer=answer,
        )
    return OutcomeUnknown(
        words(
            "%(what)s. It is not known whether the document was made; it is looked up before anything is sent again.",
            what=what,
        ),
        status=status,
        answer=answer,
    )


def broken(method: str, host: str, failure: Exception) -> ConnectorError:
    """What an exception of the transport means."""
    found = _causes(failure)
    if any(isinstance(cause, _NO_ADDRESS) for cause in found):
        host = host or words("The address")
        return Misconfigured(words("%(host)s cannot be asked: the address is not valid. Correct it.", host=host))
    if any(isinstance(cause, SSLCertVerificationError) for cause in found):
        certificate = words(
            "The certificate of %(host)s is not trusted. Correct the address, renew the certificate, or name the "
            "CA bundle of your own authority.",
            host=host,
        )
        return Misconfigured(certificate)
    if any(isinstance(cause, _NOTHING_SENT) for cause in found):
        unreached = words(
            "%(host)s cannot be reached (%(why)s). It is tried again by itself; if this lasts, check the address "
            "and that the server runs.",
            host=host,
            why=reason(failure),
        )
        return Unavailable(unreached)
    return lost(method, of(host, reason(failure)))


def _causes(failure: BaseException) -> list[BaseException]:
    """The failure and everything it wraps: requests and urllib3 nest the real reason in args, reason or context."""
    found: list[BaseException] = []
    queue: list[object] = [failure]
    while queue and len(found) < 20:
        item = queue.pop(0)
        if isinstance(item, BaseException) and item not in found:
            found.append(item)
            queue += [*item.args, getattr(item, "reason", None), item.__cause__, item.__context__]
    return found


_SYSTEM = {
    errno.ECONNREFUSED: words("the connection was refused"),
    errno.EHOSTUNREACH: words("no way leads there in the network"),
    errno.ENETUNREACH: words("no way leads there in the network"),
    errno.ETIMEDOUT: words("no answer in time"),
}
"""What the operating system means; whatever else it says is a connection that broke off."""


def reason(failure: BaseException) -> Words:
    """The innermost reason in a few words, without class names or addresses."""
    causes = _causes(failure)
    if any(isinstance(cause, _NO_ADDRESS) for cause in causes):
        return words("the address is not valid")
    if any(isinstance(cause, SSLCertVerificationError) for cause in causes):
        return words("the certificate is not trusted")
    if any(isinstance(cause, urllib3.exceptions.NameResolutionError) for cause in causes):
        return words("the name is not known")
    system = next((cause.errno for cause in causes if isinstance(cause, OSError) and cause.errno in _SYSTEM), None)
    if system is not None:
        return _SYSTEM[system]
    if any(isinstance(c, failures.Timeout | urllib3.exceptions.TimeoutError | TimeoutError) for c in causes):
        return words("no answer in time")
    return words("the connection broke off")
