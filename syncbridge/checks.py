"""What ``manage.py check`` says about the settings: each message ends with what to do."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import OperationalError

from connectors.sage300 import client
from staging.models.postings import PUSH_LEASE
from syncbridge import owner

MINIMUM_SALT = 16


@register(Tags.security)
def encryption_key(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The connections' secrets are encrypted with a key that is not empty or trivial."""
    if settings.SALT_KEY and all(len(salt) >= MINIMUM_SALT for salt in settings.SALT_KEY):
        return []
    text = f"SALT_KEY must hold at least {MINIMUM_SALT} characters: it encrypts the keys of shops and of Sage."
    hint = "Set SALT_KEY to a long random text (python -c 'import secrets; print(secrets.token_urlsafe(32))')."
    return [Error(text, hint=hint, id="syncbridge.E001")]


@register(Tags.security)
def import_permission(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Without these settings django-import-export lets everybody who may see a table import into it."""
    names = ("IMPORT_EXPORT_IMPORT_PERMISSION_CODE", "IMPORT_EXPORT_EXPORT_PERMISSION_CODE")
    return [
        Error(
            f"{name} is not set: whoever sees a table could import or export it.",
            hint=f"Set {name}.",
            id="syncbridge.E002",
        )
        for name in names
        if not getattr(settings, name, None)
    ]


@register(Tags.security, deploy=True)
def own_servers(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Production names its own servers."""
    if not settings.EVALUATION and type(settings.RQ_QUEUES) is dict:
        return []
    text = "The embedded PostgreSQL and Redis server are for evaluation: one machine, no backup."
    return [
        checks.Warning(text, hint="Set DATABASE_URL and REDIS_URL to your servers, DEBUG off.", id="syncbridge.W001")
    ]


@register(Tags.security, deploy=True)
def audit_beyond_reach(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Who owns the audit's tables could drop the trigger that guards them. A database that is away is no matter."""
    try:
        if settings.EVALUATION or not owner.within_reach():
            return []
    except OperationalError:
        return []
    text = "The role of DATABASE_URL owns the audit's tables: it could take away what keeps the audit append-only."
    hint = "Let another role own them: set DATABASE_OWNER_URL for 'manage.py migrate' (docs/audit.md, Append-only)."
    return [checks.Warning(text, hint=hint, id="syncbridge.W002")]


@register(Tags.security, deploy=True)
def mails_leave(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Alarms that go to a log are told to nobody, and a mail needs the site's address for its links."""
    missing = []
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        missing.append(("EMAIL_URL", "mails, alarms among them, are only written to the log."))
    if not settings.PUBLIC_URL:
        missing.append(("PUBLIC_URL", "links in mails are paths that open nothing."))
    return [
        checks.Warning(f"{name} is not set: {what}", hint=f"Set {name} (README, Settings).", id="syncbridge.W003")
        for name, what in missing
        if not settings.EVALUATION
    ]


@register()
def lease_outlives_timeouts(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A push still at work never loses its posting: the lease outlives looking for a document and placing it."""
    worst = timedelta(seconds=client.WORST_FIND + client.WORST_PLACE)
    if worst < PUSH_LEASE:
        return []
    text = f"PUSH_LEASE ({PUSH_LEASE}) does not outlive the worst case of find and place ({worst})."
    hint = "Raise PUSH_LEASE in staging/models/postings.py or lower the timeouts in connectors/http.py."
    return [Error(text, hint=hint, id="syncbridge.E003")]
