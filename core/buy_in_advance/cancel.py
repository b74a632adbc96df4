"""Cancel a request that waits."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from core.accounts import repository as accounts
from core.accounts.clock import account_now
from core.buy_in_advance import repository
from core.buy_in_advance.amend import known_request, locked_waiting
from core.buy_in_advance.records import AdvanceRequest
from core.db import Tx
from core.subscriptions.repository import lock_subscription
from core.subscriptions.trace import leave_trace


async def cancel_request(tx: Tx, *, request_id: UUID) -> AdvanceRequest:
    """Withdraw a waiting request; the subscription is billed by its frequency as before.

    Whatever the subscription's state is: one that ends needs no request.

    Raises:
        AdvanceRequestNotFound, RequestSettled
    """
    found = await known_request(tx, request_id)
    await lock_subscription(tx, found.subscription_id)
    request = await locked_waiting(tx, request_id)
    account = await accounts.account(tx, request.account_id)
    assert account is not None  # the subscription's
    now = account_now(tx, account)
    await repository.settle_request(tx, request, state="cancelled", at=now)
    await leave_trace(
        tx,
        action="advance_request.cancelled",
        subscription_id=request.subscription_id,
        account_id=request.account_id,
        details={"request": request.id, "duration": request.duration},
    )
    return replace(request, state="cancelled", settled_by=tx.actor, settled_at=now)
