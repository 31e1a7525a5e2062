"""Where the cents of a voucher's shares go: the sums stay, no share moves a cent, and what can agree does."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from connectors.types import Discount
from staging.amounts import apportion, rounded
from staging.cents import agreeing
from staging.discounts import Share

D = Decimal
VOUCHER = Discount(1, "Five", D(5), D("4.3"), free_shipping=False)
RATES = [D(20), D(10), D("5.5"), D(0)]

bases = st.lists(st.tuples(st.decimals("0.01", "200", places=6), st.sampled_from(RATES)), min_size=1, max_size=5)


def shares(of: list[tuple[Decimal, Decimal]]) -> list[Share]:
    return [Share(VOUCHER, rate, excl, excl * (1 + rate / 100)) for excl, rate in of]


@given(bases)
def test_the_sums_stay_and_no_share_moves_a_cent(of: list[tuple[Decimal, Decimal]]) -> None:
    given_shares = shares(of)
    excl, incl = [each.excl for each in given_shares], [each.incl for each in given_shares]
    first = apportion(excl, 2), apportion(incl, 2)
    net, gross = agreeing(given_shares, *first, 2)
    assert (sum(net), sum(gross)) == (sum(first[0]), sum(first[1]))
    assert all(abs(cents - exact) < D("0.015") for cents, exact in zip([*net, *gross], [*excl, *incl], strict=True))


def test_five_euros_over_two_rates_agree_with_the_tax_of_each() -> None:
    """Each rounded by itself the shares with tax are 1.85 and 3.15, of which no tax makes 1.55 and 2.98."""
    twenty, five = (D("1.545135"), D("1.854162")), (D("2.981837"), D("3.145838"))
    exact = [Share(VOUCHER, D(20), *twenty), Share(VOUCHER, D("5.5"), *five)]
    net, gross = agreeing(exact, [D("1.55"), D("2.98")], [D("1.85"), D("3.15")], 2)
    assert (net, gross) == ([D("1.55"), D("2.98")], [D("1.86"), D("3.14")])
    assert [rounded(each / (1 + share.rate / 100), 2) for each, share in zip(gross, exact, strict=True)] == net
