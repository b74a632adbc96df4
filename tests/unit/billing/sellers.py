"""Snapshots written short: a seller's products, a plan, one account's month."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from core.billing.snapshot import (
    FeeItem,
    FeesPart,
    GaugeItem,
    Product,
    Snapshot,
    Terms,
    UsagePart,
    UsageTotal,
)
from core.kernel.frequency import Frequency
from core.kernel.periods import Period
from core.plugin_api.values import Rate, RateTable, TableSlot
from core.rating.compile import CompiledPlan, compile_plan
from core.rating.plan import Commitment, PlanRate, PlanVersion
from core.rating.price_models import BUILT_IN
from tests.unit.rating.rates import rate

MONTHLY = Frequency(1, "month")
YEARLY = Frequency(1, "year")
TWENTY = {"standard": Decimal(20), "reduced": Decimal("5.5"), "zero": Decimal(0)}
ACCOUNT, SUBSCRIPTION = UUID(int=1), UUID(int=2)
TERMS = Terms(UUID(int=3), MONTHLY)


def period(start: str, end: str) -> Period:
    """A period of UTC days."""
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    return Period(first.replace(tzinfo=UTC), last.replace(tzinfo=UTC))


JANUARY = period("2026-01-01", "2026-02-01")
FEBRUARY = period("2026-02-01", "2026-03-01")


def product(number: int, code: str, kind: str, tax_class: str = "standard") -> Product:
    """A product whose name is its code."""
    return Product(UUID(int=100 + number), code, code, kind, tax_class)


def plan(
    *rates: tuple[Product, Rate],
    currency: str = "EUR",
    tax_mode: str = "exclusive",
    commitment: Commitment | None = None,
    number: int = 1,
    yearly: tuple[tuple[Product, Rate], ...] = (),
) -> CompiledPlan:
    """A compiled plan version; `yearly` rates are for that frequency alone."""
    rows = [PlanRate(one.id, its_rate) for one, its_rate in rates]
    rows += [PlanRate(one.id, its_rate, "year") for one, its_rate in yearly]
    version = PlanVersion(
        UUID(int=900 + number),
        "plan",
        number,
        currency,
        tax_mode,  # type: ignore[arg-type]
        tuple(rows),
        commitment,
    )
    return compile_plan(version, BUILT_IN)


def fees(
    of: CompiledPlan,
    *items: tuple[Product, str] | FeeItem,
    during: Period = JANUARY,
    whole: Period | None = None,
    terms: Terms = TERMS,
    products: tuple[Product, ...] = (),
    tax_rates: dict[str, Decimal] = TWENTY,
    zone: str = "UTC",
) -> FeesPart:
    """Fees of a period; items are (product, quantity) for all of it, or fee items."""
    listed = []
    known = {one.id: one for one in products}
    for index, item in enumerate(items):
        if isinstance(item, FeeItem):
            listed.append(item)
            continue
        one, quantity = item
        known[one.id] = one
        listed.append(FeeItem(UUID(int=500 + index), 1, one.id, Decimal(quantity), during))
    return FeesPart(
        UUID(int=10),
        SUBSCRIPTION,
        during,
        whole or during,
        zone,
        terms,
        of,
        known,
        tax_rates,
        tuple(listed),
    )


def usage(
    of: CompiledPlan,
    *totals: tuple[Product, str] | tuple[Product, str, str],
    gauges: tuple[tuple[Product, str], ...] = (),
    during: Period = JANUARY,
    whole: Period | None = None,
    products: tuple[Product, ...] = (),
    tax_rates: dict[str, Decimal] = TWENTY,
    zone: str = "UTC",
) -> UsagePart:
    """Usage of a period; totals are (product, quantity) or (product, quantity, dimension)."""
    known = {one.id: one for one in products}
    known.update((row[0].id, row[0]) for row in totals)
    known.update((one.id, one) for one, _value in gauges)
    return UsagePart(
        period_id=UUID(int=20),
        subscription_id=SUBSCRIPTION,
        period=during,
        whole=whole or during,
        zone=zone,
        terms=TERMS,
        plan=of,
        products=known,
        tax_rates=tax_rates,
        usage=tuple(
            UsageTotal(row[0].id, "unit", row[2] if len(row) > 2 else "", 0, Decimal(row[1]), 1)
            for row in totals
        ),
        gauges=tuple(GaugeItem(one.id, Decimal(value), during) for one, value in gauges),
    )


def invoice(*parts: FeesPart | UsagePart, currency: str = "EUR") -> Snapshot:
    """One subscription's invoice."""
    return Snapshot(
        ACCOUNT,
        SUBSCRIPTION,
        currency,
        parts[0].plan.tax_mode,
        tuple(part for part in parts if isinstance(part, FeesPart)),
        tuple(part for part in parts if isinstance(part, UsagePart)),
    )


PROFILES = product(1, "profiles", "termed_service")
USERS = product(2, "users", "termed_service")
EMAILS = product(3, "emails", "usage_service")
CORRECTED = product(4, "corrected", "usage_service")
DEDUPLICATED = product(5, "deduplicated", "usage_service")
SMS = product(6, "sms", "usage_service")
CRM360 = (PROFILES, USERS, EMAILS, CORRECTED, DEDUPLICATED, SMS)

LEVELS = {
    2: ("500", "6.00", "25.00"),
    3: ("1000", "5.00", "20.00"),
    4: ("3000", "4.00", "16.00"),
    5: ("5000", "3.20", "12.00"),
}
"""Minimum, 1,000 profiles, one user; a month."""

SMS_ZONES = RateTable(
    "sms-zones",
    "kept_until_moved",
    (TableSlot(0, None, {"FR": Decimal("0.06"), "DE": Decimal("0.12")}, Decimal("0.20")),),
)


def thousands(price: str) -> Rate:
    """A price for each started 1,000 of usage."""
    return rate("package", driver="usage", base=price, package_size="1000")


def crm360(level: int, *, tax_mode: str = "exclusive") -> CompiledPlan:
    """A level of the marketing suite: its minimum covers the package only."""
    minimum, profiles, user = LEVELS[level]
    return plan(
        (PROFILES, rate("package", base=profiles, package_size="1000", per_months=1)),
        (USERS, rate("flat", base=user, per_months=1)),
        (EMAILS, thousands("1.90")),
        (CORRECTED, thousands("4.00")),
        (DEDUPLICATED, thousands("2.75")),
        (SMS, rate("flat", driver="usage", table=SMS_ZONES)),
        commitment=Commitment(Decimal(minimum), frozenset({"profiles", "users"})),
        number=level,
        tax_mode=tax_mode,
    )


PACKAGE = ((PROFILES, "100000"), (USERS, "7"))
PURCHASES = (
    (EMAILS, "120000"),
    (SMS, "2000", "FR"),
    (CORRECTED, "9200"),
    (DEDUPLICATED, "7001"),
)
