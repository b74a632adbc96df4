"""A line of an invoice and its working, typed; stored and drafted lines alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson
import strawberry

from api.features.jobs.ids import JOB_ID
from api.features.subscriptions.types import SUBSCRIPTION_ID
from api.features.tenancy.types import Fact
from api.graphql.money import Money
from api.graphql.scalars import CurrencyCode
from core.billing.draft import DraftLine
from core.kernel.periods import local_day
from core.plugin_api.values import Step
from core.rating.working import plain, sentence

_INSTANT: Final = timedelta(microseconds=1)


@strawberry.enum(description="What a line charges for.")
class InvoiceLineKind(Enum):
    """The kinds of lines, in the order in which they are computed."""

    FEE = strawberry.enum_value("fee", description="A recurring product for a time.")
    GAUGE = strawberry.enum_value("gauge", description="A product counted by a gauge.")
    USAGE = strawberry.enum_value("usage", description="Usage of a period.")
    CREDIT = strawberry.enum_value("credit", description="Usage given back to the customer.")
    ONE_OFF = strawberry.enum_value("one_off", description="A product bought once.")
    CONSUMPTION = strawberry.enum_value(
        "consumption", description="What was consumed beyond an allowance."
    )
    COMMITMENT = strawberry.enum_value(
        "commitment", description="What a minimum exceeds the charges by."
    )
    DISCOUNT = strawberry.enum_value("discount", description="A reduction.")


_KINDS: Final = {str(each.value): each for each in InvoiceLineKind}


@strawberry.type(description="One step of how an amount was arrived at.")
class WorkingStep:
    """A step; steps add up, but for months and proration, which restate those above."""

    kind: str = strawberry.field(description="What was done, such as tier, package, proration.")
    label: str = strawberry.field(description="In words.")
    quantity: Decimal | None = strawberry.field(description="How many were priced.")
    unit_price: Decimal | None = strawberry.field(
        description="The price of one; it may be finer than the currency."
    )
    amount: Decimal = strawberry.field(
        description="What the step comes to, in the invoice's currency, not rounded."
    )
    facts: list[Fact] = strawberry.field(description="What else decided it.")


@strawberry.type(description="The billing period that a charge belongs to.")
class ChargedPeriod:
    """A period, as instants and as days of the subscription's zone."""

    starts_at: datetime = strawberry.field(description="Its first instant.")
    ends_at: datetime = strawberry.field(description="The first instant behind it.")
    first_day: date = strawberry.field(description="Its first day where the subscription is.")
    last_day: date = strawberry.field(description="Its last day where the subscription is.")


@strawberry.type(description="One charge, with its working.")
class InvoiceLine:
    """A line; `amount` is net or gross, as the invoice's tax mode says."""

    number: int = strawberry.field(description="Its place on the invoice, from 1.")
    kind: InvoiceLineKind = strawberry.field(description="What it charges for.")
    description: str = strawberry.field(description="In words.")
    product_code: str | None = strawberry.field(
        description="The product's code; null where a line has none, as a commitment's."
    )
    subscription_id: strawberry.ID | None = strawberry.field(description="Whose it is.")
    job_id: strawberry.ID | None = strawberry.field(
        description="The job that it charges, if it is one's."
    )
    is_difference: bool = strawberry.field(
        description="Whether it corrects a period that was billed before: by usage that came "
        "late, or was taken back or corrected."
    )
    period: ChargedPeriod | None = strawberry.field(
        description="The billing period that it belongs to."
    )
    from_at: datetime = strawberry.field(description="Charged from this instant on.")
    until_at: datetime = strawberry.field(description="Charged until before this instant.")
    quantity: Decimal = strawberry.field(
        description="How many; of a difference, how many more or fewer."
    )
    unit: str = strawberry.field(description="What is counted.")
    dimension: str = strawberry.field(description="What the rate depends on; often empty.")
    amount: Money = strawberry.field(description="Net or gross, as the invoice's tax mode is.")
    net: Money = strawberry.field(description="Without tax.")
    tax: Money = strawberry.field(description="The tax.")
    gross: Money = strawberry.field(description="Net and tax.")
    tax_class: str = strawberry.field(description="The class that decided the tax rate.")
    tax_rate: Decimal = strawberry.field(description="In percent.")
    working: list[WorkingStep] = strawberry.field(
        description="How the amount was arrived at, step by step."
    )

    @strawberry.field(description="The working in one sentence, for people.")
    def explanation(self) -> str:
        """Tell the working, and of a difference which period it is for."""
        told = sentence(
            Step(step.kind, _told(step), step.quantity, step.unit_price, step.amount, ())
            for step in self.working
        )
        if not self.is_difference or self.period is None:
            return told
        return f"Difference for {self.period.first_day} to {self.period.last_day}: {told}"


