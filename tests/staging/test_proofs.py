"""The day proof against both sandboxes: what is missing, doubled or altered is named, and a clean day is 0.00."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from connectors import open_sage, open_shop
from staging import validate
from staging.proofs import DayProof, Difference, prove
from staging.rereading import reread
from tests.story import Story

DAY = date(2026, 11, 25)


def proved(story: Story, day: date = DAY) -> DayProof:
    (proof,) = prove(story.shop, day, day, open_shop(story.shop), open_sage(story.company))
    whole(proof)
    return proof


def whole(proof: DayProof) -> None:
    """The differences explain the difference of the sums, kind by kind, currency by currency."""
    sums = {(each.kind, each.currency): Decimal(0) for each in proof.balances}
    for difference in proof.differences:
        key = difference.kind, difference.currency
        sums[key] = sums.get(key, Decimal(0)) + difference.amount
    told = {(each.kind, each.currency): each.difference for each in proof.balances}
    assert sums == dict.fromkeys(sums, Decimal(0)) | told


def named(proof: DayProof, kind: str = "sale") -> list[tuple[str, int]]:
    return [(each.cause, each.order) for each in proof.differences if each.kind == kind]


def the_one(proof: DayProof) -> Difference:
    (difference,) = proof.differences
    return difference


def counted(proof: DayProof, part: str) -> dict[str, tuple[int, Decimal]]:
    return {each.name: (each.count, each.amount) for each in proof.sums if each.part == part}


# --- orders and sales -------------------------------------------------------------------------------------------------


def test_a_clean_day_shows_nothing_missing_and_no_difference(story: Story) -> None:
    orders = [story.buys("demo_1"), story.buys("demo_3", "BOOK-55"), story.buys("demo_11")]
    for _ in range(2):
        story.turn()

    proof = proved(story)

    total = sum((story.order(order).total or Decimal(0) for order in orders), Decimal(0))
    sales = next(each for each in proof.balances if each.kind == "sale")
    assert proof.clean
    assert (proof.missing, sales.difference) == (0, Decimal(0))
    assert (sales.shop_count, sales.shop, sales.sage_count, sales.sage) == (3, total, 3, total)
    assert counted(proof, "orders by method") == {"paypal": (3, total)}
    assert counted(proof, "orders by state") == {"Payment accepted": (3, total)}
    assert counted(proof, "staged") == {"posted": (3, total)}
    assert counted(proof, "sales") == {"": (3, total)}


def test_an_order_that_was_never_read_is_named_and_read(story: Story) -> None:
    known = story.buys("demo_1")
    story.turn()
    story.turn()
    missed = story.buys("demo_3", customer=2)

    proof = proved(story)
    assert named(proof) == named(proof, "receipt") == [("not-read", missed)]
    assert {each.reference for each in proof.differences} == {reference(story, missed)}
    assert {each.amount for each in proof.differences} == {-total(story, missed)}

    assert reread(story.shop, [known, missed], open_shop(story.shop)) == (2, 1)
    validate.sweep(story.shop)
    story.turn()
    assert named(proved(story)) == []


def test_a_doubled_document_is_named_with_both_numbers(story: Story) -> None:
    order = story.buys("demo_1")
    story.buys("demo_3")
    story.turn()
    story.turn()
    copy_of(story, order, OrderNumber="ORD000777", OrderUniquifier=990_001)

    difference = the_one(proved(story))

    assert (difference.cause, difference.order) == ("doubled", order)
    assert difference.documents == (f"PS_{order}", "ORD000777")
    assert difference.amount == story.order(order).total


def test_an_order_entered_by_hand_beside_ours_is_named(story: Story) -> None:
    order = story.buys("demo_1")
    story.turn()
    story.turn()
    copy_of(story, order, OrderNumber="ORD000778", OrderUniquifier=990_002, OrderReference="by Anne")

    assert (the_one(proved(story)).cause, the_one(proved(story)).order) == ("by-hand", order)


def test_an_altered_total_is_named_with_both_sums(story: Story) -> None:
    order = story.buys("demo_1")
    story.turn()
    story.turn()
    document = story.document(order)
    total = Decimal(document["OrderTotal"])
    story.sage.change("OEOrders", document["OrderUniquifier"], OrderTotal=total + Decimal("0.10"))

    difference = the_one(proved(story))

    assert (difference.cause, difference.order) == ("altered", order)
    assert (difference.shop, difference.sage, difference.amount) == (total, total + Decimal("0.10"), Decimal("0.10"))


def test_what_the_shop_changed_after_posting_is_named_so(story: Story) -> None:
    order = story.buys("demo_1")
    story.turn()
    story.turn()
    story.presta.edit("orders", order, total_paid_tax_incl="1.00")

    assert named(proved(story)) == [("changed-in-shop", order)]


def test_a_held_order_is_named_with_its_causes(story: Story) -> None:
    order = story.buys("BEDLAMP", language=1)
    story.turn()

    proof = proved(story)

    held = next(each for each in proof.differences if each.kind == "sale")
    assert (held.cause, held.order, held.details) == ("held", order, ("item-unknown",))
    assert held.amount == -(story.order(order).total or Decimal(0))


def test_what_waits_or_is_cancelled_or_older_is_left_out_with_its_reason(story: Story) -> None:
    unpaid = story.buys("demo_1", module="ps_wirepayment")
    story.pays_by("ps_wirepayment")
    cancelled = story.buys("demo_3")
    story.presta.set_state(cancelled, 6)
    story.turn()

    proof = proved(story)

    left = {each.order: each.reason for each in proof.left_out if each.kind == "sale"}
    assert left == {unpaid: "not paid yet", cancelled: "cancelled in the shop"}
    assert proof.missing == 0


def test_the_shop_says_paid_meanwhile_so_waiting_is_out_of_date(story: Story) -> None:
    unpaid = story.buys("demo_1", module="ps_wirepayment")
    story.pays_by("ps_wirepayment")
    story.turn()
    story.presta.set_state(unpaid, 2)

    assert ("outdated", unpaid) in named(proved(story))


def test_cancelled_after_posting_is_named_while_it_is_not_credited(story: Story) -> None:
    order = story.buys("demo_1")
    story.turn()
    story.turn()
    story.presta.set_state(order, 6)

    assert ("cancelled", order) in named(proved(story))


def test_what_sage_lost_is_named(story: Story) -> None:
    order = story.buys("demo_1")
    story.turn()
    story.turn()
    story.sage.remove("OEOrders", story.document(order)["OrderUniquifier"])

    assert named(proved(story)) == [("lost", order)]


def test_a_document_for_an_order_that_the_shop_does_not_have_is_named(story: Story) -> None:
    order = story.buys("demo_1")
    story.turn()
    story.turn()
    copy_of(
        story,
        order,
        OrderNumber="PS_99999",
        OrderReference="PS_99999",
        PurchaseOrderNumber="X",
        OrderUniquifier=990_003,
    )

    assert named(proved(story)) == [("not-in-shop", 99999)]


def reference(story: Story, order: int) -> str:
    return str(story.presta.store.row("orders", order)["reference"])


def total(story: Story, order: int) -> Decimal:
    return Decimal(story.presta.store.row("orders", order)["total_paid_tax_incl"])


def copy_of(story: Story, order: int, **changes: object) -> None:
    """Somebody copies an order in Sage."""
    story.sage.add("OEOrders", {**story.document(order), **changes})
