"""The shop's clock: beside the real one or frozen, shown as the naive local text PrestaShop writes."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

ZERO_DATE = "0000-00-00 00:00:00"
FORMAT = "%Y-%m-%d %H:%M:%S"


class ShopClock:
    """Now, for the shop; the time zone is PS_TIMEZONE and is set from the shop's configuration."""

    def __init__(self, time_zone: str = "Europe/Paris") -> None:
        self.time_zone = time_zone
        self.offset_seconds = 0.0
        self.frozen_at: float | None = None

    def epoch(self) -> float:
        """The shop's idea of the time as seconds since 1970 (the Access-Time header)."""
        return self.frozen_at if self.frozen_at is not None else time.time() + self.offset_seconds

    def text(self, epoch: float | None = None) -> str:
        """Shop-local time without offset, as in date_add; of ``epoch`` or of now."""
        moment = datetime.fromtimestamp(self.epoch() if epoch is None else epoch, UTC)
        return moment.astimezone(ZoneInfo(self.time_zone)).strftime(FORMAT)

    def set(self, offset_seconds: float | None = None, frozen: datetime | float | None = None) -> None:
        """Run ``offset_seconds`` beside the real clock, or stand still at ``frozen`` (aware datetime or epoch)."""
        if isinstance(frozen, datetime):
            if frozen.tzinfo is None:
                raise ValueError("A frozen shop clock needs an aware datetime; add a time zone.")
            frozen = frozen.timestamp()
        self.frozen_at = frozen
        if offset_seconds is not None:
            self.offset_seconds = offset_seconds
