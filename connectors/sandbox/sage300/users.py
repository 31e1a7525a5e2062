"""Users, their rights, and the sessions that a cookie keeps open."""

from __future__ import annotations

import base64
import binascii
import secrets
import threading
import time
from dataclasses import asdict, dataclass
from http.cookies import CookieError, SimpleCookie

from .store import Store
from .wire import SageError

COOKIE = "ASP.NET_SessionId"
IDLE_SECONDS = 20 * 60


@dataclass(frozen=True)
class User:
    """``modules`` and ``companies`` are where there are rights, ``*`` everywhere; ``web_api`` is a right of its own."""

    name: str
    password: str
    modules: tuple[str, ...] = ("*",)
    companies: tuple[str, ...] = ("*",)
    web_api: bool = True

    def may(self, company: str, module: str) -> bool:
        return ("*" in self.companies or company in self.companies) and ("*" in self.modules or module in self.modules)


# ADMIN has no Web API access by default (sage300.md 1).
USERS = (
    User("WEBAPI", "WEBAPI"),
    User("ADMIN", "ADMIN", web_api=False),
    User("ARONLY", "ARONLY", modules=("AR",)),
)


class Sessions:
    """Signs users on and remembers open sessions; a request with a living cookie needs no credentials."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._open: dict[str, tuple[User, float]] = {}
        self.opened = 0
        self.limit: int | None = None  # seats: more open sessions than this are refused

    def sign_on(self, authorization: str, cookies: str) -> tuple[User, str]:
        """The user, and the new session's id or "" where a cookie was reused. 401 Unauthorized if neither fits."""
        known = self._reuse(cookies)
        if authorization:
            user = self._check(authorization)
            if known is not None and known.name == user.name:
                return user, ""
            return user, self._start(user)
        if known is None:
            raise SageError(401, "Unauthorized", "Authorization has been denied for this request.")
        return known, ""

    def clear(self) -> None:
        with self._lock:
            self._open.clear()

    def _reuse(self, cookies: str) -> User | None:
        try:
            found = SimpleCookie(cookies).get(COOKIE)
        except CookieError:
            return None
        now = time.monotonic()
        with self._lock:
            user, used = self._open.get(found.value if found else "", (None, 0.0))
            if found is None or user is None or now - used > IDLE_SECONDS:
                return None
            self._open[found.value] = (user, now)
        return user

    def _check(self, authorization: str) -> User:
        refused = SageError(401, "Unauthorized", "Authorization has been denied for this request.")
        kind, _, coded = authorization.partition(" ")
        try:
            name, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise refused from None
        user = users(self._store).get(name)
        if (
            kind.lower() != "basic"
            or user is None
            or not secrets.compare_digest(user.password.encode(), password.encode())
        ):
            raise refused
        return user

    def _start(self, user: User) -> str:
        session, now = secrets.token_hex(12), time.monotonic()
        with self._lock:
            self._open = {name: each for name, each in self._open.items() if now - each[1] <= IDLE_SECONDS}
            if self.limit is not None and len(self._open) >= self.limit:
                raise SageError(
                    500,
                    "SessionError",
                    "The number of users currently signed in is the maximum for your LanPak license. You cannot sign "
                    "in until another user signs out.",
                )
            self._open[session] = (user, now)
            self.opened += 1
        return session


def users(store: Store) -> dict[str, User]:
    """All users by name; names and passwords are compared as typed, which in Sage means upper case."""
    rows = store.settings("").get("users")
    if rows is None:
        return {user.name: user for user in USERS}
    return {
        row["name"]: User(row["name"], row["password"], tuple(row["modules"]), tuple(row["companies"]), row["web_api"])
        for row in rows
    }


def set_user(store: Store, user: User) -> None:
    """Add a user or replace the one of that name."""
    store.set_setting("", "users", [asdict(each) for each in (users(store) | {user.name: user}).values()])
