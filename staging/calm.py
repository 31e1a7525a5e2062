"""Since when nothing is there: what pages say that have nothing to show."""

from __future__ import annotations

from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max, Min
from django.utils.translation import gettext as _

from staging.models import Issue
from staging.wording import moment_words


def last_settled() -> str:
    """Since when nothing holds an order."""
    settled = Issue.objects.aggregate(at=Max("closed_at"))["at"]
    if settled is None:
        return _("None was held since this bridge was set up on %(since)s.") % {"since": set_up()}
    return _("The last cause was settled on %(at)s.") % {"at": moment_words(settled)}


def set_up() -> str:
    """When this bridge was set up: when its first migration was applied."""
    first = MigrationRecorder.Migration.objects.aggregate(at=Min("applied"))["at"]
    return moment_words(first) if first else "–"
