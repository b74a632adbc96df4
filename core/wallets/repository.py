"""All SQL of wallets. Balances move under the wallet's lock, and never below zero.

The lock is the wallet's row. Usage takes the subscription's counter row before it, so that
an order, a top-up and a closing of one subscription take turns.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.db import Tx
from core.kernel.ids import new_id
from core.rows import column_list, fetch_record, to_record
from core.wallets.wallet import Movement, Wallet

_WALLET: Final = column_list(Wallet)
_OF: Final = f"SELECT {_WALLET} FROM wallet WHERE tenant_id = $1"  # noqa: S608 - our columns
_LOCK: Final = f"{_OF} AND subscription_id = ANY ($2::uuid[]) ORDER BY subscription_id"
_MAKE: Final = """
INSERT INTO wallet (tenant_id, id, account_id, subscription_id, currency, created_at)
SELECT s.tenant_id, given.id, s.account_id, s.id, s.currency, $4
FROM unnest($2::uuid[], $3::uuid[]) AS given (id, subscription_id)
JOIN subscription s ON s.tenant_id = $1 AND s.id = given.subscription_id
ORDER BY s.id
ON CONFLICT (tenant_id, subscription_id) DO NOTHING
"""
# The balance is checked by the statement that moves it, whatever was read before.
_MOVE: Final = """
UPDATE wallet w SET balance = w.balance + given.amount
FROM unnest($2::uuid[], $3::numeric[]) AS given (id, amount)
WHERE w.tenant_id = $1 AND w.id = given.id AND w.balance + given.amount >= 0
RETURNING w.id, w.balance
"""
_ENTRIES: Final = """
INSERT INTO wallet_entry (tenant_id, id, wallet_id, kind, amount, balance, reference,
    invoice_id, period_id, actor, at)
SELECT $1, given.id, given.wallet_id, given.kind, given.amount, given.balance,
    given.reference, given.invoice_id, given.period_id, $10, given.at
FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::numeric[], $6::numeric[], $7::text[],
    $8::uuid[], $9::uuid[], $11::timestamptz[])
    AS given (id, wallet_id, kind, amount, balance, reference, invoice_id, period_id, at)
"""
_CHARGED: Final = """
SELECT period_id, charged FROM wallet_charge
WHERE tenant_id = $1 AND period_id = ANY ($2::uuid[])
"""
_CHARGE: Final = """
INSERT INTO wallet_charge (tenant_id, period_id, wallet_id, charged)
SELECT $1, given.period_id, given.wallet_id, given.charged
FROM unnest($2::uuid[], $3::uuid[], $4::numeric[]) AS given (period_id, wallet_id, charged)
ON CONFLICT (tenant_id, period_id) DO UPDATE SET charged = excluded.charged
"""
_SHORT: Final = """
UPDATE wallet w SET short_since = coalesce(w.short_since, given.at)
FROM unnest($2::uuid[], $3::timestamptz[]) AS given (id, at)
WHERE w.tenant_id = $1 AND w.id = given.id
"""
_COVERED: Final = """
UPDATE wallet w SET short_since = NULL
WHERE w.tenant_id = $1 AND w.id = ANY ($2::uuid[]) AND w.short_since IS NOT NULL
    AND NOT EXISTS (SELECT FROM parked_subscription p WHERE p.tenant_id = $1
        AND p.subscription_id = w.subscription_id AND p.healed_at IS NULL
        AND p.code = 'WALLET_SHORT')
"""


class WalletMovedOn(Exception):
    """A balance was not what was read under the wallet's lock: a bug, found in time."""


async def wallet_of(tx: Tx, subscription_id: UUID) -> Wallet | None:
    """Return the wallet of a subscription, without locking it."""
    return await fetch_record(
        tx, Wallet, f"{_OF} AND subscription_id = $2", tx.tenant_id, subscription_id
    )


async def wallet_by_id(tx: Tx, wallet_id: UUID) -> Wallet | None:
    """Return a wallet of this tenant."""
    return await fetch_record(tx, Wallet, f"{_OF} AND id = $2", tx.tenant_id, wallet_id)


async def open_wallets(tx: Tx, subscription_ids: Collection[UUID]) -> None:
    """Open an empty wallet, in the subscription's currency, for each that has none."""
    ids = sorted(set(subscription_ids))
    await tx.execute(_MAKE, tx.tenant_id, [new_id() for _ in ids], ids, tx.now)


async def lock_wallets(tx: Tx, subscription_ids: Collection[UUID]) -> dict[UUID, Wallet]:
    """Lock the wallets of subscriptions, in the order of their ids, and open what lacks."""
    ids = sorted(set(subscription_ids))
    rows = await tx.fetch(f"{_LOCK} FOR UPDATE", tx.tenant_id, ids)
    if len(rows) < len(ids):
        await open_wallets(tx, ids)
        rows = await tx.fetch(f"{_LOCK} FOR UPDATE", tx.tenant_id, ids)
    return {row["subscription_id"]: to_record(Wallet, row) for row in rows}


async def move(tx: Tx, movements: Sequence[Movement]) -> Mapping[UUID, Decimal]:
    """Move locked balances and write an entry for each movement; return the balances.

    Movements of one wallet add up; their entries show the balance after each.

    Raises:
        WalletMovedOn: a balance would fall below zero; nothing of it is kept.
    """
    if not movements:
        return {}
    sums: dict[UUID, Decimal] = {}
    for one in movements:
        sums[one.wallet_id] = sums.get(one.wallet_id, Decimal(0)) + one.amount
    rows = await tx.fetch(_MOVE, tx.tenant_id, list(sums), list(sums.values()))
    balances: dict[UUID, Decimal] = {row["id"]: row["balance"] for row in rows}
    if len(balances) < len(sums):
        raise WalletMovedOn(f"{len(sums) - len(balances)} wallets cannot pay what they could")
    running = {key: balance - sums[key] for key, balance in balances.items()}
    after: list[Decimal] = []
    for one in movements:
        running[one.wallet_id] += one.amount
        after.append(running[one.wallet_id])
    await tx.execute(
        _ENTRIES,
        tx.tenant_id,
        [new_id() for _ in movements],
        [one.wallet_id for one in movements],
        [one.kind for one in movements],
        [one.amount for one in movements],
        after,
        [one.reference for one in movements],
        [one.invoice_id for one in movements],
        [one.period_id for one in movements],
        tx.actor,
        [one.at for one in movements],
    )
    return balances


async def charged_for(tx: Tx, period_ids: Collection[UUID]) -> dict[UUID, Decimal]:
    """Return what wallets have paid so far for usage periods that are not billed yet."""
    rows = await tx.fetch(_CHARGED, tx.tenant_id, list(period_ids))
    return {row["period_id"]: row["charged"] for row in rows}


async def set_charged(tx: Tx, charges: Sequence[tuple[UUID, UUID, Decimal]]) -> None:
    """Store what wallets have paid for periods: (period, wallet, amount), in any order."""
    if charges:
        periods, wallets, amounts = zip(*sorted(charges), strict=True)
        await tx.execute(_CHARGE, tx.tenant_id, list(periods), list(wallets), list(amounts))


async def fall_short(tx: Tx, since: Mapping[UUID, datetime]) -> None:
    """Note that wallets cannot pay, each from its instant on; the first instant stays."""
    await tx.execute(_SHORT, tx.tenant_id, list(since), list(since.values()))


async def cover(tx: Tx, wallet_ids: Collection[UUID]) -> None:
    """Note that wallets have paid all that they were short of."""
    await tx.execute(_COVERED, tx.tenant_id, list(wallet_ids))
