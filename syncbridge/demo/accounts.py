"""The demo's staff: one account a role, their passwords made once and printed."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from syncbridge.kept import kept
from syncbridge.roles import ROLES, ensure_roles


def accounts(folder: Path) -> dict[str, str]:
    """Name → password of each role's account, made if missing."""
    ensure_roles()
    words = kept(True, folder / "passwords.json", lambda: json.dumps({r: secrets.token_urlsafe(9) for r in ROLES}))
    passwords: dict[str, str] = json.loads(words["default"])
    for role, password in passwords.items():
        user, new = get_user_model().objects.get_or_create(
            username=role,
            defaults={"is_staff": True, "is_superuser": role == "administrator", "email": f"{role}@demo.example"},
        )
        if new:
            user.set_password(password)
            user.save()
            user.groups.add(Group.objects.get(name=role))
    return passwords
