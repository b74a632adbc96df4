"""Series of revenue and usage as the schema shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

import strawberry

from api.features.invoices.lines import money
from api.graphql.money import Money
from api.graphql.scalars import CurrencyCode
from core.kernel.money import round_to
from core.rating.working import plain
from core.revenue.recurring import RevenueMonth as MonthRecord
from core.revenue.recurring import RevenuePart as PartRecord
from core.revenue.usage import UsageSeries as UsageRecord

HUNDRED = Decimal(100)
PERCENT_PLACES = 2


@strawberry.enum(description="By what recurring revenue is broken down.")
class RevenueBy(Enum):
    """The parts of a breakdown."""

    PLAN = strawberry.enum_value("plan", description="By price plan.")
    PRODUCT = strawberry.enum_value("product", description="By product.")


@strawberry.enum(description="What one point of a series of usage holds.")
class UsagePer(Enum):
    """Steps of a series."""

    DAY = strawberry.enum_value("day", description="A day of the seller's zone.")
    WEEK = strawberry.enum_value("week", description="A week from Monday.")
    MONTH = strawberry.enum_value("month", description="A month of the calendar.")


@strawberry.type(
    description="Recurring revenue of a month, before tax: start + new + reactivation + "
    "expansion - contraction - churn = end."
)
class RevenueMonth:
    """A month of the series; a customer is an account that pays something recurring."""

    month: date = strawberry.field(description="The month's first day.")
    ends_at: datetime = strawberry.field(description="The first instant behind it.")
    start: Money = strawberry.field(description="At the end of the month before.")
    new: Money = strawberry.field(description="Of customers who paid nothing recurring ever.")
    reactivation: Money = strawberry.field(description="Of customers who came back.")
    expansion: Money = strawberry.field(description="How much more those pay who pay more.")
    contraction: Money = strawberry.field(description="How much less those pay who pay less.")
    churn: Money = strawberry.field(description="What those paid who pay nothing any more.")
    end: Money = strawberry.field(description="At the end of the month.")
    customers: int = strawberry.field(description="Customers at the end of the month.")
    customers_new: int = strawberry.field(description="Customers who came.")
    customers_back: int = strawberry.field(description="Customers who came back.")
    customers_lost: int = strawberry.field(description="Customers who left.")
    customer_churn: Decimal | None = strawberry.field(
        description="Those who left, in percent of those at the start; null where none were."
    )
    revenue_churn: Decimal | None = strawberry.field(
        description="Churn and contraction in percent of the start; null where it was nothing."
    )
    subscriptions: int = strawberry.field(
        description="Subscriptions that run at the end of the month, trials left out."
    )
    is_final: bool = strawberry.field(
        description="Whether the month is over, and every period that held its end is billed "
        "or charged; a month that is not changes with the next closings."
    )

    @classmethod
    def of(cls, record: MonthRecord, *, month: date, currency: str) -> RevenueMonth:
        """Show a record."""
        return cls(
            month=month,
            ends_at=record.ends_at,
            start=money(record.start, currency),
            new=money(record.new, currency),
            reactivation=money(record.reactivation, currency),
            expansion=money(record.expansion, currency),
            contraction=money(record.contraction, currency),
            churn=money(record.churn, currency),
            end=money(record.ending, currency),
            customers=record.customers,
            customers_new=record.customers_new,
            customers_back=record.customers_back,
            customers_lost=record.customers_lost,
            customer_churn=percent(
                Decimal(record.customers_lost), of=Decimal(record.customers_before)
            ),
            revenue_churn=percent(record.churn + record.contraction, of=record.start),
            subscriptions=record.subscriptions,
            is_final=record.is_final,
        )


@strawberry.type(description="A plan or a product, and its part of the recurring revenue.")
class RevenuePart:
    """One row of a breakdown."""

    code: str = strawberry.field(description="Its code.")
    name: str = strawberry.field(description="Its name.")
    amounts: list[Money] = strawberry.field(
        description="At the end of each month, in the order of the months."
    )

    @classmethod
    def of(cls, record: PartRecord, *, currency: str) -> RevenuePart:
        """Show a record."""
        amounts = [money(amount, currency) for amount in record.amounts]
        return cls(code=record.code, name=record.name, amounts=amounts)


@strawberry.type(description="Recurring revenue, month by month.")
class RevenueSeries:
    """The months, and the parts where they were asked for."""

    currency: CurrencyCode = strawberry.field(description="The currency of every amount.")
    months: list[RevenueMonth] = strawberry.field(description="The months, in order.")
    breakdown: list[RevenuePart] = strawberry.field(
        description="The 20 plans or products with most at the end of the last month; empty "
        "where `by` is left out."
    )


@strawberry.type(description="What was used of a unit in a step of a series.")
class UsagePoint:
    """One point."""

    day: date = strawberry.field(description="The first day of the step.")
    quantity: Decimal = strawberry.field(description="How much; corrections taken off.")
    events: int = strawberry.field(description="How many events; voided ones are none.")


@strawberry.type(description="The usage of a product on a channel, in one unit.")
class UsageSeries:
    """One product, channel and unit."""

    product: str = strawberry.field(description="The product's code.")
    channel: str = strawberry.field(description="The channel.")
    unit: str = strawberry.field(description="The unit.")
    points: list[UsagePoint] = strawberry.field(description="Every step, in order.")

    @classmethod
    def of(cls, record: UsageRecord, *, product: str, days: Sequence[date]) -> UsageSeries:
        """Show a series; each step by its first day."""
        steps = zip(days, record.quantities, record.events, strict=True)
        return cls(
            product=product,
            channel=record.channel,
            unit=record.unit,
            points=[
                UsagePoint(day=day, quantity=Decimal(plain(quantity)), events=events)
                for day, quantity, events in steps
            ],
        )


def percent(part: Decimal, *, of: Decimal) -> Decimal | None:
    """Return a part in percent, to two decimals; None of nothing."""
    return Decimal(plain(round_to(part * HUNDRED / of, PERCENT_PLACES))) if of else None
