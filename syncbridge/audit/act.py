"""Who is acting now, in which request and why: a person's web request, or the task that a worker does for a person."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from mappings.admin.base import ACT
from staging.models import Task
from staging.tasks import RUNNING
from syncbridge.models import AuditEntry

UNCHANGING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
REASON = 500
HEADER = "X-Request-Id"


@dataclass(frozen=True)
class Act:
    """One request of one person; all that it changes carries one id."""

    user_id: int
    who: str
    request: str
    reason: str = ""


class _Requested:
    """The act of a web request; its user is looked up only when something changes."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.id = new_id()

    @cached_property
    def act(self) -> Act | None:
        """None while nobody is signed in."""
        user: Any = getattr(self._request, "user", None)
        if user is None or not user.is_authenticated:
            return None
        return Act(user.pk, user.get_username(), self.id, self._request.POST.get("reason", "").strip()[:REASON])


_requested: ContextVar[_Requested | None] = ContextVar("requested", default=None)


def new_id() -> str:
    """The id of one request."""
    return uuid.uuid4().hex


def current() -> Act | None:
    """The act that is going on; None when the bridge itself works."""
    if (requested := _requested.get()) is not None:
        return requested.act
    if (task := RUNNING.get()) is not None and task.user is not None:
        reason = str(task.parameters.get("reason", ""))[:REASON]
        return Act(task.user.pk, task.user.get_username(), _asked_in(task), reason)
    return None


def _asked_in(task: Task) -> str:
    """The request in which a person asked for the task: asking and doing are one change."""
    kept = task.__dict__
    if "audit_request" not in kept:
        kind = ContentType.objects.get_for_model(Task)
        asked = AuditEntry.objects.filter(content_type=kind, object_id=str(task.pk), action=AuditEntry.Action.ADD)
        kept["audit_request"] = asked.values_list("request", flat=True).first() or f"task-{task.pk}"
    found: str = kept["audit_request"]
    return found


class Acting:
    """Middleware, the last of all: gives each request its id, and makes one that may change something one transaction.

    So a change and its audit are stored together or not at all, whichever page makes it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the request's id in a header."""
        requested = _Requested(request)
        request.META[ACT] = requested.id
        token = _requested.set(requested)
        try:
            response = self.get_response(request)
        finally:
            _requested.reset(token)
        response[HEADER] = requested.id
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Call the view within a transaction, unless it only reads."""
        if request.method in UNCHANGING:
            return None
        with transaction.atomic():
            return view(request, *args, **kwargs)
