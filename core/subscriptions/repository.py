"""All SQL of subscriptions, phases and items. Reads of many are set-based."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlmodel import col

from core.db import Tx
from core.rows import add_row, column_list, fetch_record, first_record, selecting, to_record
from core.subscriptions.lifecycle import Shown
from core.subscriptions.records import Item, Phase, Subscription
from core.subscriptions.tables import SubscriptionItemRow, SubscriptionPhaseRow, SubscriptionRow
from core.together import hidden

_PHASE: Final = column_list(Phase)
_ITEMS: Final = f"""
SELECT {column_list(Item)} FROM subscription_item
WHERE tenant_id = {hidden(1, "uuid")} AND subscription_id = ANY ({hidden(2, "uuid[]")})
ORDER BY subscription_id, item_id, revision
"""  # noqa: S608 - our columns


async def subscription(tx: Tx, subscription_id: UUID) -> Subscription | None:
    """Return a subscription of this tenant."""
    found = await subscriptions(tx, [subscription_id])
    return found.get(subscription_id)


async def subscription_by_ref(tx: Tx, ref: str) -> Subscription | None:
    """Return the subscription that the tenant calls so."""
    mine = selecting(SubscriptionRow, Subscription).where(
        col(SubscriptionRow.tenant_id) == tx.tenant_id, col(SubscriptionRow.ref) == ref
    )
    return await first_record(tx, Subscription, mine)


async def subscriptions(tx: Tx, ids: Sequence[UUID]) -> Mapping[UUID, Subscription]:
    """Return those of the subscriptions that this tenant has, by id."""
    rows = await tx.fetch(
        f"SELECT {column_list(Subscription)} FROM subscription"  # noqa: S608 - our columns
        " WHERE tenant_id = $1 AND id = ANY($2::uuid[])",
        tx.tenant_id,
        list(ids),
    )
    return {row["id"]: to_record(Subscription, row) for row in rows}


async def lock_subscription(tx: Tx, subscription_id: UUID) -> Subscription | None:
    """Lock a subscription until the transaction ends, and return it as it is then."""
    return await fetch_record(
        tx,
        Subscription,
        f"SELECT {column_list(Subscription)} FROM subscription"  # noqa: S608 - our columns
        " WHERE tenant_id = $1 AND id = $2 FOR UPDATE",
        tx.tenant_id,
        subscription_id,
    )


async def add_subscription(tx: Tx, subscription: Subscription) -> bool:
    """Insert a subscription; False when its ref is taken, and nothing is inserted."""
    grants = subscription.trial_grants
    values = asdict(subscription) | {
        "attributes": orjson.dumps(dict(subscription.attributes)).decode(),
        "trial_grants": None if grants is None else orjson.dumps(dict(grants)).decode(),
        "tenant_id": tx.tenant_id,
    }
    names = ", ".join(values)
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    stored = await tx.fetchval(
        f"INSERT INTO subscription ({names}) VALUES ({places})"  # noqa: S608 - our columns
        " ON CONFLICT (tenant_id, ref) DO NOTHING RETURNING id",
        *values.values(),
    )
    return stored is not None


async def set_state(
    tx: Tx, subscription_id: UUID, *, state: Shown, ends_at: datetime | None
) -> None:
    """Set the state and the end of a locked subscription."""
    await tx.execute(
        "UPDATE subscription SET state = $3, ends_at = $4 WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id,
        subscription_id,
        state,
        ends_at,
    )


async def set_ordered(tx: Tx, subscription: Subscription) -> None:
    """Store what an order makes of a locked subscription that was on trial."""
    await tx.execute(
        "UPDATE subscription SET state = $3, starts_at = $4, ends_at = $5, anchor = $6,"
        " agreement_date = $7, trial_until = $8, term_from = $9, bound_from = $10,"
        " bound_until = $11, penalty_product_id = $12 WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id,
        subscription.id,
        subscription.state,
        subscription.starts_at,
        subscription.ends_at,
        subscription.anchor,
        subscription.agreement_date,
        subscription.trial_until,
        subscription.term_from,
        subscription.bound_from,
        subscription.bound_until,
        subscription.penalty_product_id,
    )


async def set_trial(tx: Tx, subscription: Subscription) -> None:
    """Store until when a locked subscription is tried, and what that allows."""
    grants = subscription.trial_grants
    await tx.execute(
        "UPDATE subscription SET ends_at = $3, trial_until = $3, trial_grants = $4::jsonb"
        " WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id,
        subscription.id,
        subscription.trial_until,
        None if grants is None else orjson.dumps(dict(grants)).decode(),
    )


async def set_term(tx: Tx, subscription_id: UUID, *, term_from: datetime | None) -> None:
    """Store from when the terms' length of a locked subscription is counted."""
    await tx.execute(
        "UPDATE subscription SET term_from = $3 WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id,
        subscription_id,
        term_from,
    )


async def set_binding(tx: Tx, subscription: Subscription) -> None:
    """Store the minimum term of a locked subscription."""
    await tx.execute(
        "UPDATE subscription SET bound_from = $3, bound_until = $4, penalty_product_id = $5"
        " WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id,
        subscription.id,
        subscription.bound_from,
        subscription.bound_until,
        subscription.penalty_product_id,
    )


async def set_binding_end(tx: Tx, subscription_id: UUID, *, bound_until: datetime) -> None:
    """Let a minimum term end at another instant: a rest has moved it."""
    await tx.execute(
        "UPDATE subscription SET bound_until = $3 WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id,
        subscription_id,
        bound_until,
    )


