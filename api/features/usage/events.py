"""Stored events as the schema shows them: one type per installed channel.

`UsageEvent` is an interface, so that a plugin's events are typed and a new channel breaks
no client. An event of a channel that is installed no more is an `OtherUsageEvent`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

import strawberry

from api.context import ApiContext
from api.feature import SchemaParts
from api.features.accounts.types import ACCOUNT_ID
from api.features.subscriptions.types import SUBSCRIPTION_ID
from api.features.usage.stored import ListedEvent, events_by_identity
from api.graphql.event_types import EventTypes
from api.graphql.ids import IdKind
from api.graphql.nodes import Node
from core.kernel.errors import Refusal
from core.plugin_host import HostedChannel, from_json
from core.rating.working import plain
from core.usage.records import Content

USAGE_EVENT_ID: Final = IdKind(prefix="evt", type_name="UsageEvent")


@strawberry.enum(description="What an event counts for.")
class UsageEventState(Enum):
    """The states of a stored event."""

    COUNTED = strawberry.enum_value("counted", description="It is, or will be, billed.")
    FREE = strawberry.enum_value("free", description="Its channel does not bill it.")
    VOIDED = strawberry.enum_value("voided", description="It was taken back.")


@strawberry.type(description="How the price of one event came about.")
class UsageRating:
    """A rating, as it was when the event was stored."""

    directive: str = strawberry.field(description="What was to be done: bill, credit or free.")
    rate: str = strawberry.field(
        description="The rate that priced it, such as 00:01-06:59; empty for the base; of an "
        "event that a third party priced, pre-rated by whom."
    )
    quantity: Decimal = strawberry.field(description="How much was priced.")
    unit_price: Decimal | None = strawberry.field(
        description="The price of one unit; null where the price plan or a third party did."
    )
    usage_catalogue: str | None = strawberry.field(
        description="The code of the usage catalogue; null where the price plan priced it."
    )

    @classmethod
    def of(cls, rating: Mapping[str, Any]) -> UsageRating:
        """Show what was stored with an event."""
        unit_price = rating.get("unitPrice")
        return cls(
            directive=rating["directive"],
            rate=rating["rate"],
            quantity=Decimal(rating["quantity"]),
            unit_price=None if unit_price is None else Decimal(unit_price),
            usage_catalogue=rating.get("code"),
        )


@strawberry.interface(description="Something that happened on a channel, as it is stored.")
class UsageEvent(Node):
    """What the events of every channel have in common."""

    channel: str = strawberry.field(description="The channel, such as email.")
    source: str = strawberry.field(description="The system that reported it.")
    event_id: str = strawberry.field(description="The source's own id.")
    account_id: strawberry.ID = strawberry.field(description="Whose it is.")
    subscription_id: strawberry.ID | None = strawberry.field(
        description="The subscription that meters it; null for a free event that names none."
    )
    occurred_at: datetime = strawberry.field(description="When it happened.")
    received_at: datetime = strawberry.field(description="When this content was stored.")
    state: UsageEventState = strawberry.field(description="What it counts for.")
    is_amended: bool = strawberry.field(description="Whether its content was corrected.")
    is_late: bool = strawberry.field(
        description="Whether its period was closed when it came: it is billed with a later one."
    )
    quantity: Decimal = strawberry.field(description="How much its channel counted.")
    unit: str = strawberry.field(description="What was counted; empty for a free event.")
    dimension: str = strawberry.field(
        description="What a rate may depend on, such as a country; often empty."
    )
    amount: Decimal | None = strawberry.field(
        description="What it costs, in the subscription's currency, in the plan's tax mode; "
        "negative for a credit; null where usage is priced by the period's total."
    )
    tax: Decimal | None = strawberry.field(
        description="The tax that a third party gave with the amount, in or on it; null where "
        "it is computed with the invoice's."
    )
    rating: UsageRating | None = strawberry.field(
        description="How its amount came about; null with it."
    )


@strawberry.type(description="An event of a channel that is installed no more.")
class OtherUsageEvent(UsageEvent):
    """An event whose own fields nobody can read now."""


@dataclass(frozen=True, slots=True)
class UsageEventTypes:
    """The types of the installed channels' events, and how rows become objects of them."""

    channels: Mapping[str, HostedChannel]
    events: Mapping[str, EventTypes]
    by_channel: Mapping[str, type]
    content_type: Any
    types: tuple[type, ...] = field(default=())

    def show(self, row: ListedEvent) -> UsageEvent:
        """Return a stored event as an object of its channel's type."""
        values: dict[str, Any] = {
            "id": USAGE_EVENT_ID.encode(row.identity),
            "channel": row.channel,
            "source": row.source,
            "event_id": row.event_id,
            "account_id": ACCOUNT_ID.encode(row.account_id),
            "subscription_id": _subscription_id(row.subscription_id),
            "occurred_at": row.occurred_at,
            "received_at": row.received_at,
            "state": _state(row),
            "is_amended": row.revision > 0,
            "is_late": row.billing_period_id != row.usage_period_id,
            "quantity": Decimal(plain(row.quantity)),
            "unit": row.unit,
            "dimension": row.dimension,
            "amount": None if row.amount is None else Decimal(plain(row.amount)),
            "tax": None if row.tax is None else Decimal(plain(row.tax)),
            "rating": None if row.rating is None else UsageRating.of(row.rating),
        }
        shown = self.by_channel.get(row.channel)
        if shown is None:
            return OtherUsageEvent(**values)
        made: UsageEvent = shown(**values, event=self._event(row.channel, row.payload))
        return made

    def content(self, content: Content | None) -> Any:
        """Return one of the two contents of a conflict."""
        if content is None:
            return None
        event = self._event(content.channel, content.payload)
        return self.content_type(
            occurred_at=content.occurred_at,
            subscription_id=_subscription_id(content.subscription_id),
            **({content.channel: event} if content.channel in self.events else {}),
        )

    async def fetch(self, context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
        """Find events by their identities, for `node`."""
        async with context.transaction() as tx:
            rows = await events_by_identity(tx, keys)
        return {UUID(bytes=row.identity.bytes): self.show(row) for row in rows}

    def _event(self, channel: str, payload: Mapping[str, Any]) -> Any:
        """Return the channel's event; None when its present version cannot read it."""
        if channel not in self.events:
            return None
        try:
            event = from_json(self.channels[channel], payload)
        except Refusal:
            return None
        return self.events[channel].output(event)


def usage_event_types(parts: SchemaParts) -> UsageEventTypes:
    """Make a type of stored events for each installed channel."""
    by_channel = {
        channel: _stored_type(channel, types) for channel, types in parts.events.items()
    }
    return UsageEventTypes(
        channels=parts.host.channels,
        events=parts.events,
        by_channel=by_channel,
        content_type=_content_type(parts.events),
        types=(OtherUsageEvent, *by_channel.values()),
    )


def _stored_type(channel: str, types: EventTypes) -> type:
    prefix = types.output_type.__name__.removesuffix("Event")
    namespace = {
        "__annotations__": {"event": types.output_type | None},
        "__module__": __name__,
        "__doc__": f"A stored event of {channel}.",
        "event": strawberry.field(
            description="What was reported; null when the channel's present version cannot "
            "read it."
        ),
    }
    made = type(f"{prefix}UsageEvent", (UsageEvent,), namespace)
    return strawberry.type(made, description=f"A stored event of the channel {channel}.")


def _content_type(events: Mapping[str, EventTypes]) -> type:
    """Make the type of what an event says: like the input, one field for each channel."""
    hints: dict[str, Any] = {
        "occurred_at": datetime,
        "subscription_id": strawberry.ID | None,
    }
    namespace: dict[str, Any] = {
        "occurred_at": strawberry.field(description="When it is said to have happened."),
        "subscription_id": strawberry.field(description="The subscription that was named."),
    }
    for channel, types in events.items():
        hints[channel] = types.output_type | None
        namespace[channel] = strawberry.field(
            description=f"The event, when it is one of {channel}.", default=None
        )
    namespace |= {"__annotations__": hints, "__module__": __name__, "__doc__": "A content."}
    return strawberry.type(
        type("UsageContent", (), namespace),
        description="What an event says; exactly one channel's field is there.",
    )


def _state(row: ListedEvent) -> UsageEventState:
    if row.is_voided:
        return UsageEventState.VOIDED
    return UsageEventState.FREE if row.usage_period_id is None else UsageEventState.COUNTED


def _subscription_id(key: UUID | None) -> strawberry.ID | None:
    return None if key is None else SUBSCRIPTION_ID.encode(key)
