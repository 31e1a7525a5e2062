"""Addresses: the admin is the whole site; the RQ pages hang below it (django-rq adds them itself)."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from syncbridge.audit.admin import history

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("i18n/", include("django.conf.urls.i18n")),
    # Before the admin's own: an object's history is its audit.
    path("admin/<slug:app_label>/<slug:model_name>/<path:object_id>/history/", admin.site.admin_view(history)),
    path("admin/", admin.site.urls),
]