async def store_ended(tx: Tx, subscription_ids: Sequence[UUID], *, now: datetime) -> list[UUID]:
    """Store `ended` for those whose end is reached, at a closing; return which."""
    rows = await tx.fetch(
        "UPDATE subscription SET state = 'ended' WHERE tenant_id = $1"
        " AND id = ANY($2::uuid[]) AND ends_at <= $3 AND state <> 'ended' RETURNING id",
        tx.tenant_id,
        list(subscription_ids),
        now,
    )
    return [row["id"] for row in rows]


async def phases_of(tx: Tx, subscription_ids: Sequence[UUID]) -> Mapping[UUID, list[Phase]]:
    """Return all phases of each subscription in the order of their time."""
    rows = await tx.fetch(
        f"SELECT {_PHASE} FROM subscription_phase WHERE tenant_id = $1"  # noqa: S608
        " AND subscription_id = ANY($2::uuid[]) ORDER BY subscription_id, from_at",
        tx.tenant_id,
        list(subscription_ids),
    )
    found: dict[UUID, list[Phase]] = defaultdict(list)
    for row in rows:
        found[row["subscription_id"]].append(to_record(Phase, row))
    return found


async def items_of(tx: Tx, subscription_ids: Sequence[UUID]) -> Mapping[UUID, list[Item]]:
    """Return all item revisions of each subscription, item by item."""
    rows = await tx.fetch(_ITEMS, tx.tenant_id, list(subscription_ids))
    found: dict[UUID, list[Item]] = defaultdict(list)
    for row in rows:
        found[row["subscription_id"]].append(to_record(Item, row))
    return found


async def subscription_of_item(tx: Tx, item_id: UUID) -> UUID | None:
    """Return the subscription that an item belongs to."""
    found: UUID | None = await tx.fetchval(
        "SELECT subscription_id FROM subscription_item WHERE tenant_id = $1 AND item_id = $2"
        " LIMIT 1",
        tx.tenant_id,
        item_id,
    )
    return found


async def add_phase(tx: Tx, phase: Phase) -> None:
    """Insert a phase."""
    values = asdict(phase) | {"tenant_id": tx.tenant_id, "created_at": tx.now}
    await add_row(tx, SubscriptionPhaseRow, **values)


async def end_phase(tx: Tx, phase: Phase, *, until_at: datetime | None) -> None:
    """Let a phase hold until an instant, or on without end."""
    await tx.execute(
        "UPDATE subscription_phase SET until_at = $3 WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id,
        phase.id,
        until_at,
    )


async def remove_phases(tx: Tx, phases: Sequence[Phase]) -> None:
    """Remove phases that have not begun."""
    await tx.execute(
        "DELETE FROM subscription_phase WHERE tenant_id = $1 AND id = ANY($2::uuid[])",
        tx.tenant_id,
        [phase.id for phase in phases],
    )


async def add_item(tx: Tx, item: Item) -> None:
    """Insert a revision of an item."""
    values = asdict(item) | {"tenant_id": tx.tenant_id, "created_at": tx.now}
    await add_row(tx, SubscriptionItemRow, **values)


async def end_item(tx: Tx, item: Item, *, until_at: datetime | None) -> None:
    """Let a revision hold until an instant, or on without end."""
    await tx.execute(
        "UPDATE subscription_item SET until_at = $4"
        " WHERE tenant_id = $1 AND item_id = $2 AND revision = $3",
        tx.tenant_id,
        item.item_id,
        item.revision,
        until_at,
    )


async def set_item(tx: Tx, item: Item) -> None:
    """Give a revision another quantity, end and commitment, from its own beginning on."""
    await tx.execute(
        "UPDATE subscription_item SET quantity = $4, until_at = $5, committed = $6"
        " WHERE tenant_id = $1 AND item_id = $2 AND revision = $3",
        tx.tenant_id,
        item.item_id,
        item.revision,
        item.quantity,
        item.until_at,
        item.committed,
    )


async def remove_item(tx: Tx, item: Item) -> None:
    """Remove a revision that has not begun, or is replaced at the instant it began."""
    await tx.execute(
        "DELETE FROM subscription_item WHERE tenant_id = $1 AND item_id = $2 AND revision = $3",
        tx.tenant_id,
        item.item_id,
        item.revision,
    )


async def billed_until(tx: Tx, item_id: UUID) -> datetime | None:
    """Return the end of what was charged for an item so far, or None."""
    found: datetime | None = await tx.fetchval(
        "SELECT max(until_at) FROM fee_slice WHERE tenant_id = $1 AND item_id = $2",
        tx.tenant_id,
        item_id,
    )
    return found


async def is_charged(tx: Tx, item: Item) -> bool:
    """Tell whether any invoice charges this very revision; its row has to stay then."""
    found: bool = await tx.fetchval(
        "SELECT EXISTS (SELECT FROM fee_slice WHERE tenant_id = $1 AND item_id = $2"
        " AND revision = $3)",
        tx.tenant_id,
        item.item_id,
        item.revision,
    )
    return found


async def last_history(
    tx: Tx, subscription: Subscription, *, action: str
) -> Mapping[str, Any] | None:
    """Return the details of the latest history entry of an action on a subscription."""
    found: Mapping[str, Any] | None = await tx.fetchval(
        "SELECT details FROM history_entry WHERE tenant_id = $1 AND account_id = $2"
        " AND subject_id = $3 AND action = $4 ORDER BY at DESC, id DESC LIMIT 1",
        tx.tenant_id,
        subscription.account_id,
        subscription.id,
        action,
    )
    return found
