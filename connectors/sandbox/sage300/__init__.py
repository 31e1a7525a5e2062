"""A sandbox Sage 300 Web API on localhost that keeps state, for the demo, the tests and rehearsals.

Written from the public facts about the real API (sage300.md 13) and from nothing of the connectors' or the money rules'
code, so that agreement between the two means something. ``Sage300Sandbox`` runs it in-process, ``serve`` until stopped.
"""

from __future__ import annotations

from .sandbox import Sage300Sandbox, serve

__all__ = ["Sage300Sandbox", "serve"]
