"""What became of each order of a bulk action: what needs a person first; as groups, as a table and as a CSV."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from mappings.spreadsheets import safe_cell
from staging import tasks
from staging.admin import foretold
from staging.admin.foretold import Group
from staging.admin.words import GOOD, OUTCOMES, REMEDIES
from staging.causes import CAUSES
from staging.dryrun import DRY_RUN
from staging.forecast import Tally
from staging.models import StagedOrder, Task
from staging.wording import exact, kept_words


@dataclass(frozen=True)
class Became:
    """One order, what became of it in words, and what a person does about it; ``order`` is None when it is gone."""

    order: StagedOrder | None
    outcome: str
    good: bool
    remedy: str


def rows(task: Task, at_most: int | None = None) -> list[Became]:
    """What is not as wished first, else in the order of the task."""
    if task.kind not in tasks.BULK:
        return []
    found = sorted(task.result.get("rows", []), key=lambda row: _good(task, *row[1:]))[:at_most]
    orders = StagedOrder.objects.select_related("shop").in_bulk([row[0] for row in found])
    return [Became(orders.get(pk), _words(task, *row), _good(task, *row), _remedy(task, *row)) for pk, *row in found]


def groups(task: Task) -> list[Group]:
    """The outcomes with how many orders each and their sum, those that are as wished first."""
    if "tally" in task.result:
        return foretold.groups(Tally(task.result["tally"]))
    told = [] if task.kind not in tasks.BULK else task.result.get("rows", [])
    money = StagedOrder.objects.filter(pk__in=[row[0] for row in told]).values_list("pk", "currency", "total")
    known = {pk: (currency, total) for pk, currency, total in money}
    tally = Tally()
    for pk, outcome, *_told in told:
        tally.add(outcome, "", *known.get(pk, ("", None)))
    found = [Group.of(_words(task, outcome), n, sums, outcome in GOOD) for outcome, _cause, n, sums in tally.told()]
    return sorted(found, key=lambda group: not group.good)


def as_csv(request: HttpRequest, task: Task) -> HttpResponse:
    """All rows for a spreadsheet, with the address of each order's page."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="task-{task.pk}.csv"'
    response.write("\ufeff")  # so that Excel takes it for UTF-8
    table = csv.writer(response)
    order = [_("order"), _("reference"), _("customer"), _("total"), _("currency"), _("status")]
    table.writerow([*order, _("outcome"), _("what to do"), _("page")])
    for row in rows(task):
        cells = [*_cells(row.order), row.outcome, row.remedy, _page(request, row.order)]
        table.writerow([safe_cell(str(cell)) for cell in cells])
    return response


def _cells(order: StagedOrder | None) -> list[Any]:
    if order is None:
        return [""] * 6
    total = "" if order.total is None else exact(order.total)
    return [order.order_id, order.reference, order.customer, total, order.currency, order.get_status_display()]


def _page(request: HttpRequest, order: StagedOrder | None) -> str:
    if order is None:
        return ""
    return request.build_absolute_uri(reverse("admin:staging_stagedorder_change", args=[order.pk]))


def _good(task: Task, outcome: str, told: Any = "") -> bool:
    return outcome in foretold.GOOD and not told if task.kind == DRY_RUN else outcome in GOOD


def _words(task: Task, outcome: str, told: Any = "") -> str:
    if task.kind == DRY_RUN:
        return foretold.outcome_words(outcome, told)
    words = str(OUTCOMES.get(outcome, outcome))
    return _("%(outcome)s: %(told)s") % {"outcome": words, "told": kept_words(told)} if told else words


def _remedy(task: Task, outcome: str, told: Any = "") -> str:
    if task.kind == DRY_RUN and told:
        return _("Its page says what is missing, and repairs it.") if told in CAUSES else ""
    return str(REMEDIES.get(outcome, ""))
