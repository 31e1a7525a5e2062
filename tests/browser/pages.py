"""A back-office with something on each of its pages, and the pages' addresses by name."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.urls import reverse

from staging import tasks
from staging.admin.order_tabs import ORDER, TITLES
from staging.models import Mark, Posting, StagedOrder, Task
from staging.proofs import task as proving
from syncbridge.models import Alarm, AuditEntry
from syncbridge.notices import alarms
from tests.story import Staff, Story


def furnish(story: Story) -> dict[str, str]:
    """Sell, hold, post, change, prove and alarm; where to see it."""
    held = story.buys("BEDLAMP", "demo_1", "demo_3", language=1)
    *_lamps, doubled = [story.buys("BEDLAMP", language=1) for _ in range(4)]
    story.buys("demo_11", module="alma", payment="Alma - pay in 3 instalments", state=2)
    posted = story.buys("demo_1", "demo_8")
    changed = story.buys("demo_3")
    story.turn()
    story.presta.set_state(changed, 6)
    story.passes(minutes=30)
    _repairs(story, doubled)
    story.turn()
    given = _gives_many(story)
    story.looks_back()
    story.buys("demo_6")  # nobody reads it: the day proof finds it
    _proves(story)
    story.company.stop("Sage does not know this user or password.")
    alarms.look()
    story.company.refresh_from_db()
    story.company.resume()
    many = {"task-many": f"staging/task/{given.pk}/change/", "take-back": f"staging/task/{given.pk}/take-back/"}
    return many | _addresses(story, story.order(held), story.order(posted))


def _repairs(story: Story, doubled: int) -> None:
    """Somebody ignores an order and maps the new way to pay: that is audited."""
    staff = Staff()
    User.objects.filter(pk=staff.user.pk).update(username="accountant")
    staff.presses(story.order(doubled), "ignore", reason="ordered twice; the buyer keeps the first")
    link = f"{reverse('admin:mappings_paymentmapping_add')}?module=alma&company={story.company.pk}"
    staff.fills(link, code="DIGWAL", terms="WEB", bank="BNPEUR")


def _gives_many(story: Story) -> Task:
    """Held orders are tagged together; a posted one had the tag already."""
    StagedOrder.objects.filter(status="posted").update(tags=["monday"])
    chosen = [[row.pk, 0] for row in StagedOrder.objects.filter(status__in=["invalid", "posted"])]
    wish = {"to": None, "add": ["monday"], "remove": []}
    user = User.objects.get(username="accountant")
    task = Task.objects.create(kind="assign", parameters={"orders": chosen, "list": "", **wish}, user=user)
    tasks.run(task.pk)
    return task


def _proves(story: Story) -> None:
    day = story.now.date()
    tasks.run(Task.objects.create(kind=proving.PROVE, parameters=proving.parameters(story.shop, day, day)).pk)


def _addresses(story: Story, held: StagedOrder, posted: StagedOrder) -> dict[str, str]:
    mark = Mark.objects.get(stream="orders")
    query = f"reference=BEDLAMP&company={story.company.pk}"
    return {
        "start": "",
        "orders": "staging/stagedorder/?queue=needs-you",
        "orders-posted": "staging/stagedorder/?status__exact=posted",
        "causes": "staging/stagedorder/causes/",
        "missing": "staging/stagedorder/causes/?only=missing",
        "order-held": f"staging/stagedorder/{held.pk}/change/",
        "order-posted": f"staging/stagedorder/{posted.pk}/change/",
        **{f"order-{tab}": f"staging/stagedorder/{posted.pk}/change/?tab={tab}" for tab in TITLES if tab != ORDER},
        "dry-run": "staging/stagedorder/dry-run/",
        "documents": "staging/posting/",
        "document": f"staging/posting/{Posting.objects.filter(order=posted, kind='sale').latest('pk').pk}/change/",
        "mappings": "mappings/paymentmapping/",
        "mapping": f"mappings/itemmapping/add/?{query}&code=A1-104%2F0",
        "buyers": "mappings/buyercode/",
        "records": "mappings/sagerecord/?kind=item",
        "marks": "staging/mark/",
        "mark": f"staging/mark/{mark.pk}/change/",
        "go-live": f"staging/mark/go-live/{story.shop.pk}/",
        "resync": "staging/mark/resync/",
        "tasks": "staging/task/",
        "task": f"staging/task/{Task.objects.latest('pk').pk}/change/",
        "jobs": "staging/step/",
        "queue": "django_rq/dashboard/",
        "raws": "staging/rawrecord/",
        "day-proof": f"staging/task/proof/?shop={story.shop.pk}&day={story.now.date().isoformat()}",
        "bank": "staging/task/bank/",
        "audit": "syncbridge/auditentry/",
        "audit-entry": f"syncbridge/auditentry/{AuditEntry.objects.latest('pk').pk}/change/",
        "shops": "connectors/shop/",
        "shop": f"connectors/shop/{story.shop.pk}/change/",
        "company": f"connectors/sagecompany/{story.company.pk}/change/",
        "alarms": "syncbridge/alarm/",
        "alarm": f"syncbridge/alarm/{Alarm.objects.latest('pk').pk}/change/",
        "notices": "syncbridge/notice/",
        "thresholds": "syncbridge/threshold/",
        "people": "auth/user/",
        "roles": "auth/group/",
    }
