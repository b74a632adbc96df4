"""A period of one channel, priced by the engine that closes periods: `core.billing.bill`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from core.billing.bill import bill
from core.billing.draft import InvoiceDraft
from core.billing.snapshot import Product, Snapshot, Terms, UsagePart, UsageTotal
from core.billing.totals import NOTHING_BILLED, Totals
from core.kernel.decimals import EXACT, exact
from core.kernel.frequency import Frequency
from core.kernel.money import round_to
from core.kernel.periods import Period
from core.plugin_api import Channel, Measure, Rate, Unit
from core.plugin_kit.conformance.subject import measured
from core.rating.compile import CompiledPlan, compile_plan
from core.rating.plan import PlanRate, PlanVersion
from core.rating.price_models import BUILT_IN

PRICE: Final = Decimal("0.01")
QUANTITY_PLACES: Final = 9
MOST_QUANTITY: Final = Decimal(1_000_000)
"""Events of more are left out: their sums would not fit an invoice."""

_ACCOUNT, _SUBSCRIPTION, _PLAN = UUID(int=1), UUID(int=2), UUID(int=3)
_MONTH: Final = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))


def measures_of(channel: Channel[Any], events: Sequence[Any]) -> list[Measure]:
    """Return what events amount to, without those that are not billed."""
    answers = [measured(channel, event) for event in events]
    return [answer for answer in answers if answer is not None]


def billed_at_once(units: Sequence[Unit], measures: Sequence[Measure]) -> InvoiceDraft:
    """Bill a period with all of its usage."""
    return bill(_snapshot(units, measures, billed=NOTHING_BILLED, seq=1))


def billed_in_two(
    units: Sequence[Unit], first: Sequence[Measure], second: Sequence[Measure]
) -> tuple[InvoiceDraft, InvoiceDraft]:
    """Bill the first part by itself, and later everything less what was billed."""
    interim = bill(_snapshot(units, first, billed=NOTHING_BILLED, seq=1, settles=False))
    billed = interim.steps[0].totals
    rest = bill(_snapshot(units, [*first, *second], billed=billed, seq=2))
    return interim, rest


def _snapshot(
    units: Sequence[Unit],
    measures: Sequence[Measure],
    *,
    billed: Totals,
    seq: int,
    settles: bool = True,
) -> Snapshot:
    products = {unit.name: _product(number, unit) for number, unit in enumerate(units)}
    part = UsagePart(
        period_id=UUID(int=10),
        subscription_id=_SUBSCRIPTION,
        period=_MONTH,
        whole=_MONTH,
        zone="UTC",
        terms=Terms(UUID(int=4), Frequency(1, "month")),
        plan=_plan(products),
        products={product.id: product for product in products.values()},
        tax_rates={"standard": Decimal(0)},
        usage=tuple(_totals(units, measures, products)),
        billed=billed,
        seq=seq,
        settles=settles,
    )
    return Snapshot(_ACCOUNT, _SUBSCRIPTION, "EUR", "exclusive", usage=(part,))


def _product(number: int, unit: Unit) -> Product:
    return Product(UUID(int=100 + number), unit.name, unit.label, "usage_service")


def _plan(products: dict[str, Product]) -> CompiledPlan:
    rate = Rate("flat", "usage", base=PRICE)
    rates = tuple(PlanRate(product.id, rate) for product in products.values())
    version = PlanVersion(_PLAN, "conformance", 1, "EUR", "exclusive", rates)
    return compile_plan(version, BUILT_IN)


def _totals(
    units: Sequence[Unit], measures: Sequence[Measure], products: dict[str, Product]
) -> list[UsageTotal]:
    quantities: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for measure in measures:
        quantities[measure.unit, measure.dimension].append(measure.quantity)
    how = {unit.name: unit.aggregation for unit in units}
    return [
        UsageTotal(
            products[unit].id, unit, dimension, 0, aggregated(how[unit], held), len(held)
        )
        for (unit, dimension), held in sorted(quantities.items())
    ]


def aggregated(aggregation: str, quantities: Sequence[Decimal]) -> Decimal:
    """Return quantities in the order of their events as a period's one, as closings do."""
    with exact():
        match aggregation:
            case "max":
                return max(quantities)
            case "last":
                return quantities[-1]
            case "average":
                mean = EXACT.divide(sum(quantities, Decimal(0)), Decimal(len(quantities)))
                return round_to(mean, QUANTITY_PLACES)
            case _:
                return sum(quantities, Decimal(0))
