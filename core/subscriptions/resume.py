"""End a rest, or withdraw one that has not begun."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar
from uuid import UUID

from core.db import Tx
from core.kernel.errors import Refusal
from core.subscriptions.ending_rest import count_days
from core.subscriptions.rests import Rest, end_rest, remove_rest
from core.subscriptions.standing import Standing, standing
from core.subscriptions.trace import leave_trace


class NotResting(Refusal):
    """The subscription does not rest, and no rest is agreed for later."""

    code: ClassVar[str] = "NOT_RESTING"


async def resume(tx: Tx, *, subscription_id: UUID) -> Rest:
    """Let a subscription go on now, and return the rest as it ends.

    The rest that holds ends now; where none does, the next one that is agreed is withdrawn
    and ends where it would have begun. The day on which it goes on is owed again.

    Raises:
        SubscriptionNotFound, SubscriptionEnded, WrongState, NotResting
    """
    current = await standing(tx, subscription_id, verb="resume")
    rest = _rest_at_hand(current)
    until_at = max(current.now, rest.from_at)
    if until_at <= rest.from_at:
        await remove_rest(tx, rest)
    else:
        await end_rest(tx, rest, until_at=until_at)
    await count_days(tx, current, rest, until_at=until_at)
    await leave_trace(
        tx,
        action="subscription.resumed",
        subscription_id=current.id,
        account_id=current.account.id,
        details={"rest": rest.id, "at": until_at},
    )
    return replace(rest, until_at=until_at)


def _rest_at_hand(current: Standing) -> Rest:
    for rest in current.rests:  # in the order of their time
        if rest.until_at is None or rest.until_at > current.now:
            return rest
    raise NotResting("it does not rest, and no rest is agreed for later")
