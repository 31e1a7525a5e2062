"""A document that this Sage's API does not take: staff enter it there under our reference, and it is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from staging.issues import Fault

CODE = "enter-in-sage"


def enter(kind: str, prepared: Mapping[str, Any]) -> Fault:
    """The fault that says what to enter; the same for the same document, whatever Sage has numbered meanwhile."""
    values = {
        "kind": kind,
        "amount": str(prepared.get("total", prepared.get("amount", ""))),
        "currency": str(prepared.get("currency", "")),
        "customer": str(prepared.get("customer", "")),
        "bank": str(prepared.get("bank", "")),
    }
    return Fault(CODE, value=str(prepared["reference"]), place=str(prepared["reference"]), values=values)