def stored_line(row: Mapping[str, Any], currency: str) -> InvoiceLine:
    """Show a stored line; the row holds what it names as well."""
    return _line(row["number"], row, row["working"], row, currency)


def drafted_line(
    number: int, line: DraftLine, facts: Mapping[str, Any], currency: str
) -> InvoiceLine:
    """Show a line that is computed and not stored."""
    return _line(number, line._asdict(), orjson.loads(line.working), facts, currency)


def money(amount: Decimal, currency: str) -> Money:
    """Return an amount of an invoice."""
    return Money(amount=_plainly(amount), currency_code=CurrencyCode(currency))


def _plainly(amount: Decimal) -> Decimal:
    """Return a decimal without trailing zeros."""
    return _read(str(amount))


@lru_cache(maxsize=4096)
def _read(text: str) -> Decimal:
    """Read a decimal, by its text: 0 and -0 are equal, and are not written the same.

    Zeros, rates and counts come again with each line.
    """
    return Decimal(plain(Decimal(text)))


def _line(
    number: int,
    line: Mapping[str, Any],
    working: Sequence[Mapping[str, Any]],
    facts: Mapping[str, Any],
    currency: str,
) -> InvoiceLine:
    return InvoiceLine(
        number=number,
        kind=_KINDS[line["kind"]],
        description=line["description"],
        product_code=facts["product_code"],
        subscription_id=_subscription(line["subscription_id"]),
        job_id=None if line["job_id"] is None else JOB_ID.encode(line["job_id"]),
        is_difference=line["is_difference"],
        period=_period(facts),
        from_at=line["from_at"],
        until_at=line["until_at"],
        quantity=_plainly(line["quantity"]),
        unit=line["unit"],
        dimension=line["dimension"],
        amount=money(line["amount"], currency),
        net=money(line["net"], currency),
        tax=money(line["tax"], currency),
        gross=money(line["gross"], currency),
        tax_class=line["tax_class"],
        tax_rate=_plainly(line["tax_rate"]),
        working=[_step(step) for step in working],
    )


def _told(step: WorkingStep) -> str:
    """Name the days of a month of life that is owed in part: "month 1, 16 of 30 days"."""
    share = next((fact.value for fact in step.facts if fact.name == "share"), None)
    if step.kind != "maturity" or share is None:
        return step.label
    days, _, whole = share.partition("/")
    return step.label if days == whole else f"{step.label}, {days} of {whole} days"


def _step(step: Mapping[str, Any]) -> WorkingStep:
    quantity, unit_price = step["quantity"], step["unitPrice"]
    return WorkingStep(
        kind=step["kind"],
        label=step["label"],
        quantity=None if quantity is None else Decimal(quantity),
        unit_price=None if unit_price is None else Decimal(unit_price),
        amount=Decimal(step["amount"]),
        facts=[Fact(name=name, value=value) for name, value in step["facts"].items()],
    )


def _period(facts: Mapping[str, Any]) -> ChargedPeriod | None:
    starts_at, ends_at, zone = facts["starts_at"], facts["ends_at"], facts["timezone"]
    if starts_at is None or zone is None:
        return None
    first_day, last_day = _days(starts_at, ends_at, zone)
    return ChargedPeriod(
        starts_at=starts_at, ends_at=ends_at, first_day=first_day, last_day=last_day
    )


@lru_cache(maxsize=1024)
def _days(starts_at: datetime, ends_at: datetime, zone: str) -> tuple[date, date]:
    """Return a period's first and last day; lines are of the same few periods."""
    return local_day(starts_at, zone), local_day(ends_at - _INSTANT, zone)


def _subscription(key: UUID | None) -> strawberry.ID | None:
    return None if key is None else SUBSCRIPTION_ID.encode(key)
