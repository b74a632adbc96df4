"""What usage takes and gives: reports, verdicts, stored events. Frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Final, Literal, NamedTuple
from uuid import UUID

from core.kernel.errors import Refusal
from core.plugin_api import Measure, RateFacts
from core.plugin_host import schema_name

Outcome = Literal["accepted", "duplicate", "rejected"]
Reason = Literal[
    "UNKNOWN_ACCOUNT",
    "NO_SUBSCRIPTION",
    "AMBIGUOUS_SUBSCRIPTION",
    "SUBSCRIPTION_ENDED",
    "IN_THE_FUTURE",
    "TOO_OLD",
    "CONFLICT",
    "INVALID_VALUE",
    "PLUGIN_FAILED",
    "SUBSCRIPTION_RESTING",
    "SERVICE_NOT_OFFERED",
    "SERVICE_NOT_ORDERABLE",
    "NO_TERMED_SERVICE",
    "NOT_PRICED",
    "OTHER_CURRENCY",
    "WALLET_SHORT",
]
Named = UUID | str
"""An account or subscription by its id, or by the tenant's own ref."""

MOST_EVENTS: Final = 1000
MOST_ROWS: Final = 10_000
MOST_CHARACTERS: Final = 200
"""Characters of a source, an event id or a ref."""


@dataclass(frozen=True, slots=True)
class UsageLimits:
    """Bounds of one batch. `future` is how far ahead of the account's clock an event may be."""

    most_events: int = MOST_EVENTS
    future: timedelta = timedelta(minutes=5)
    most_contents: int = 1000
    """Conflicts of one batch that are answered with both contents."""


LIMITS: Final = UsageLimits()
BULK_LIMITS: Final = UsageLimits(most_events=MOST_ROWS, most_contents=100)


class TooManyEvents(Refusal):
    """A batch holds more events than one call takes."""

    code: ClassVar[str] = "TOO_MANY_EVENTS"


class UsageReport(NamedTuple):
    """One event as reported; `event` is an instance of its channel's event class.

    `catalogue_id` is the usage catalogue that an order was taken from: no other is asked.
    """

    account: Named
    source: str
    id: str
    occurred_at: datetime
    channel: str
    event: Any
    subscription: Named | None = None
    catalogue_id: UUID | None = None


class Content(NamedTuple):
    """What an event says, as it is stored; shown when two of one identity differ."""

    channel: str
    occurred_at: datetime
    subscription_id: UUID | None
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one event; a rejected one says why and what to do.

    `is_free` marks an accepted event that is not billed. A conflict shows both contents.
    """

    outcome: Outcome
    reason: Reason | None = None
    message: str = ""
    path: tuple[str, ...] = ()
    is_free: bool = False
    stored: Content | None = None
    sent: Content | None = None

    @property
    def sent_path(self) -> tuple[str, ...]:
        """Return the path as its sender writes it: below `event` a channel is in camelCase."""
        if self.path[:1] != ("event",):
            return self.path
        return ("event", *(schema_name(each) for each in self.path[1:2]), *self.path[2:])


ACCEPTED: Final = Verdict("accepted")
FREE: Final = Verdict("accepted", is_free=True)
DUPLICATE: Final = Verdict("duplicate")


def rejected(reason: Reason, message: str, *, path: tuple[str, ...] = ()) -> Verdict:
    """Return the verdict that rejects an event."""
    return Verdict("rejected", reason, message, path)


class Checked(NamedTuple):
    """A report whose values are sound, measured; `payload` is the JSON text to store.

    Of a channel priced per event also what was ordered, and what its price depends on; of a
    windowed one its replay key.
    """

    report: UsageReport
    occurred_at: datetime
    measure: Measure | None
    payload: str
    service: str | None = None
    facts: RateFacts | None = None
    replay_key: str | None = None


class Metering(NamedTuple):
    """An item revision by which usage of a channel and unit is metered, `[from_at, until_at)`.

    `ends_at` is the subscription's end. What is used on trial is kept, and free.
    """

    account_id: UUID
    subscription_id: UUID
    subscription_ref: str | None
    product_id: UUID
    channel: str
    unit: str
    from_at: datetime
    until_at: datetime | None
    ends_at: datetime | None
    is_trial: bool = False


class EventRow(NamedTuple):
    """A row of `usage_event`, in the order of its columns, ready for COPY.

    `amount` and `rating` are of an event that was priced by itself: what it costs in its
    subscription's currency, and how that came about as JSON text. `tax` is the tax that a
    third party gave with its amount. `replay_key` is that of a windowed channel's event.
    """

    tenant_id: UUID
    identity: UUID
    revision: int
    sign: int
    account_id: UUID
    subscription_id: UUID | None
    product_id: UUID | None
    usage_period_id: UUID | None
    billing_period_id: UUID | None
    occurred_at: datetime
    received_at: datetime
    quantity: Decimal
    slot: int
    channel: str
    unit: str
    dimension: str
    source: str
    event_id: str
    content_hash: bytes
    payload: str
    amount: Decimal | None = None
    rating: str | None = None
    tax: Decimal | None = None
    replay_key: str | None = None


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One revision of an event as stored; `sign` -1 takes the one before it back."""

    identity: UUID
    revision: int
    sign: int
    account_id: UUID
    subscription_id: UUID | None
    product_id: UUID | None
    usage_period_id: UUID | None
    billing_period_id: UUID | None
    occurred_at: datetime
    received_at: datetime
    quantity: Decimal
    slot: int
    channel: str
    unit: str
    dimension: str
    source: str
    event_id: str
    content_hash: bytes
    payload: Mapping[str, Any] = field(repr=False)
    amount: Decimal | None = None
    rating: Mapping[str, Any] | None = field(default=None, repr=False)
    tax: Decimal | None = None
    replay_key: str | None = None
