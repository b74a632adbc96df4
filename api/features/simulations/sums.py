"""What comes out of a simulation by currency, as the schema shows it."""

from __future__ import annotations

from enum import Enum

import strawberry

from api.features.invoices.lines import money
from api.features.simulations.amounts import ComparedAmounts, amounts_of
from api.graphql.money import Money
from api.graphql.scalars import CurrencyCode
from core.simulations import statistics


@strawberry.enum(description="What becomes of the accounts of a bucket.")
class SimulationChange(Enum):
    """The kinds of buckets."""

    NEW = strawberry.enum_value("new", description="They paid nothing, and would pay.")
    LESS = strawberry.enum_value("less", description="They would pay less.")
    SAME = strawberry.enum_value("same", description="They would pay the same.")
    MORE = strawberry.enum_value("more", description="They would pay more.")


@strawberry.type(description="The sums of the accounts in one currency.")
class SimulationTotals(ComparedAmounts):
    """Everything is without tax unless it says otherwise."""

    currency: CurrencyCode = strawberry.field(description="The currency of the amounts.")
    accounts: int = strawberry.field(description="Accounts that could be priced.")
    changed: int = strawberry.field(description="Those of them that would pay another amount.")
    subscriptions: int = strawberry.field(description="Subscriptions that could be priced.")
    unbilled_periods: int = strawberry.field(
        description="Their periods that are not billed yet; they count as known by now."
    )

    @classmethod
    def of(cls, record: statistics.Totals) -> SimulationTotals:
        """Show sums."""
        return cls(
            currency=CurrencyCode(record.currency),
            accounts=record.accounts,
            changed=record.changed,
            subscriptions=record.subscriptions,
            unbilled_periods=record.unbilled_periods,
            **amounts_of(record),
        )


@strawberry.type(description="Accounts that change by about the same percentage.")
class SimulationBucket:
    """A bar of the distribution; empty ones are left out."""

    currency: CurrencyCode = strawberry.field(description="The currency of the accounts.")
    change: SimulationChange = strawberry.field(description="What becomes of them.")
    from_percent: int | None = strawberry.field(
        description="The least change in percent, inclusive; null without a limit."
    )
    until_percent: int | None = strawberry.field(
        description="The greatest change in percent, exclusive; null without a limit."
    )
    accounts: int = strawberry.field(description="How many they are.")
    difference: Money = strawberry.field(description="What they pay more, altogether.")

    @classmethod
    def of(cls, record: statistics.Bucket) -> SimulationBucket:
        """Show a bucket."""
        return cls(
            currency=CurrencyCode(record.currency),
            change=SimulationChange(record.kind),
            from_percent=record.from_percent,
            until_percent=record.until_percent,
            accounts=record.accounts,
            difference=money(record.difference, record.currency),
        )


@strawberry.type(description="How many could not be priced.")
class SimulationFailures:
    """Counts of what is in no sum."""

    subscriptions: int = strawberry.field(description="Subscriptions left out of both sums.")
    accounts: int = strawberry.field(description="Accounts that they belong to.")
