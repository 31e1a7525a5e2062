"""Whose session ended while a page was open: led to the sign-in, and from there back to that very page."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _


class SignedOut:
    """Middleware. A form's own address is no page to come back to, and the sign-in is no part of a page: after a form
    one comes back to the page with the form, and reads that nothing was done; a page that follows by itself loads anew.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        response = self.get_response(request)
        sign_in, sign_out = reverse("admin:login"), reverse("admin:logout")
        if urlsplit(response.get("Location", "")).path != sign_in or request.path in (sign_in, sign_out):
            return response
        if "HX-Request" in request.headers:
            return HttpResponse(headers={"HX-Refresh": "true"})
        if request.method != "POST":
            return response
        messages.warning(request, _("Nothing was done: you had been signed out. Do it again."))
        return redirect_to_login(_page(request), sign_in)


def _page(request: HttpRequest) -> str:
    """Where the form was sent from; the start page when the browser does not tell."""
    page = urlsplit(request.headers.get("Referer", ""))
    if page.netloc != request.get_host():
        return reverse("admin:index")
    return f"{page.path}?{page.query}" if page.query else page.path
