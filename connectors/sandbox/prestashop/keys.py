"""Webservice keys of the sandbox shop and what each may do."""

from __future__ import annotations

from dataclasses import dataclass

VERBS = frozenset({"GET", "PUT", "POST", "PATCH", "DELETE", "HEAD"})
READING = frozenset({"GET", "HEAD"})
KEY_LENGTH = 32

# Made up for the sandbox alone; they open no shop anywhere.
FULL_KEY = "SANDBOX0PRESTASHOP0KEY0FULL00001"
READ_ONLY_KEY = "SANDBOX0PRESTASHOP0KEY0READONLY2"
INACTIVE_KEY = "SANDBOX0PRESTASHOP0KEY0INACTIVE3"
POWERLESS_KEY = "SANDBOX0PRESTASHOP0KEY0NOPERMS04"


@dataclass(frozen=True)
class Key:
    """One key: verbs for every resource, or for named ones only."""

    secret: str
    everywhere: frozenset[str] = frozenset()
    rights: tuple[tuple[str, frozenset[str]], ...] = ()
    active: bool = True

    def verbs(self, resource: str) -> frozenset[str]:
        """What the key may do with a resource; nothing means that it does not even see it."""
        return dict(self.rights).get(resource, self.everywhere)


def usual_keys(full: str = FULL_KEY) -> dict[str, Key]:
    """A full key, one that reads three resources, an inactive one and one without any right."""
    few = (("order_details", READING), ("orders", READING), ("products", frozenset({"GET"})))
    keys = (
        Key(full, everywhere=VERBS),
        Key(READ_ONLY_KEY, rights=few),
        Key(INACTIVE_KEY, everywhere=VERBS, active=False),
        Key(POWERLESS_KEY),
    )
    return {key.secret: key for key in keys}
