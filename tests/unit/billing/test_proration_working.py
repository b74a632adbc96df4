"""What an explained line says about the part of a period that it charges."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from core.billing.bill import bill
from core.billing.snapshot import FeeItem
from core.kernel.periods import Period
from tests.unit.billing.sellers import JANUARY, TERMS, fees, invoice, plan, product
from tests.unit.rating.rates import rate

SEAT = product(30, "seat", "licence")
NOON = datetime(2026, 1, 17, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("policy", "begins", "amount", "label"),
    [
        ("day", NOON, "15.00", "15 of 31 days"),
        ("second", NOON, "14.50", "1252800 of 2678400 seconds"),
        (
            "second",
            NOON.replace(microsecond=500_000),
            "14.50",
            "1252799500000 of 2678400000000 microseconds",
        ),
        ("none", NOON, "31.00", None),
    ],
)
def test_a_share_is_told_in_the_unit_of_its_policy(
    policy: str, begins: datetime, amount: str, label: str | None
) -> None:
    """31.00 from noon of the 17th: 15 days, 14.5 by the clock, or all of it."""
    of = plan((SEAT, rate("flat", base="31", per_months=1)))
    item = FeeItem(UUID(int=7), 1, SEAT.id, Decimal(1), Period(begins, JANUARY.end))
    terms = TERMS._replace(proration=policy)  # type: ignore[arg-type]
    (line,) = bill(invoice(fees(of, item, terms=terms, products=(SEAT,)))).lines
    told = [step["label"] for step in json.loads(line.working) if step["kind"] == "proration"]
    assert (line.amount, told) == (Decimal(amount), [label] if label else [])
