"""The words of the catalogue as enums; each value is the core's own text."""

from __future__ import annotations

from enum import Enum

import strawberry


@strawberry.enum(description="What kind of product it is; decides how it may be priced.")
class ProductKind(Enum):
    """What kind of product it is; decides how it may be priced."""

    MODULE = strawberry.enum_value(
        "module", description="A part of the offer that is switched on."
    )
    PACK = strawberry.enum_value(
        "pack", description="A bundle of quantity that is bought again each period."
    )
    LICENCE = strawberry.enum_value("licence", description="A seat or device, by their number.")
    TERMED_SERVICE = strawberry.enum_value(
        "termed_service", description="A service that is charged each period."
    )
    ONE_TIME_SERVICE = strawberry.enum_value(
        "one_time_service", description="A service that is charged once."
    )
    EXPENSE = strawberry.enum_value("expense", description="A cost that is passed on.")
    PHYSICAL_GOOD = strawberry.enum_value("physical_good", description="A thing that is sold.")
    USAGE_SERVICE = strawberry.enum_value(
        "usage_service", description="What is measured by events of a channel."
    )


@strawberry.enum(description="Whether something is still offered.")
class OfferState(Enum):
    """Whether something is still offered."""

    ACTIVE = strawberry.enum_value("active", description="It is.")
    RETIRED = strawberry.enum_value("retired", description="It is not; who has it keeps it.")


@strawberry.enum(description="Whether stated amounts are without or with tax.")
class TaxMode(Enum):
    """Whether stated amounts are without or with tax."""

    EXCLUSIVE = strawberry.enum_value("exclusive", description="Without: tax is added.")
    INCLUSIVE = strawberry.enum_value("inclusive", description="With: tax is inside.")


@strawberry.enum(description="Whether fixed charges are billed before or after their period.")
class BilledIn(Enum):
    """Whether fixed charges are billed before or after their period."""

    ADVANCE = strawberry.enum_value("advance", description="When the period starts.")
    ARREARS = strawberry.enum_value("arrears", description="When the period ends.")


@strawberry.enum(description="Which value of a gauge counts for a period.")
class GaugePolicy(Enum):
    """Which value of a gauge counts for a period."""

    MAX = strawberry.enum_value("max", description="The highest.")
    LAST = strawberry.enum_value("last", description="The one at the end.")
    AVERAGE = strawberry.enum_value("average", description="The mean over time.")


@strawberry.enum(description="From when the prices of a rate table hold.")
class TableApplies(Enum):
    """From when the prices of a rate table hold."""

    KEPT_UNTIL_MOVED = strawberry.enum_value(
        "kept_until_moved", description="A subscriber keeps those of the plan version."
    )
    ON_EVENT_DATE = strawberry.enum_value(
        "on_event_date", description="They change for everyone on their date."
    )


@strawberry.enum(description="What the quantity of a price is.")
class PriceDriver(Enum):
    """What the quantity of a price is."""

    QUANTITY = strawberry.enum_value("quantity", description="The number of units.")
    DURATION = strawberry.enum_value("duration", description="The hours.")
    MATURITY = strawberry.enum_value(
        "maturity", description="The months that the item has lived."
    )
    USAGE = strawberry.enum_value("usage", description="What was measured.")


@strawberry.enum(description="How a started batch counts.")
class PackageRounding(Enum):
    """How a started batch counts."""

    UP = strawberry.enum_value("up", description="As a whole one.")
    EXACT = strawberry.enum_value("exact", description="Pro rata.")


@strawberry.enum(description="What of usage a rate counts.")
class RateCounts(Enum):
    """What of usage a rate counts."""

    QUANTITY = strawberry.enum_value("quantity", description="Its quantity.")
    EVENTS = strawberry.enum_value("events", description="The number of its events.")


@strawberry.enum(description="Where billing periods begin.")
class PeriodAnchor(Enum):
    """Where billing periods begin."""

    CALENDAR = strawberry.enum_value("calendar", description="With the calendar's.")
    ANNIVERSARY = strawberry.enum_value("anniversary", description="On the day of the start.")
    LAST_DAY = strawberry.enum_value("last_day", description="On the month's last day.")


@strawberry.enum(description="What billing terms are for.")
class TermsKind(Enum):
    """What billing terms are for."""

    NORMAL = strawberry.enum_value("normal", description="Billed by periods.")
    PREPAID = strawberry.enum_value("prepaid", description="Debited from a wallet.")
    JOB = strawberry.enum_value("job", description="For jobs, which are billed once.")


@strawberry.enum(description="Whether discounts may reduce what is billed.")
class DiscountsAllowed(Enum):
    """Whether discounts may reduce what is billed."""

    NONE = strawberry.enum_value("none", description="They may not.")
    FLEXIBLE = strawberry.enum_value("flexible", description="They may.")


@strawberry.enum(description="What becomes of usage below its thresholds at a period's end.")
class BelowThreshold(Enum):
    """What becomes of usage below its thresholds at a period's end."""

    BILL = strawberry.enum_value("bill", description="It is billed.")
    CARRY = strawberry.enum_value(
        "carry", description="It waits for a threshold, or for the subscription's end."
    )


@strawberry.enum(description="When a completed job is billed.")
class JobBills(Enum):
    """When a completed job is billed."""

    AT_ONCE = strawberry.enum_value("at_once", description="When it is completed.")
    NEXT_RUN = strawberry.enum_value("next_run", description="With the next run.")


@strawberry.enum(description="How a part of a period is priced.")
class Proration(Enum):
    """The core's policies."""

    DAY = strawberry.enum_value("day", description="By whole days.")
    SECOND = strawberry.enum_value("second", description="By seconds.")
    NONE = strawberry.enum_value("none", description="In full.")
