"""Any basket that PrestaShop's rounding can make gets a true verdict against the sandbox Sage's own arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from connectors import open_sage
from connectors.models import SageCompany, Shop
from connectors.prestashop.orders import read_order
from connectors.sandbox.sage300 import Sage300Sandbox
from connectors.types import ZERO, ShopOrder
from mappings.models import ChargeMapping
from mappings.resolve import Resolver
from staging import sales
from staging.amounts import ROUNDING
from staging.checks import Case, faults
from staging.explaining import UNEXPLAINED
from staging.models import StagedOrder
from staging.money import EQUAL, HELD, TOTAL_EQUAL, Profile, predict, total
from tests.connectors.shop_cases import case_raws
from tests.money.prestashop import Basket, Bought, Made, Voucher, order_of
from tests.money.profiles import WAYS, Way
from tests.money.sage import Arithmetic, Computed, same
from tests.staging.world import map_all

CENT = Decimal("0.01")
RATES = [Decimal(rate) for rate in ("20", "10", "5.5", "0")]

MONEY = {"tax-differs", "total-differs", "rounding-cent", "discount-unexplained"}
"""What may hold a basket: ways of rounding, or a voucher of which nobody can say which rates it lowers."""


def amounts(least: int, most: int, places: int) -> st.SearchStrategy[Decimal]:
    """Decimals between two numbers of their last place; quicker to draw than hypothesis' own."""
    return st.integers(least, most).map(lambda number: Decimal(number).scaleb(-places))


prices = amounts(10_000, 300_000_000, 6) | amounts(1, 30_000, 2)
bought = st.builds(Bought, prices, st.sampled_from(RATES), st.integers(1, 12), st.sampled_from([ZERO, Decimal("0.5")]))
ways = st.tuples(st.sampled_from(WAYS), st.integers(0, 3))


@st.composite
def baskets(draw: st.DrawFn) -> Basket:
    """One to six products, up to three vouchers of any kind, shipping and wrapping taxed at a rate of theirs."""
    goods = tuple(draw(st.lists(bought, min_size=1, max_size=6)))
    one = st.none() | st.integers(0, len(goods) - 1)
    vouchers = st.one_of(
        st.builds(Voucher, st.just("percent"), amounts(10, 1000, 1), only=one),
        st.builds(Voucher, st.just("amount"), amounts(1, 50_000, 2), st.booleans(), one),
        st.just(Voucher("shipping")),
        st.builds(Voucher, st.just("gift"), only=st.integers(0, len(goods) - 1)),
    )
    return Basket(
        bought=goods,
        vouchers=tuple(draw(st.lists(vouchers, max_size=3, unique_by=lambda one: one.kind == "shipping" or id(one)))),
        shipping=draw(st.sampled_from([ZERO, Decimal(7)]) | amounts(50, 2000, 2)),
        shipping_rate=draw(st.sampled_from(RATES)),
        wrapping=draw(st.sampled_from([ZERO, Decimal(2)]) | amounts(50, 500, 2)),
        round_type=draw(st.integers(1, 3)),
        mode=draw(st.sampled_from([2, 2, 2, 0, 1, 3, 4, 5])),
    )


class Judge:
    """A company with everything mapped, that can be set to any way of computing tax."""

    def __init__(self, company: SageCompany, sages: ExitStack) -> None:
        map_all(company)
        ChargeMapping.objects.create(company=company, charge="rounding", code="ROUND")
        self.company = company
        self.shop = Shop.objects.create(name="Web", url="http://127.0.0.1:1", company=company)
        self.row = StagedOrder.objects.create(shop=self.shop, order_id=1)
        self.like = read_order(case_raws("8.2", "bedlamp_paid"), ZoneInfo("Europe/Paris"))
        self.widths = open_sage(company).widths
        self.resolver = Resolver(self.shop)
        self.resolver.prefetch_items(["demo_11"])
        self._sages, self._by_profile = sages, dict[tuple[bool, str], Arithmetic]()

    def arithmetic(self, way: Way) -> Arithmetic:
        """A Sage of its own for each way of rounding: setting one to another is dear."""
        profile = Profile.of(self.company, 2)
        if (profile.per_line, way.rounding) not in self._by_profile:
            sandbox = Sage300Sandbox()
            self._sages.callback(sandbox.stop)
            made = self._by_profile[profile.per_line, way.rounding] = Arithmetic(sandbox)
            made.set(profile, way.rounding)
        return self._by_profile[profile.per_line, way.rounding]

    def case(self, order: ShopOrder, way: Way, tolerance: int) -> Case:
        """The order under check."""
        way.set(self.company)
        self.company.tax_tolerance = tolerance
        self.resolver.shop.company = self.company
        return Case(self.row, order, self.resolver, self.widths)


