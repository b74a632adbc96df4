"""Caps over all of an account's grants of a definition: how often, and what sum, in a time.

A cap is a row with a CHECK, and is changed by an update that does not exceed it: of 16
grants at once that want the last use, one gets it. Windows are whole local days and begin
with the first use; the database keeps two of them from overlapping.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from core.catalogue.schema.discounts import DiscountDefinition
from core.db import Tx
from core.discounts.records import DiscountGrant, Target
from core.discounts.refusals import DiscountUsedUp
from core.discounts.rules import per_of, window_from
from core.kernel.frequency import Frequency

# A window ends where the next one begins, if there is one by now, and begins where the one
# before has ended.
_OPEN: Final = """
INSERT INTO {table} (tenant_id, account_id, definition_id, starts_at, ends_at, {used}, allowed)
SELECT $1, u.account_id, u.definition_id,
    greatest(u.starts_at, (SELECT max(w.ends_at) FROM {table} w
        WHERE w.tenant_id = $1 AND w.account_id = u.account_id
          AND w.definition_id = u.definition_id AND w.ends_at <= u.at)),
    least(u.ends_at, (SELECT min(w.starts_at) FROM {table} w
        WHERE w.tenant_id = $1 AND w.account_id = u.account_id
          AND w.definition_id = u.definition_id AND w.starts_at > u.at)), u.used, u.allowed
FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::{number}[],
    $7::{number}[], $8::timestamptz[])
    AS u (account_id, definition_id, starts_at, ends_at, used, allowed, at)
WHERE NOT EXISTS (SELECT FROM {table} w WHERE w.tenant_id = $1
    AND w.account_id = u.account_id AND w.definition_id = u.definition_id
    AND w.starts_at <= u.at AND w.ends_at > u.at)
ON CONFLICT DO NOTHING
"""
_TAKE: Final = """
UPDATE {table} SET {used} = {used} + $5, allowed = $6
WHERE tenant_id = $1 AND account_id = $2 AND definition_id = $3
  AND starts_at <= $4 AND ends_at > $4 AND {used} + $5 <= $6
RETURNING starts_at
"""
_USES: Final = {"table": "discount_window", "used": "uses", "number": "int"}
_MONEY: Final = {"table": "discount_money", "used": "granted", "number": "numeric"}
_OPEN_USES: Final = _OPEN.format(**_USES)
_TAKE_USES: Final = _TAKE.format(**_USES)
_OPEN_MONEY: Final = _OPEN.format(**_MONEY)
_TAKE_MONEY: Final = _TAKE.format(**_MONEY)
_RETURN_USE: Final = """
UPDATE discount_window SET uses = uses - 1
WHERE tenant_id = $1 AND account_id = $2 AND definition_id = $3
  AND starts_at <= $4 AND ends_at > $4 AND uses > 0
"""
# What lasts was counted again in each later window; what does not, in its own only.
_RETURN_MONEY: Final = """
UPDATE discount_money SET granted = granted - $5
WHERE tenant_id = $1 AND account_id = $2 AND definition_id = $3 AND ends_at > $4
  AND (starts_at <= $4 OR $6) AND granted >= $5
"""
# Money that earlier grants still take off each bill counts in every unit of time.
_STANDING: Final = """
SELECT coalesce(sum(amount), 0) FROM discount_grant
WHERE tenant_id = $1 AND account_id = $2 AND definition_id = $3 AND id <> $4
  AND state <> 'cancelled' AND (uses_allowed IS NULL OR uses_allowed > greatest(uses, 1))
  AND (expires_at IS NULL OR expires_at > $5)
"""


class Use(NamedTuple):
    """One use of a definition that counts in a window of its account."""

    account_id: UUID
    definition_id: UUID
    at: datetime
    per: Frequency
    zone: str
    allowed: int


async def reserve(
    tx: Tx, definition: DiscountDefinition, made: DiscountGrant, *, target: Target
) -> None:
    """Count a grant against the caps of its account, as of its time.

    Raises:
        DiscountUsedUp: a cap would be exceeded.
    """
    if definition.times_per:
        await _reserve_use(tx, definition, made, target=target)
    await reserve_money(tx, definition, made, target=target)


async def reserve_money(
    tx: Tx, definition: DiscountDefinition, made: DiscountGrant, *, target: Target
) -> None:
    """Count the money of a grant that was picked from a range against the range's maximum.

    Raises:
        DiscountUsedUp: the sum in this unit of time would exceed it.
    """
    per = per_of(definition)
    if definition.range is None or made.amount is None or per is None:
        return
    at, most = made.provided_at, definition.range.upto
    keys = (tx.tenant_id, made.account_id, made.definition_id)
    standing = await tx.fetchval(_STANDING, *keys, made.id, at)
    window = window_from(at, length=per, zone=target.zone)
    row = (*keys[1:], window.start, window.end, min(standing, most), most, at)
    await tx.execute(_OPEN_MONEY, tx.tenant_id, *([value] for value in row))
    if await tx.fetchval(_TAKE_MONEY, *keys, at, made.amount, most) is None:
        raise DiscountUsedUp(
            f"{made.amount:f} more would exceed {most:f} in one {per}; pick less, or wait",
            path=("amount",),
        )


async def _reserve_use(
    tx: Tx, definition: DiscountDefinition, made: DiscountGrant, *, target: Target
) -> None:
    assert definition.times is not None  # `times_per` comes with `times`
    per = Frequency.parse(definition.times_per)
    at = made.provided_at
    use = Use(
        made.account_id, made.definition_id, at, per=per, zone=target.zone,
        allowed=definition.times,
    )  # fmt: skip
    await open_windows(tx, [use])
    keys = (tx.tenant_id, made.account_id, made.definition_id)
    if await tx.fetchval(_TAKE_USES, *keys, at, 1, definition.times) is None:
        raise DiscountUsedUp(
            f"{definition.code} was given {definition.times} times within one {per}",
            path=("definition",),
        )


async def open_windows(tx: Tx, asked: Sequence[Use]) -> None:
    """Make the window that holds each use, where there is none; one statement for all.

    An account is named once for each definition.
    """
    windows = [window_from(one.at, length=one.per, zone=one.zone) for one in asked]
    await tx.execute(
        _OPEN_USES,
        tx.tenant_id,
        [one.account_id for one in asked],
        [one.definition_id for one in asked],
        [window.start for window in windows],
        [window.end for window in windows],
        [0] * len(asked),
        [one.allowed for one in asked],
        [one.at for one in asked],
    )


async def give_back(tx: Tx, definition: DiscountDefinition, ended: DiscountGrant) -> None:
    """Undo what a grant that reduced no bill had reserved; what it used stays counted."""
    if ended.uses:
        return
    keys = (tx.tenant_id, ended.account_id, ended.definition_id, ended.provided_at)
    if definition.times_per and ended.method == "ad_hoc":
        await tx.execute(_RETURN_USE, *keys)
    await give_back_money(tx, definition, ended)


async def give_back_money(tx: Tx, definition: DiscountDefinition, ended: DiscountGrant) -> None:
    """Undo what a grant had counted against its range's maximum."""
    if definition.range is None or ended.amount is None or per_of(definition) is None:
        return
    amount: Decimal = ended.amount
    keys = (tx.tenant_id, ended.account_id, ended.definition_id, ended.provided_at)
    await tx.execute(_RETURN_MONEY, *keys, amount, ended.lasts)
