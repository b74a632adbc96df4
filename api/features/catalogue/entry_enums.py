"""The words of entries that are read whole as enums; each value is the core's own text."""

from __future__ import annotations

from enum import Enum

import strawberry


@strawberry.enum(description="Whether an entry is in force.")
class EntryState(Enum):
    """Whether an entry is in force."""

    ACTIVE = strawberry.enum_value("active", description="It is.")
    INACTIVE = strawberry.enum_value("inactive", description="It is not.")


@strawberry.enum(description="Whose segment it is.")
class SegmentSubject(Enum):
    """Whose segment it is."""

    ACCOUNT = strawberry.enum_value("account", description="An account's.")
    SUBSCRIPTION = strawberry.enum_value("subscription", description="A subscription's.")
    JOB = strawberry.enum_value("job", description="A job's.")


@strawberry.enum(description="Whether a discount may be given.")
class DiscountState(Enum):
    """Whether a discount may be given."""

    EFFECTIVE = strawberry.enum_value("effective", description="It may.")
    NOT_EFFECTIVE = strawberry.enum_value(
        "not_effective", description="Not any more; what was given stays."
    )


@strawberry.enum(description="How a discount comes about.")
class DiscountMethod(Enum):
    """How a discount comes about."""

    AD_HOC = strawberry.enum_value("ad_hoc", description="Staff give it.")
    AUTO = strawberry.enum_value("auto", description="It holds wherever its criteria do.")


@strawberry.enum(description="What a discount reduces the bills of.")
class DiscountTarget(Enum):
    """What a discount reduces the bills of."""

    SUBSCRIPTION = strawberry.enum_value("subscription", description="Subscriptions.")
    JOB = strawberry.enum_value("job", description="Jobs.")


@strawberry.enum(description="Which charges a discount reduces.")
class DiscountScope(Enum):
    """Which charges a discount reduces."""

    ANY = strawberry.enum_value("any", description="All.")
    USAGE = strawberry.enum_value("usage", description="Those of usage.")
    OTHER = strawberry.enum_value("other", description="All but those of usage.")


@strawberry.enum(description="What staff pick from a range.")
class DiscountRangeOf(Enum):
    """What staff pick from a range."""

    PERCENT = strawberry.enum_value("percent", description="A percentage.")
    AMOUNT = strawberry.enum_value("amount", description="An amount of money.")


@strawberry.enum(description="Whether a usage catalogue is offered.")
class UsageCatalogueState(Enum):
    """Whether a usage catalogue is offered."""

    EFFECTIVE = strawberry.enum_value("effective", description="It is.")
    NOT_EFFECTIVE = strawberry.enum_value("not_effective", description="It is not.")
    CANCELLED = strawberry.enum_value("cancelled", description="It is not, for good.")


@strawberry.enum(description="What a duration counts.")
class AdvanceDurationUnit(Enum):
    """What a duration counts."""

    DAY = strawberry.enum_value("day", description="Days.")
    WEEK = strawberry.enum_value("week", description="Weeks.")
    MONTH = strawberry.enum_value("month", description="Months.")
    YEAR = strawberry.enum_value("year", description="Years.")
