"""Whether the window with a customer is open."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.types import ACCOUNT_ID
from api.graphql.cost import FieldCost
from api.references import key_of
from core.accounts.naming import accounts_named
from core.tenancy import Capability
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
        account: Annotated[
            strawberry.ID, strawberry.argument(description="Whose, by id or ref.")
        ],
        channel: Annotated[str, strawberry.argument(description="Such as whatsapp.")],
        key: Annotated[
            str,
            strawberry.argument(
                description="What is replayed together on the channel: the business number, as "
                "events write it."
            ),
        ],
        counterpart: Annotated[
            str,
            strawberry.argument(name="with", description="The customer, as events write them."),
        ],
    ) -> UsageWindowState | None:
        """Replay what the two have had."""
        async with info.context.transaction() as tx:
            path = ("account",)
            account_id = await key_of(
                tx, ACCOUNT_ID, account, table="account", code="ref", path=path
            )
            if account_id is None:
                return None
            found = (await accounts_named(tx, [account_id])).get(account_id)
            if found is None:
                return None
            at = found.test_clock or tx.now
            asked = AskedWindow(account_id, channel, key, counterpart, at)
            state = await window_state(tx, asked, host=info.context.application.host)
        return UsageWindowState(
            is_open=state.is_open,
            open_until=state.open_until,
            free_until=state.free_until,
            as_of=at,
        )
