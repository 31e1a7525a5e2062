"""What becomes of one order, decided from what is known; nothing is written here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from connectors.plain import plain, restore
from connectors.telling import marked
from connectors.types import Sale, ShopOrder
from connectors.words import Words, joined, words
from staging import byhand, creditnotes, receipts, repayments, reused, reversals, sales
from staging.amounts import ROUNDING
from staging.causes import CAUSES
from staging.checks import Case, faults
from staging.checks.eyes import second_eyes
from staging.corrections import Corrected
from staging.issues import Fault
from staging.models import Posting, StagedOrder
from staging.money import Verdict
from staging.taking import not_now
from staging.wanted import Wanted, Wish, posted
from staging.wording import exact, fixed

Status = StagedOrder.Status


@dataclass(frozen=True)
class Judgement:
    """The next status with its reason, the open faults, and for ``ready`` the documents that Sage lacks.

    ``reason`` None leaves the order's own; ``again`` is when a waiting order is looked at at the latest.
    """

    to: str
    message: Words
    reason: str | None = ""
    faults: Sequence[Fault] = ()
    verdict: dict[str, Any] | None = None
    documents: Sequence[Wanted] = ()
    again: timedelta = timedelta(0)


def held_by(row: StagedOrder, faults: Sequence[Fault], verdict: dict[str, Any] | None = None) -> Judgement:
    """Staff must act. An order that Sage holds stays posted, with its issues open."""
    causes = joined(*(joined(marked(CAUSES[fault.code].title), fault.value) for fault in faults), by="; ")
    if posted(row) is not None:
        return Judgement(Status.POSTED, words("Sage holds it, but: %(causes)s", causes=causes), None, faults, verdict)
    return Judgement(Status.INVALID, words("Held: %(causes)s", causes=causes), "", faults, verdict)


def unreadable(row: StagedOrder, fault: Words) -> Judgement:
    """The shop's words are not understood."""
    return held_by(row, [Fault("unreadable", values={"fault": plain(fault)})])


def judge(case: Case, corrected: Corrected, now: datetime) -> Judgement:
    """Everything decided about one order that could be read."""
    if (sale := posted(case.row)) is not None:
        return _posted(case, corrected, sale)
    case_order: ShopOrder = case.order
    reason = not_now(case_order, case.shop, case.resolver, now)
    if reason is not None and case.shop.before_go_live(case_order.id, case_order.order_date) and _came_back(case.row):
        return held_by(case.row, [Fault("before-go-live-money")])
    if reason is not None:
        to = Status.IGNORED if reason.ignored else Status.WAITING
        message = words("Not sent: %(reason)s", reason=fixed(reason.reason))
        return Judgement(to, message, reason.reason, again=reason.again)
    if not case.lines:
        return held_by(case.row, [Fault("no-lines")])
    money = [*reused.marked(case, _money(case, sales.sale(case)))]
    found = [*corrected.outdated, *faults(case), *(fault for wish in money for fault in wish.faults)]
    found = [fault for fault in found if not _accepted(corrected, fault)]
    _lines, verdict = case.drafted
    told = plain(verdict)
    if found:
        return held_by(case.row, found, told)
    message = joined(words("Checked: ready to be sent."), *_besides(case, verdict))
    documents = [*sales.wanted(case), *_to_send(corrected, money)]
    return Judgement(Status.READY, message, verdict=told, documents=documents)


def _besides(case: Case, verdict: Verdict) -> Iterator[Words]:
    """What of the total is no goods and no discount of the shop: never silently."""
    currency = case.order.currency
    if verdict.rounding:
        amount, code = f"{verdict.rounding:+f} {currency}", str(case.resolver.charge(ROUNDING))
        yield words("Of the total %(amount)s goes to the rounding charge %(code)s.", amount=amount, code=code)
    if verdict.vouchers:
        yield words("Of the total %(amount)s is paid by vouchers.", amount=exact(verdict.vouchers, currency))


def _money(case: Case, sale: Sale) -> Iterator[Wish]:
    """What follows the sale: receipts, credit notes and refunds that Sage does not hold yet."""
    yield from receipts.wishes(case, sale)
    notes = {wish.wanted.document.reference: wish for wish in creditnotes.wishes(case, sale)}
    yield from notes.values()
    yield from repayments.wishes(case, sale, notes)


def _came_back(row: StagedOrder) -> bool:
    """Whether the order was ignored and news of the shop, not a person, took it out: fetch does so for money alone."""
    last = row.events.exclude(before=F("after")).last()
    return last is not None and last.before == Status.IGNORED and last.user_id is None


def _accepted(corrected: Corrected, fault: Fault) -> bool:
    return CAUSES[fault.code].may_accept and corrected.accepts(fault)


def _to_send(corrected: Corrected, wishes: Sequence[Wish]) -> Iterator[Wanted]:
    """What staff did not book by hand, nor what follows from that."""
    by_hand = {wish.wanted.document.reference for wish in wishes if _by_hand(corrected, wish)}
    for wish in wishes:
        if not {wish.wanted.document.reference, wish.wanted.after} & by_hand:
            yield wish.wanted


def _by_hand(corrected: Corrected, wish: Wish) -> bool:
    """Whether staff said that they booked it themselves."""
    faults = (*wish.faults, _entered(wish.wanted))
    return any(CAUSES[fault.code].by_hand and corrected.accepts(fault) for fault in faults)


def _entered(wanted: Wanted) -> Fault:
    return byhand.enter(wanted.kind, plain(wanted.document))


def _posted(case: Case, corrected: Corrected, sale: Posting) -> Judgement:
    """Sage holds the sale: what followed it in the shop is added, what does not fit is told; the one waits not for
    the other.
    """
    fault = reversals.changed(case, sale) or reversals.asked(corrected, sale)
    choice = corrected.choice(fault) if fault else ""
    money = [*reused.marked(case, _money(case, restore(Sale, sale.prepared)))]
    found = [*corrected.outdated, *receipts.outdated(case), *(fault for wish in money for fault in wish.faults)]
    found = list({one.key: one for one in found}.values())
    settling = [*reversals.wanted(case, sale, choice)] if choice else []
    settling = [wanted for wanted in settling if not corrected.accepts(_entered(wanted))]
    check = faults if any(wanted.kind == Posting.Kind.SALE for wanted in settling) else second_eyes
    new = [one for one in check(case) if not _accepted(corrected, one)] if settling else []
    if new:
        found, settling = [*found, *new], []
    elif fault and not choice:
        found.append(fault)
    found = [one for one in found if not _accepted(corrected, one)]
    free = [wish for wish in money if not any(fault in found for fault in wish.faults)]
    missing = [*_to_send(corrected, free), *settling]
    _lines, verdict = case.drafted
    if missing:
        message = words("Checked: %(count)s more documents are ready to be sent.", count=len(missing))
        return Judgement(Status.READY, message, None, found, plain(verdict), missing)
    if found:
        return held_by(case.row, found, plain(verdict))
    return Judgement(Status.POSTED, words("Checked: Sage holds it as it is."), None, verdict=plain(verdict))
