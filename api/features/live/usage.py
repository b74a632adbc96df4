"""Usage as it grows: looked at every two seconds, told when it has changed.

Storing usage tells nobody: a seller's millions of events would each be a notification. So
who watches looks: first, by an index, whether anything was stored for the subscription in
the last minutes, and only then what it comes to.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from api.access import requires
from api.context import Info
from api.features.invoices.pricing import pricing_of
from api.features.live.payloads import SubscriptionUsageEvent, SubscriptionUsageReason
from api.features.live.telling import Heard, Show, seen
from api.features.subscriptions.loading import load_subscriptions
from api.features.subscriptions.types import Subscription
from core.billing_cycles.asking import THRESHOLD_REACHED
from core.billing_cycles.current_usage import current_usages
from core.billing_cycles.storing import FINALISED
from core.database_errors import Unavailable
from core.live import Cursor, Listener, LiveEvent
from core.live.reading import StoredEvent
from core.tenancy import Capability

LOOK_SECONDS: Final = 2.0
RECENT: Final = timedelta(minutes=2)
"""Longer than any transaction that stores usage takes: none is passed over."""

_STORED: Final = """
SELECT count(*) AS events, max(received_at) AS last_at FROM usage_event
WHERE tenant_id = $1 AND received_at > $2 AND subscription_id = $3
"""


class UsageLook:
    """What was seen of a subscription's usage last."""

    def __init__(self, info: Info, subscription_id: UUID) -> None:
        self._info = info
        self._key = subscription_id
        self._stored: tuple[int, datetime | None] | None = None
        self._usage: Any = None
        self._at: datetime | None = None

    def heard(self, cursor: Cursor) -> Heard:
        """Return the last look as something to tell."""
        assert self._at is not None, "nothing was looked at"
        return Heard.looked(cursor, self._key, at=self._at)

    async def has_changed(self, *, whatever_is_stored: bool = False) -> bool:
        """Look, and say whether it is not what it was; the first time it is not."""
        async with self._info.context.transaction() as tx:
            row = await tx.fetchrow(_STORED, tx.tenant_id, tx.now - RECENT, self._key)
            assert row is not None
            stored = (row["events"], row["last_at"])
            if stored == self._stored and not whatever_is_stored:
                return False
            pricing = pricing_of(self._info.context.application)
            usage: Any = (await current_usages(tx, [self._key], pricing=pricing))[self._key]
            self._at = tx.now
        # An error is equal to no other; its text is what is told of it.
        usage = str(usage) if isinstance(usage, Exception) else usage
        before, self._usage = self._usage, usage
        is_first, self._stored = self._stored is None, stored
        return is_first or usage != before


async def usage_told(
    info: Info, key: UUID, *, after: Cursor | None
) -> AsyncGenerator[SubscriptionUsageEvent, None]:
    """Tell usage as it is, then whenever it has changed, and when a threshold is reached."""
    tenant_id = info.context.principal.tenant_id
    assert tenant_id is not None  # the capability belongs to a tenant
    found = await info.context.loaders.of(load_subscriptions).load(key)
    account = None if found is None else str(found.account_id)

    def matches(event: StoredEvent) -> bool:
        if event.topic == THRESHOLD_REACHED:
            return event.subject_id == key
        return event.payload.get("account") == account

    look = UsageLook(info, key)
    async with info.context.application.live.listen(
        tenant_id, topics=(THRESHOLD_REACHED, FINALISED), matches=matches, after=after
    ) as listener:
        begun_at = listener.cursor
        await look.has_changed()
        present = look.heard(begun_at)
        payload = await seen(info, present, _usage_because(SubscriptionUsageReason.PRESENT))
        if payload is not None:
            yield payload
        async for event in _events_and_looks(listener):
            if event is not None and event.topic == THRESHOLD_REACHED:
                heard, reason = Heard.of(event), SubscriptionUsageReason.THRESHOLD_REACHED
            elif await _has_changed(look, event):
                heard = look.heard(listener.cursor)
                reason = SubscriptionUsageReason.CHANGED
            else:
                continue
            payload = await seen(info, heard, _usage_because(reason))
            if payload is not None:
                yield payload


def _usage_because(reason: SubscriptionUsageReason) -> Show[SubscriptionUsageEvent]:
    @requires(Capability.USAGE_READ, customers=True)
    async def show(*, info: Info, event: Heard) -> SubscriptionUsageEvent | None:
        found = await info.context.loaders.of(load_subscriptions).load(event.subject_id)
        if found is None:
            return None
        return SubscriptionUsageEvent(
            **event.told(), reason=reason, subscription=Subscription.of(found)
        )

    return show


async def _has_changed(look: UsageLook, event: LiveEvent | None) -> bool:
    """Look again, after an invoice too; a database that is away is looked at later."""
    try:
        return await look.has_changed(whatever_is_stored=event is not None)
    except Unavailable:
        return False


async def _events_and_looks(listener: Listener) -> AsyncGenerator[LiveEvent | None, None]:
    """Go through the events; None where none came for as long as two looks are apart."""
    events = aiter(listener)
    following = asyncio.ensure_future(anext(events))
    try:
        while True:
            await asyncio.wait({following}, timeout=LOOK_SECONDS)
            if following.done():
                event = following.result()
                following = asyncio.ensure_future(anext(events))
                yield event
            else:
                yield None
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
