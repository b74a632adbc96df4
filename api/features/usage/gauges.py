"""Setting gauges: values that hold until another is set, such as profiles hosted."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, Final

import strawberry

from api.context import ApiContext
from api.features.usage.names import account_named
from api.features.usage.verdicts import OUTCOMES, UsageOutcome
from api.graphql.cost import FieldCost
from api.graphql.errors import UserError, user_errors
from api.graphql.scalars import EventDateTime, EventDecimal
from api.mutations import refused
from core.database_errors import retrying
from core.gauges.gauge_set import (
    MOST_READINGS,
    GaugeReading,
    ReadingVerdict,
    TooManyReadings,
    gauge_set,
)

_REASONS: Final[dict[str, str]] = {
    "UNKNOWN_ACCOUNT": "There is no account with this id or ref.",
    "UNKNOWN_GAUGE": "The catalogue has no gauge of this code.",
    "IN_THE_FUTURE": "It lies more than five minutes ahead of the account's clock.",
    "CONFLICT": "Its id is stored with another content.",
    "INVALID_VALUE": "A value is out of bounds.",
}

# The functional form cannot be read by a type checker.
_Reason: Any = Enum(  # type: ignore[misc]
    "GaugeReadingReason",
    {
        name: strawberry.enum_value(name, description=description)
        for name, description in _REASONS.items()
    },
    module=__name__,
)
GaugeReadingReason: Any = strawberry.enum(_Reason, description="Why a reading was rejected.")


@strawberry.input(description="The value that a gauge has from an instant on.")
class GaugeReadingInput:
    """One reading; account, source and id identify it."""

    account: strawberry.ID = strawberry.field(
        description="The account, by its id or your own ref."
    )
    gauge: str = strawberry.field(description="The gauge's code.")
    value: EventDecimal = strawberry.field(description="The value; 0 or more.")
    at: EventDateTime = strawberry.field(description="From when on it holds.")
    source: str = strawberry.field(description="The system that reports it.")
    id: str = strawberry.field(description="The source's own id of the reading.")


@strawberry.input(description="A batch of readings.")
class GaugeSetInput:
    """Readings of any accounts and gauges."""

    readings: list[GaugeReadingInput] = strawberry.field(
        description=f"The readings, at most {MOST_READINGS}."
    )


@strawberry.type(description="What became of one reading.")
class GaugeVerdict:
    """One verdict; `index` leads to the reading in the input."""

    index: int = strawberry.field(description="The reading's place in the batch, from 0.")
    verdict: UsageOutcome = strawberry.field(description="What became of it.")
    reason: GaugeReadingReason | None = strawberry.field(
        description="Why it was rejected.", default=None
    )
    message: str | None = strawberry.field(
        description="What to do about a rejection.", default=None
    )


@strawberry.type(description="What became of a batch of readings.")
class GaugeSetPayload:
    """What gaugeSet did."""

    verdicts: list[GaugeVerdict] = strawberry.field(
        description="A verdict for each reading, in their order.",
        default_factory=list,
        metadata=FieldCost(flat=50).metadata(),
    )
    user_errors: list[UserError] = user_errors("GaugeSet", TooManyReadings)


async def set_gauges(context: ApiContext, given: GaugeSetInput) -> GaugeSetPayload:
    """Store the readings that are valid and new."""
    readings = [
        GaugeReading(
            account=account_named(reading.account),
            gauge=reading.gauge,
            value=reading.value,
            at=reading.at,
            source=reading.source,
            id=reading.id,
        )
        for reading in given.readings
    ]
    try:
        verdicts = await _stored(context, readings)
    except TooManyReadings as refusal:
        raise refused(refusal) from None
    return GaugeSetPayload(verdicts=[_shown(at, each) for at, each in enumerate(verdicts)])


@retrying
async def _stored(
    context: ApiContext, readings: Sequence[GaugeReading]
) -> list[ReadingVerdict]:
    async with context.transaction() as tx:
        return await gauge_set(tx, readings)


def _shown(index: int, verdict: ReadingVerdict) -> GaugeVerdict:
    if verdict.reason is None:
        return GaugeVerdict(index=index, verdict=OUTCOMES[verdict.verdict])
    return GaugeVerdict(
        index=index,
        verdict=OUTCOMES[verdict.verdict],
        reason=GaugeReadingReason[verdict.reason],
        message=verdict.message,
    )
