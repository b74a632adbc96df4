"""What a subscription may ask for at this moment, without asking."""

from __future__ import annotations

from uuid import UUID

from core.accounts import repository as accounts
from core.accounts.clock import account_now
from core.buy_in_advance.durations import Durations, active_definition, available
from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx
from core.kernel.zones import local_day
from core.subscriptions import repository
from core.subscriptions.lifecycle import state_at
from core.subscriptions.refusals import SubscriptionNotFound
from core.subscriptions.rests import is_resting


async def available_durations(tx: Tx, subscription_id: UUID) -> list[Durations]:
    """Return the durations that a request for would not be refused for; locks nothing.

    Raises:
        SubscriptionNotFound
    """
    found = await repository.subscription(tx, subscription_id)
    if found is None:
        raise SubscriptionNotFound(
            "there is no such subscription; check its id", path=("subscription",)
        )
    account = await accounts.account(tx, found.account_id)
    assert account is not None  # a foreign key
    now = account_now(tx, account)
    rests = bool(await is_resting(tx, [found.id], now))
    entry = await active_definition(tx)
    state = state_at(found.state, ends_at=found.ends_at, now=now, is_resting=rests)
    if entry is None or state != "active":
        return []
    at = max(now, found.starts_at)
    phases = (await repository.phases_of(tx, [found.id]))[found.id]
    terms_id = next(one for one in phases if one.holds(at)).billing_terms_version_id
    terms = (await load_terms_versions(tx, [terms_id]))[terms_id]
    day = local_day(at, found.timezone)
    return available(entry, subscription_type=found.type, terms=terms, on=day)
