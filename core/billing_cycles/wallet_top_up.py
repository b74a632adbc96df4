"""Topping a wallet up, and billing at once what it was too short for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import structlog

from core.accounts.clock import now_of_account
from core.billing_cycles.close import Closed
from core.billing_cycles.heal import heal
from core.billing_cycles.park import lock_parked, unpark
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.wallet_closing import WalletShort
from core.billing_cycles.wallet_grace import suspensions
from core.catalogue.terms_versions import load_terms_versions
from core.contact_details import line_of_text
from core.database_errors import is_repeatable, is_unavailable
from core.db import Tx
from core.kernel.errors import Refusal
from core.kernel.money import MAX_AMOUNT, minor_digits
from core.subscriptions import repository as subscriptions
from core.subscriptions.refusals import SubscriptionNotFound
from core.subscriptions.rests import end_rest, remove_rest
from core.subscriptions.trace import leave_trace
from core.wallets.repository import lock_wallets, move, wallet_of
from core.wallets.wallet import Movement, Wallet

_log = structlog.stdlib.get_logger(__name__)


class NotPrepaid(Refusal):
    """The subscription is not on prepaid terms, and has no wallet."""

    code: ClassVar[str] = "NOT_PREPAID"


class TopUpRefused(Refusal):
    """An amount is not above 0, too much, or has more decimals than its currency."""

    code: ClassVar[str] = "TOP_UP_REFUSED"


@dataclass(frozen=True, slots=True)
class TopUp:
    """How much is put into the wallet of which subscription; `reference` names the payment."""

    subscription_id: UUID
    amount: Decimal
    reference: str = ""


async def wallet_top_up(tx: Tx, command: TopUp, *, pricing: Pricing) -> Wallet:
    """Put money into a wallet, and return it as it stands then.

    What the wallet was too short for is billed at once where it suffices now, and a
    subscription that was suspended for it goes on. Where something else keeps it from being
    billed, the money is kept all the same, and the next sweep tries again.

    Raises:
        SubscriptionNotFound, NotPrepaid, TopUpRefused, InvalidText
    """
    subscription = await subscriptions.subscription(tx, command.subscription_id)
    if subscription is None:
        raise SubscriptionNotFound(
            "there is no such subscription; check its id or ref", path=("subscription",)
        )
    if await wallet_of(tx, subscription.id) is None:
        await _refuse_not_prepaid(tx, subscription.id)
    _refuse_amount(command.amount, subscription.currency)
    reference = (
        line_of_text(command.reference, path=("reference",)) if command.reference else ""
    )
    # In the order of a sweep: what is parked, then the wallet.
    is_parked = await lock_parked(tx, subscription.id)
    wallet = (await lock_wallets(tx, [subscription.id]))[subscription.id]
    if wallet.balance + command.amount >= MAX_AMOUNT:
        raise TopUpRefused(
            f"the wallet holds {wallet.balance:f}, and less than {MAX_AMOUNT:f} in all; "
            "give less",
            path=("amount",),
        )
    now = await now_of_account(tx, subscription.account_id)
    await move(tx, [Movement(wallet.id, "top_up", command.amount, now, reference)])
    await leave_trace(
        tx,
        action="wallet.topped_up",
        subscription_id=subscription.id,
        account_id=subscription.account_id,
        details={"amount": f"{command.amount:f}", "currency": subscription.currency},
    )
    if is_parked:
        await _go_on(tx, subscription.id, now=now, pricing=pricing)
    found = await wallet_of(tx, subscription.id)
    assert found is not None
    return found


async def _refuse_not_prepaid(tx: Tx, subscription_id: UUID) -> None:
    phases = (await subscriptions.phases_of(tx, [subscription_id])).get(subscription_id, [])
    terms = await load_terms_versions(tx, {one.billing_terms_version_id for one in phases})
    if all(one.kind != "prepaid" for one in terms.values()):
        raise NotPrepaid(
            "the subscription has no wallet; amend its terms to prepaid ones first",
            path=("subscription",),
        )


def _refuse_amount(amount: Decimal, currency: str) -> None:
    digits = minor_digits(currency)
    if not amount.is_finite() or not 0 < amount < MAX_AMOUNT:
        raise TopUpRefused("give an amount above 0", path=("amount",))
    if amount != amount.quantize(Decimal(1).scaleb(-digits)):
        raise TopUpRefused(f"{currency} has {digits} decimals", path=("amount",))


async def _go_on(tx: Tx, subscription_id: UUID, *, now: datetime, pricing: Pricing) -> None:
    """Bill what is parked; a failure of that leaves the top-up as it is."""
    try:
        async with tx.savepoint():
            was_suspended = await _end_suspension(tx, subscription_id, now=now)
            closed = await heal(tx, subscription_id, pricing=pricing)
            if was_suspended:
                _refuse_short(closed)
    except _StillShort as still:
        await _restate(tx, subscription_id, str(still))
    except Exception as error:
        if is_unavailable(error) or is_repeatable(error):
            raise
        _log.exception("top_up_not_billed", subscription_id=str(subscription_id))
        await unpark(tx, subscription_id)


class _StillShort(Exception):
    """The wallet does not cover it yet: the subscription stays suspended."""


def _refuse_short(closed: Closed) -> None:
    for parked in closed.parked:
        if parked.code == WalletShort.code:
            raise _StillShort(parked.reason)


async def _end_suspension(tx: Tx, subscription_id: UUID, *, now: datetime) -> bool:
    """End the rest that began because the wallet was short; False where there is none."""
    rest = (await suspensions(tx, [subscription_id])).get(subscription_id)
    if rest is None:
        return False
    if now > rest.from_at:
        await end_rest(tx, rest, until_at=now)
    else:
        await remove_rest(tx, rest)
    subscription = await subscriptions.subscription(tx, subscription_id)
    assert subscription is not None
    await leave_trace(
        tx,
        action="subscription.resumed",
        subscription_id=subscription_id,
        account_id=subscription.account_id,
        details={"rest": rest.id, "at": now},
    )
    return True


async def _restate(tx: Tx, subscription_id: UUID, reason: str) -> None:
    """Say what still lacks; it is tried again by the next top-up."""
    await tx.execute(
        "UPDATE parked_subscription SET reason = $3 WHERE tenant_id = $1"
        " AND subscription_id = $2 AND healed_at IS NULL AND code = 'WALLET_SHORT'",
        tx.tenant_id,
        subscription_id,
        reason,
    )
