"""All SQL of requests for longer periods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final
from uuid import UUID

from core.buy_in_advance.records import AdvanceRequest, RequestState
from core.buy_in_advance.tables import AdvanceRequestRow
from core.db import Tx
from core.rows import add_row, column_list, fetch_record, to_record

_REQUEST: Final = column_list(AdvanceRequest)
_SELECT: Final = f"SELECT {_REQUEST} FROM advance_request WHERE tenant_id = $1"  # noqa: S608


async def request_by_id(tx: Tx, request_id: UUID) -> AdvanceRequest | None:
    """Return a request of this tenant."""
    return await fetch_record(
        tx, AdvanceRequest, f"{_SELECT} AND id = $2", tx.tenant_id, request_id
    )


async def lock_request(tx: Tx, request_id: UUID) -> AdvanceRequest:
    """Lock a request until the transaction ends. Its subscription is locked first."""
    row = await tx.fetchrow(f"{_SELECT} AND id = $2 FOR UPDATE", tx.tenant_id, request_id)
    assert row is not None  # requests are never removed
    return to_record(AdvanceRequest, row)


async def waiting_requests(
    tx: Tx, subscription_ids: Sequence[UUID]
) -> Mapping[UUID, AdvanceRequest]:
    """Return the request that waits of each subscription that has one."""
    rows = await tx.fetch(
        f"{_SELECT} AND state = 'waiting' AND subscription_id = ANY($2::uuid[])",
        tx.tenant_id,
        list(subscription_ids),
    )
    return {row["subscription_id"]: to_record(AdvanceRequest, row) for row in rows}


async def add_request(tx: Tx, request: AdvanceRequest) -> None:
    """Insert a request."""
    await add_row(tx, AdvanceRequestRow, **asdict(request), tenant_id=tx.tenant_id)


async def change_request(
    tx: Tx, request: AdvanceRequest, *, duration: str, months: int | None, version_id: UUID
) -> None:
    """Give a waiting request another duration, and the definition that offers it."""
    await tx.execute(
        "UPDATE advance_request SET duration = $3, months = $4, definition_version_id = $5"
        " WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id,
        request.id,
        duration,
        months,
        version_id,
    )


async def settle_request(
    tx: Tx,
    request: AdvanceRequest,
    *,
    state: RequestState,
    at: datetime,
    period_id: UUID | None = None,
    reason: str | None = None,
) -> None:
    """Let a waiting request have been billed, rejected or cancelled."""
    await tx.execute(
        "UPDATE advance_request SET state = $3, period_id = $4, reason = $5, settled_by = $6,"
        " settled_at = $7 WHERE tenant_id = $1 AND id = $2 AND state = 'waiting'",
        tx.tenant_id,
        request.id,
        state,
        period_id,
        reason,
        tx.actor,
        at,
    )
