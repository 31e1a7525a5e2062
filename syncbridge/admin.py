"""Where the project knits the apps' pages together: connections wake orders, and people get a page in our theme."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django_rq.admin import QueueAdmin as DjangoQueueAdmin
from django_rq.models import Dashboard
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from connectors.admin import SageCompanyAdmin, ShopAdmin
from connectors.models import SageCompany, Shop
from mappings import jobs
from mappings.models import ANY, changed
from syncbridge.audit.admin import AuditEntryAdmin
from syncbridge.notices.admin import AlarmAdmin, NoticeAdmin, ThresholdAdmin
from syncbridge.steps_page import StepAdmin

__all__ = ["AlarmAdmin", "AuditEntryAdmin", "NoticeAdmin", "StepAdmin", "ThresholdAdmin"]

SETTLED_BY = (("rule", ANY), ("company", ANY))
"""Which waiting orders a changed connection may help: those whose rule is not met, those whose totals differ."""

for _model in (Shop, SageCompany, User, Group, Dashboard):
    admin.site.unregister(_model)


class Knitted:
    """A connection's rules (which orders are taken, how Sage computes tax) are as good as a mapping: they wake."""

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Shop | SageCompany, form: Any, change: bool) -> None:
        """Save and wake, in one transaction, then ring."""
        super().save_model(request, obj, form, change)  # type: ignore[misc]
        company_id = obj.company_id if isinstance(obj, Shop) else obj.pk
        changed(company_id, *SETTLED_BY)
        jobs.ring(company_id)


@admin.register(Shop)
class KnittedShopAdmin(Knitted, ShopAdmin):
    """Shops."""


@admin.register(SageCompany)
class KnittedSageCompanyAdmin(Knitted, SageCompanyAdmin):
    """Sage companies."""


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[misc,type-arg]
    """People. Who is no superuser makes none, edits none, and gives rights by role only."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "first_name", "last_name", "email", "is_active", "last_login"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Rights beyond the roles are a superuser's to give."""
        fields = [*super().get_readonly_fields(request, obj), "last_login", "date_joined"]
        return fields if _all_powerful(request) else [*fields, "is_superuser", "user_permissions"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A superuser's account (and password) is changed by a superuser only."""
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (obj is None or not obj.is_superuser or _all_powerful(request))


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]
    """The roles; 'manage.py roles' makes them."""


@admin.register(Dashboard)
class QueueAdmin(DjangoQueueAdmin):
    """The queue in detail. django-rq lets in whoever belongs to the staff; ours are let in by their right."""

    def get_urls(self) -> list[Any]:
        """All its pages, with that right asked for first."""
        urls: list[Any] = super().get_urls()  # type: ignore[no-untyped-call]
        for url in urls:
            url.callback = _operating(url.callback)
        return urls


def _operating(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated and not request.user.has_perm("django_rq.admin"):
            raise PermissionDenied
        return view(request, *args, **kwargs)  # which sends strangers to sign in

    return asked


def _all_powerful(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))
