"""A second pair of eyes: above the shop's amount, nobody sends alone what he corrected, accepted or settled himself."""

from __future__ import annotations

from collections.abc import Iterator

from staging.checks.case import Case
from staging.corrections import ACCEPT, MONEY_FIELDS, SETTLE
from staging.issues import Fault
from staging.models import Correction

CODE = "needs-second-eyes"


def second_eyes(case: Case) -> Iterator[Fault]:
    """The total (with tax, in the order's currency) is above the limit, and staff moved money, accepted a cause, or
    chose how a change is settled in Sage.

    It names who and when: a later correction asks again.
    """
    limit = case.shop.four_eyes_above
    stated = case.row.total if case.row.total is not None else case.order.totals.paid_incl
    if limit is None or max(abs(stated), abs(case.order.totals.paid_incl)) <= limit:
        return
    laid = [one for one in case.row.corrections.all() if needs_eyes(one)]
    if laid:
        who = ", ".join(sorted({str(one.user) for one in laid}))
        yield Fault(CODE, values={"who": who, "limit": f"{limit:f}", "at": max(one.at for one in laid).isoformat()})


def needs_eyes(correction: Correction) -> bool:
    """Whether another person must look: money was moved in the order or in Sage, or a cause accepted but this one."""
    if correction.field == ACCEPT:
        return correction.place != CODE
    return correction.field == SETTLE or correction.field in MONEY_FIELDS
