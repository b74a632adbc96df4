"""What is counted beyond an allowance: users of a module, whole for each period."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from core.billing.bill import bill
from core.billing.inputs import inputs_to_json, part_from_inputs
from core.billing.snapshot import ConsumptionItem
from core.billing.totals import totals_from_json, totals_to_json
from core.rating.plan import Commitment
from tests.unit.billing.sellers import JANUARY, invoice, period, plan, product, usage
from tests.unit.rating.rates import rate, tier

USER = product(80, "user", "licence")
PLAN = plan((USER, rate("flat", base="12", per_months=1)))
THREE = ConsumptionItem(USER.id, Decimal(3), "Sales")


def test_users_beyond_the_pack_are_charged_by_module() -> None:
    """3 of Sales and 1 of Stock at 12.00: 36.00 and 12.00, on lines of their own."""
    part = usage(PLAN, products=(USER,))._replace(
        consumption=(THREE, ConsumptionItem(USER.id, Decimal(1), "Stock"))
    )
    draft = bill(invoice(part))
    assert [(line.kind, line.description, line.amount) for line in draft.lines] == [
        ("consumption", "user, Sales", Decimal(36)),
        ("consumption", "user, Stock", Decimal(12)),
    ]


def test_a_count_is_not_prorated() -> None:
    """Ten days of January that were cut off cost what the month does, and so do rests."""
    cut = period("2026-01-22", "2026-02-01")
    part = usage(PLAN, products=(USER,), during=cut, whole=JANUARY)._replace(
        consumption=(THREE,), rests=(period("2026-01-25", "2026-01-30"),)
    )
    assert bill(invoice(part)).net == Decimal(36)


def test_consumption_counts_towards_a_minimum() -> None:
    """36.00 of a minimum of 50.00 over licences: 14.00 are missing."""
    minimum = Commitment(Decimal(50), kinds=frozenset({"licence"}))
    of = plan((USER, rate("flat", base="12", per_months=1)), commitment=minimum)
    part = usage(of, products=(USER,))._replace(consumption=(THREE,))
    assert [line.amount for line in bill(invoice(part)).lines] == [Decimal(36), Decimal(14)]


def test_an_interim_invoice_leaves_the_count_for_the_end() -> None:
    """Only the period's end knows the most of one moment."""
    part = usage(PLAN, products=(USER,))._replace(consumption=(THREE,), settles=False)
    assert bill(invoice(part)).lines == ()


def test_a_count_that_changes_late_is_billed_as_the_difference() -> None:
    """Three users were billed at 12.00, in tiers by number: a fourth costs 10.00 more."""
    tiers = (tier("1", "3", "12"), tier("4", None, "10"))
    of = plan((USER, rate("tiered", *tiers, per_months=1)))
    first = bill(invoice(usage(of, products=(USER,))._replace(consumption=(THREE,))))
    (step,) = first.steps
    kept = part_from_inputs(
        inputs_to_json(step.part),
        period_id=step.period_id,
        subscription_id=UUID(int=2),
        plans={of.id: of},
        products={},
        tax_rates={},
        usage=(),
        billed=totals_from_json(totals_to_json(step.totals)),
        seq=2,
    )
    assert kept.consumption == (THREE,)
    assert bill(invoice(kept)).lines == ()
    more = kept._replace(consumption=(THREE._replace(quantity=Decimal(4)),))
    (line,) = bill(invoice(more)).lines
    assert (line.is_difference, line.quantity, line.amount) == (True, Decimal(1), Decimal(10))
