"""The words of grants, features and changes as enums; each value is the core's own text."""

from __future__ import annotations

from enum import Enum

import strawberry


@strawberry.enum(description="What uses a feature up.")
class FeatureCounts(Enum):
    """What uses a feature up."""

    CONSUMPTION = strawberry.enum_value("consumption", description="What is consumed of it.")
    MEMBERS = strawberry.enum_value("members", description="The account's members.")
    COMPANIES = strawberry.enum_value("companies", description="The account's companies.")
    CONTACTS = strawberry.enum_value("contacts", description="The account's active contacts.")
    GAUGE = strawberry.enum_value("gauge", description="The level of a gauge.")


@strawberry.enum(description="What becomes of more than is granted.")
class FeatureBeyond(Enum):
    """What becomes of more than is granted."""

    BLOCKS = strawberry.enum_value("blocks", description="It is refused.")
    BILLS = strawberry.enum_value("bills", description="A product is billed for it.")
    HOLDS = strawberry.enum_value("holds", description="It waits until there is room.")


@strawberry.enum(description="What the amount of a grant is for.")
class GrantPer(Enum):
    """What the amount of a grant is for."""

    SUBSCRIPTION = strawberry.enum_value("subscription", description="For all of it.")
    UNIT = strawberry.enum_value("unit", description="For each unit of the item.")


@strawberry.enum(description="When the amount of a grant is there anew.")
class GrantRenews(Enum):
    """When the amount of a grant is there anew."""

    NEVER = strawberry.enum_value("never", description="Never.")
    PERIOD = strawberry.enum_value("period", description="With each period of fees.")


@strawberry.enum(description="How a change of plan or tier acts.")
class ChangeActs(Enum):
    """How a change of plan or tier acts."""

    RESET = strawberry.enum_value(
        "reset", description="Unused days are credited and a new period begins."
    )
    PRORATE = strawberry.enum_value(
        "prorate", description="The difference is charged for the rest of the period."
    )
    PERIOD_END = strawberry.enum_value("period_end", description="When the period ends.")


@strawberry.enum(description="When fewer units take effect.")
class FewerActs(Enum):
    """When fewer units take effect."""

    PERIOD_END = strawberry.enum_value("period_end", description="When the period ends.")
    AT_ONCE = strawberry.enum_value("at_once", description="At once; what is paid stays paid.")
    CREDIT = strawberry.enum_value("credit", description="At once, and they are credited.")


@strawberry.enum(description="When further units are invoiced.")
class MoreActs(Enum):
    """When further units are invoiced."""

    AT_ONCE = strawberry.enum_value("at_once", description="At once.")
    NEXT_INVOICE = strawberry.enum_value("next_invoice", description="With the next invoice.")


@strawberry.enum(description="Whether an early end gives unused days back.")
class EarlyEnd(Enum):
    """Whether an early end gives unused days back."""

    NO_CREDIT = strawberry.enum_value("no_credit", description="It does not.")
    CREDIT = strawberry.enum_value("credit", description="It does.")
