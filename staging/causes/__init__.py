"""The catalogue of causes: every code an order can be held for, in plain words, with what to do and where.

The order of the catalogue is the order of importance: an order in a list shows the first of its open causes.
``docs/issues.md`` has a paragraph for each; a test holds the two together.
"""

from __future__ import annotations

from staging.causes.amounts import MONEY
from staging.causes.cause import ORDER_PAGE, Cause
from staging.causes.codes import CUSTOMER, ITEM, TAX, WORDS
from staging.causes.orders import BROKEN, DOUBT, INTERNAL_ERROR, REST, SAGE_SAYS
from staging.causes.payments import PAYMENTS, REFUNDS

__all__ = ["CAUSES", "IMPORTANCE", "INTERNAL_ERROR", "ORDER_PAGE", "Cause"]

CAUSES: dict[str, Cause] = {
    cause.code: cause
    for cause in (
        *BROKEN, *DOUBT, *SAGE_SAYS, *CUSTOMER, *ITEM, *TAX, *WORDS, *MONEY, *PAYMENTS, *REFUNDS, *REST,
    )
}  # fmt: skip

IMPORTANCE: dict[str, int] = {code: place for place, code in enumerate(CAUSES)}
