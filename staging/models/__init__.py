"""The rows in transit, and the one door through which their status changes."""

from staging.models.moves import LAWFUL, move
from staging.models.orders import NEEDS_STAFF, OWN_QUEUE, Correction, Issue, Note, RawRecord, StagedOrder, word
from staging.models.payouts import Payout
from staging.models.postings import Attempt, Event, Posting
from staging.models.sweeps import Mark, Slot, Step, Task

__all__ = [
    "LAWFUL",
    "NEEDS_STAFF",
    "OWN_QUEUE",
    "Attempt",
    "Correction",
    "Event",
    "Issue",
    "Mark",
    "Note",
    "Payout",
    "Posting",
    "RawRecord",
    "Slot",
    "StagedOrder",
    "Step",
    "Task",
    "move",
    "word",
]