def judged(judge: Judge, basket: Basket, way: Way, tolerance: int) -> None:
    """One basket in one way: every promise of the verdict is held against what Sage computes."""
    order, made = order_of(basket, judge.like)
    case = judge.case(order, way, tolerance)
    lines, verdict = case.drafted
    held = {fault.code for fault in faults(case)}
    event(f"{verdict.kind} {sorted(held)}")
    assert held <= MONEY, held
    shared_out(case)
    if held:
        holds(case, held)
        return
    computed = judge.arithmetic(way).of(sales.sale(case))
    predicted = predict(lines, case.profile)
    assert same(dict(predicted), computed.rates)
    assert computed.total == total(predicted) == order.totals.paid_incl
    assert verdict.kind in (EQUAL, TOTAL_EQUAL)
    for rate in verdict.rates:
        off = abs(rate.shop_tax - computed.rates[rate.rate.normalize()].tax) if rate.rate in predicted else ZERO
        assert off <= (0 if verdict.kind == EQUAL else tolerance * CENT)
    if verdict.kind == EQUAL:
        true(computed, made, basket)


def true(computed: Computed, made: Made, basket: Basket) -> None:
    """Equal is near what the shop has in all decimals: as many half cents off as there were roundings at the rate."""
    for rate, net in made.truth.items():
        sage = computed.rates.get(rate.normalize())
        tax = sage.tax if sage else ZERO
        roundings = 2 + len(basket.vouchers) + sum(each.rate == rate for each in basket.bought)
        assert abs(tax - (net.ti - net.te)) <= CENT * roundings, rate


def holds(case: Case, held: set[str]) -> None:
    """Why an order is held is so: the verdict says it too, and the amounts and what they lack make the shop's total."""
    _lines, verdict = case.drafted
    booked = case.booked
    assert verdict.kind == HELD
    assert verdict.code in held
    assert ("discount-unexplained" in held) == bool(booked.unexplained)
    assert verdict.total.shop == case.order.totals.paid_incl == booked.total + booked.residual
    if verdict.code == "tax-differs":
        assert verdict.total.shop == verdict.total.sage
        assert max(abs(rate.shop_tax - rate.sage_tax) for rate in verdict.rates) > case.profile.tolerance * CENT


def shared_out(case: Case) -> None:
    """The causes' shares add up to the difference exactly, rate by rate, and "unexplained" is only what is so."""
    lines, verdict = case.drafted
    without = total(predict([line for line in lines if line.source != ROUNDING], case.profile))
    shares = verdict.reasons
    assert sum((share.amount for share in shares), ZERO) == without - case.order.totals.paid_incl
    for rate in verdict.rates:
        of_rate = sum((share.tax for share in shares if share.rate == rate.rate), ZERO)
        assert of_rate == rate.sage_tax - rate.shop_tax
    assert any(share.cause == UNEXPLAINED for share in shares) <= bool(case.booked.unexplained)


@pytest.fixture
def judge(books: SageCompany) -> Iterator[Judge]:
    with ExitStack() as sages:
        yield Judge(books, sages)


def proved(judge: Judge, examples: int) -> Callable[[], None]:
    @settings(
        max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
        phases=[Phase.explicit, Phase.generate, Phase.shrink], database=None,
    )  # fmt: skip
    @given(baskets(), ways)
    def prove(basket: Basket, way: tuple[Way, int]) -> None:
        judged(judge, basket, *way)

    return prove


def test_any_basket_gets_a_true_verdict(judge: Judge) -> None:
    proved(judge, 120)()


@pytest.mark.proof
def test_very_many_baskets_get_a_true_verdict(judge: Judge) -> None:
    proved(judge, 2_500)()
