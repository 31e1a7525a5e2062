"""Test a connection: what works, what is missing, what to do; the result is kept on the connection's row."""

from __future__ import annotations

from datetime import UTC, datetime

from connectors import open_sage, open_shop
from connectors.errors import ConnectorError
from connectors.models import SageCompany, Shop
from connectors.plain import plain
from connectors.types import Finding
from connectors.words import words


def checkup(connection: Shop | SageCompany) -> list[Finding]:
    """Run the connection's doctor and note the result in ``checked``. Writes nothing on the other side, raises nothing.

    ``checked`` is ``{"at": time in UTC, "ok": bool, "findings": [{"subject", "ok", "text", "remedy"}]}``; ok when no
    finding failed. Its words are kept so that each reader is told them in his language (``connectors.telling``). The
    connection's state is left alone: resuming a stopped one is the operator's decision.
    """
    findings = [_installation(connection), *_examined(connection)]
    now = datetime.now(UTC)
    ok = all(finding.ok is not False for finding in findings)
    connection.checked = {"at": now.isoformat(timespec="seconds"), "ok": ok, "findings": plain(findings)}
    connection.save(update_fields=["checked"])
    return findings


def _examined(connection: Shop | SageCompany) -> list[Finding]:
    """The doctor's findings; an error that ends it early is the last of them."""
    found: list[Finding] = []
    try:
        port = open_shop(connection) if isinstance(connection, Shop) else open_sage(connection)
        found.extend(port.doctor())
    except ConnectorError as error:
        remedy = words("Correct the connection, then test it again.")
        found.append(Finding(words("connection"), False, error.message, remedy))
    return found


def _installation(connection: Shop | SageCompany) -> Finding:
    """Whether this very installation may write through the connection (design.md 6, safe against copies)."""
    if connection.confirmed:
        said = words("This installation is the one confirmed for the connection.")
        return Finding(words("installation"), True, said)
    return Finding(
        words("installation"),
        False,
        words("This installation is not confirmed for the connection: it may be a copy, so nothing is written."),
        words("Confirm it on the connection's page, if no other installation uses the connection."),
    )
