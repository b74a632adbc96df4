"""When usage in several dimensions is priced as one total, and when row by row."""

from __future__ import annotations

from decimal import Decimal

from core.billing.bill import bill
from core.billing.draft import InvoiceDraft
from core.billing.totals import NOTHING_BILLED
from core.plugin_api.values import RateTable, TableSlot
from core.rating.compile import CompiledPlan
from tests.unit.billing.sellers import SMS, SMS_ZONES, invoice, plan, usage
from tests.unit.rating.rates import rate, tier


def by_volume() -> CompiledPlan:
    """Segments wherever they go: the first 1,000 at 0.07, the others at 0.05."""
    return plan((SMS, rate("tiered", tier("1", "1000", "0.07"), tier("1001", None, "0.05"),
                           driver="usage")))  # fmt: skip


def shown(draft: InvoiceDraft) -> list[tuple[str, str, Decimal, Decimal]]:
    """Description, dimension, quantity and amount of each line."""
    return [(line.description, line.dimension, line.quantity, line.amount)
            for line in draft.lines]  # fmt: skip


def test_tiers_without_a_table_count_the_usage_of_all_dimensions_together() -> None:
    """900 to France and 900 to Germany are 1,800: 1,000 x 0.07 + 800 x 0.05 = 110."""
    draft = bill(invoice(usage(by_volume(), (SMS, "900", "FR"), (SMS, "900", "DE"))))
    assert shown(draft) == [("sms", "", Decimal(1800), Decimal("110.00"))]


def test_started_batches_without_a_table_are_counted_once() -> None:
    """1 + 1 segments are one started batch of 1,000 at 60.00, not two."""
    batches = rate("package", driver="usage", base="60", package_size="1000")
    draft = bill(invoice(usage(plan((SMS, batches)), (SMS, "1", "FR"), (SMS, "1", "DE"))))
    assert shown(draft) == [("sms", "", Decimal(2), Decimal("60.00"))]


def test_free_units_without_a_table_are_given_once() -> None:
    """80 + 80 less 100 are 60 at 0.10, where 100 in each country would leave nothing."""
    free = rate("flat", driver="usage", base="0.10", free_units="100")
    draft = bill(invoice(usage(plan((SMS, free)), (SMS, "80", "FR"), (SMS, "80", "DE"))))
    assert shown(draft) == [("sms", "", Decimal(160), Decimal("6.00"))]


def test_events_of_all_dimensions_are_counted_together() -> None:
    """One message to each of two countries, three segments together: 2 x 0.10."""
    each = rate("flat", driver="usage", base="0.10", counts="events")
    draft = bill(invoice(usage(plan((SMS, each)), (SMS, "1", "FR"), (SMS, "2", "DE"))))
    assert shown(draft) == [("sms", "", Decimal(3), Decimal("0.20"))]


def test_a_table_keeps_a_line_for_each_of_its_dimensions() -> None:
    """900 x 0.06 to France, 900 x 0.12 to Germany."""
    zones = plan((SMS, rate("flat", driver="usage", table=SMS_ZONES)))
    draft = bill(invoice(usage(zones, (SMS, "900", "FR"), (SMS, "900", "DE"))))
    assert shown(draft) == [
        ("sms, DE", "DE", Decimal(900), Decimal("108.00")),
        ("sms, FR", "FR", Decimal(900), Decimal("54.00")),
    ]


def test_a_late_dimension_continues_the_tiers_of_the_period() -> None:
    """1,000 to France cost 70.00; 100 to Germany that come late cost 100 x 0.05."""
    part = usage(by_volume(), (SMS, "1000", "FR"))
    first = bill(invoice(part))
    assert part.billed is NOTHING_BILLED
    grown = usage(by_volume(), (SMS, "1000", "FR"), (SMS, "100", "DE"))
    late = grown._replace(billed=first.steps[0].totals, seq=2, is_late=True)
    (line,) = bill(invoice(late)).lines
    assert (line.quantity, line.amount) == (Decimal(100), Decimal("5.00"))


def test_a_fee_without_any_use_needs_a_row_that_it_is_of() -> None:
    """5.00 by the default row; a table without one has no row for no use, and owes nothing."""
    tiers = (tier("1", None, "1", fee="5"),)
    bare = RateTable("bare", "kept_until_moved", (TableSlot(0, None, {"FR": Decimal(1)}),))
    owed = []
    for table in (SMS_ZONES, bare):
        of = plan((SMS, rate("tiered", *tiers, driver="usage", table=table)))
        assert (of.unused_rate(SMS.id) is not None) == (table is SMS_ZONES)
        part = usage(of, products=(SMS,))._replace(
            offered=(SMS.id,) if of.unused_rate(SMS.id) else ()
        )
        owed.append(bill(invoice(part)).net)
    assert owed == [Decimal("5.00"), Decimal(0)]
