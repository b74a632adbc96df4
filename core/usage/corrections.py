"""What voiding and amending share: the event's present revision, and the row that undoes it."""

from __future__ import annotations

from typing import ClassVar, Final
from uuid import UUID

import orjson

from core.accounts.naming import accounts_named
from core.db import Tx
from core.freeze_lock import share_freeze
from core.kernel.errors import Refusal
from core.rows import column_list, fetch_record
from core.usage.identity import event_identity
from core.usage.periods import Asked, places_for
from core.usage.placing import Place
from core.usage.records import EventRow, Named, StoredEvent

_LATEST: Final = f"""
SELECT {column_list(StoredEvent)} FROM usage_event
WHERE tenant_id = $1 AND identity = $2 ORDER BY revision DESC LIMIT 1
"""  # noqa: S608 - the names of a record's fields


class EventNotFound(Refusal):
    """No event of the account has this source and id."""

    code: ClassVar[str] = "EVENT_NOT_FOUND"


class AlreadyVoid(Refusal):
    """The event has been voided, or another correction of it came first."""

    code: ClassVar[str] = "ALREADY_VOID"


async def present_revision(
    tx: Tx, *, account: Named, source: str, event_id: str
) -> StoredEvent:
    """Return the revision of an event that counts.

    Raises:
        EventNotFound: there is none.
        AlreadyVoid: its latest revision takes it back.
    """
    accounts = await accounts_named(tx, [account])
    if account not in accounts:
        raise _not_found(source, event_id)
    identity = event_identity(accounts[account].id, source=source, event_id=event_id)
    latest = await fetch_record(tx, StoredEvent, _LATEST, tx.tenant_id, identity)
    if latest is None:
        raise _not_found(source, event_id)
    if latest.sign < 0:
        raise already_void(latest)
    return latest


async def voiding_row(tx: Tx, event: StoredEvent) -> EventRow:
    """Return the row that takes a revision back, billed with the period that is open now.

    Takes the freeze lock, shared, unless the event is free and changes no other's price.
    """
    billing_period_id: UUID | None = None
    if event.usage_period_id is not None or event.replay_key is not None:
        await share_freeze(tx)
    if event.usage_period_id is not None:
        assert event.subscription_id is not None
        (place,) = await places_for(tx, [Asked(event.subscription_id, event.occurred_at)])
        assert isinstance(place, Place), "a stored event has a period"
        billing_period_id = place.billing_period_id
    return EventRow(
        tenant_id=tx.tenant_id,
        identity=event.identity,
        revision=event.revision + 1,
        sign=-1,
        account_id=event.account_id,
        subscription_id=event.subscription_id,
        product_id=event.product_id,
        usage_period_id=event.usage_period_id,
        billing_period_id=billing_period_id,
        occurred_at=event.occurred_at,
        received_at=tx.now,
        quantity=-event.quantity,
        slot=event.slot,
        channel=event.channel,
        unit=event.unit,
        dimension=event.dimension,
        source=event.source,
        event_id=event.event_id,
        content_hash=event.content_hash,
        payload=orjson.dumps(event.payload).decode(),
        amount=None if event.amount is None else -event.amount,
        rating=None if event.rating is None else orjson.dumps(event.rating).decode(),
        tax=None if event.tax is None else -event.tax,
        replay_key=event.replay_key,
    )


def already_void(event: StoredEvent) -> AlreadyVoid:
    """Return the refusal of a second correction."""
    return AlreadyVoid(
        f"{event.source} {event.event_id} is voided; report it under a new id", path=("id",)
    )


def _not_found(source: str, event_id: str) -> EventNotFound:
    return EventNotFound(
        f"the account has no event {event_id!r} of source {source!r}; check both", path=("id",)
    )
