"""Billing periods as the schema shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final
from uuid import UUID

import strawberry

from api.graphql.ids import IdKind
from api.graphql.nodes import Node

PERIOD_ID: Final = IdKind(prefix="period", type_name="BillingPeriod")


@dataclass(frozen=True, slots=True)
class PeriodRecord:
    """What is read of a billing period."""

    id: UUID
    subscription_id: UUID
    stream: str
    ordinal: int
    starts_at: datetime
    ends_at: datetime
    due_at: datetime
    state: str
    is_advance: bool


@strawberry.enum(description="What a billing period is about.")
class PeriodStream(Enum):
    """The streams of a subscription."""

    FEES = strawberry.enum_value("fees", description="Fixed charges.")
    USAGE = strawberry.enum_value("usage", description="What was measured.")
    SETTLEMENT = strawberry.enum_value(
        "settlement", description="Usage that arrived after the subscription's end."
    )


@strawberry.enum(description="How far the billing of a period is.")
class PeriodState(Enum):
    """The states of a period."""

    OPEN = strawberry.enum_value("open", description="Usage is still stored in it.")
    FROZEN = strawberry.enum_value("frozen", description="It is being billed.")
    PARKED = strawberry.enum_value("parked", description="It could not be billed yet.")
    BILLED = strawberry.enum_value("billed", description="It is on an invoice.")


_STREAMS: Final = {str(each.value): each for each in PeriodStream}
_STATES: Final = {str(each.value): each for each in PeriodState}


@strawberry.type(description="A slice of a subscription's time that is billed as one.")
class BillingPeriod(Node):
    """A period."""

    stream: PeriodStream = strawberry.field(description="What it is about.")
    ordinal: int = strawberry.field(description="Its number in the stream.")
    starts_at: datetime = strawberry.field(description="Its first instant.")
    ends_at: datetime = strawberry.field(description="The first instant behind it.")
    due_at: datetime = strawberry.field(description="When it is billed.")
    state: PeriodState = strawberry.field(description="How far its billing is.")
    is_advance: bool = strawberry.field(
        description="Bought in advance: it is longer than the terms' frequency."
    )
    key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: PeriodRecord) -> BillingPeriod:
        """Show a record."""
        return cls(
            id=PERIOD_ID.encode(record.id),
            stream=_STREAMS[record.stream],
            ordinal=record.ordinal,
            starts_at=record.starts_at,
            ends_at=record.ends_at,
            due_at=record.due_at,
            state=_STATES[record.state],
            is_advance=record.is_advance,
            key=record.id,
        )
