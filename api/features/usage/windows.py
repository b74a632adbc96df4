"""Whether the window with a customer is open."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.types import ACCOUNT_ID
from api.features.usage.events import USAGE_EVENT_ID
from api.graphql.cost import FieldCost
from api.references import key_of
from core.accounts.naming import AccountTime, accounts_named
from core.db import Tx
from core.rating.working import plain
from core.tenancy import Capability
from core.usage.judgements import (
    MOST_JUDGED,
    AskedJudgements,
    JudgedEvent,
    usage_judgements,
)
from core.usage.windows import AskedWindow, window_state


@strawberry.type(description="The window that somebody has opened, at the account's present.")
class UsageWindowState:
    """A state of a window: derived from events, never stored."""

    is_open: bool = strawberry.field(
        description="Whether it is open: anything may be sent, not only templates."
    )
    open_until: datetime | None = strawberry.field(
        description="When it closes, unless it is opened anew; null when it is closed."
    )
    free_until: datetime | None = strawberry.field(
        description="Until when everything is free, whatever is sent; null outside of such a "
        "time."
    )
    as_of: datetime = strawberry.field(description="The instant that was asked about.")


@strawberry.type(description="What became of one event of a channel with windows.")
class UsageJudgement:
    """An event that stands, judged among its neighbours as the next billing would."""

    event_id: strawberry.ID = strawberry.field(description="The event's id here.")
    source: str = strawberry.field(description="The system that reported it.")
    source_id: str = strawberry.field(description="The source's own id.")
    occurred_at: datetime = strawberry.field(description="When it happened.")
    unit: str = strawberry.field(
        description="What it counts as at the most; empty for what is never billed."
    )
    dimension: str = strawberry.field(description="What its rate depends on, such as a market.")
    quantity: Decimal = strawberry.field(description="How much of it is billed; 0 when free.")
    reason: str = strawberry.field(
        description="Why, in the channel's own word, such as window, allowance or "
        "outside_window; empty for what is simply billed."
    )
    label: str = strawberry.field(description="The reason for people.")
    until: datetime | None = strawberry.field(
        description="When that reason ends, such as a window's end."
    )

    @classmethod
    def of(cls, found: JudgedEvent) -> UsageJudgement:
        """Show a judgement."""
        return cls(
            event_id=USAGE_EVENT_ID.encode(found.identity),
            source=found.source,
            source_id=found.event_id,
            occurred_at=found.occurred_at,
            unit=found.unit,
            dimension=found.dimension,
            quantity=Decimal(plain(found.quantity)),
            reason=found.reason,
            label=found.label,
            until=found.until,
        )


Account = Annotated[strawberry.ID, strawberry.argument(description="Whose, by id or ref.")]
Channel = Annotated[str, strawberry.argument(description="Such as whatsapp.")]
Key = Annotated[
    str,
    strawberry.argument(
        description="What is replayed together on the channel: the business number, as events "
        "write it."
    ),
]


@strawberry.type(description="Reads of windows.")
class UsageWindowQuery:
    """Added to `Query`."""

    @strawberry.field(
        description="The window that a customer has opened with a business number, or whatever "
        "else a channel's windows are between; null where there is no such account.",
        metadata=FieldCost(flat=5).metadata(),
    )
    @requires(Capability.USAGE_READ)
    async def usage_window(
        self,
        info: Info,
        *,
        account: Account,
        channel: Channel,
        key: Key,
        counterpart: Annotated[
            str,
            strawberry.argument(name="with", description="The customer, as events write them."),
        ],
    ) -> UsageWindowState | None:
        """Replay what the two have had."""
        async with info.context.transaction() as tx:
            found = await _account(tx, account)
            if found is None:
                return None
            at = found.test_clock or tx.now
            asked = AskedWindow(found.id, channel, key, counterpart, at)
            state = await window_state(tx, asked, host=info.context.application.host)
        return UsageWindowState(
            is_open=state.is_open,
            open_until=state.open_until,
            free_until=state.free_until,
            as_of=at,
        )

    @strawberry.field(
        description="What became of each event of a business number, or whatever else a "
        "channel replays together: billed, or free and why. In the order in which they are "
        f"judged; of a time with at most {MOST_JUDGED} events. Empty where there is no such "
        "account.",
        metadata=FieldCost(flat=50).metadata(),
    )
    @requires(Capability.USAGE_READ)
    async def usage_judgements(
        self,
        info: Info,
        *,
        account: Account,
        channel: Channel,
        key: Key,
        from_at: Annotated[
            datetime, strawberry.argument(name="from", description="The first instant.")
        ],
        until_at: Annotated[
            datetime,
            strawberry.argument(name="until", description="The first instant behind it."),
        ],
    ) -> list[UsageJudgement]:
        """Judge them as a closing does."""
        async with info.context.transaction() as tx:
            found = await _account(tx, account)
            if found is None:
                return []
            asked = AskedJudgements(found.id, channel, key, from_at, until_at)
            judged = await usage_judgements(tx, asked, host=info.context.application.host)
        return [UsageJudgement.of(one) for one in judged]


async def _account(tx: Tx, text: str) -> AccountTime | None:
    path = ("account",)
    key = await key_of(tx, ACCOUNT_ID, text, table="account", code="ref", path=path)
    return None if key is None else (await accounts_named(tx, [key])).get(key)
