"""What counts as late, as backlog, as silence: as staff set it, else as it comes."""

from __future__ import annotations

from syncbridge.models import Threshold

Name = Threshold.Name

DEFAULTS: dict[str, float] = {
    Name.HELD: 1,
    Name.LATE: 10,
    Name.BACKLOG: 30,
    Name.UNREAD: 15,
    Name.SILENCE: 2,
    Name.BATCHES: 12,
    Name.ALONE: 0,
    Name.PERSONAL: 0,
}
"""Minutes, but for ``HELD`` (orders), ``SILENCE`` (times the usual gap), ``BATCHES`` and ``ALONE`` (hours),
``PERSONAL`` (days).
"""


def thresholds() -> dict[str, float]:
    """Every threshold by name."""
    return DEFAULTS | {name: float(value) for name, value in Threshold.objects.values_list("name", "value")}


def threshold(name: str) -> float:
    """One of them."""
    return thresholds()[name]
