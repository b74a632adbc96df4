"""Store what discounts took off invoices: uses, windows, free time, in the same transaction.

Nothing here decides an amount. Each cap is a conditional update; one that does not happen
means that somebody else was quicker, and the whole billing begins again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from core.billing.draft import AppliedDiscount
from core.catalogue.entries import entries_by_version
from core.catalogue.schema.discounts import DiscountDefinition
from core.db import Tx
from core.discounts import billing_sql as sql
from core.discounts.caps import Use, open_windows
from core.kernel.frequency import Frequency
from core.kernel.ids import new_id

SYSTEM: Final = "system:billing"

_GRANT_COLUMNS: Final = (
    "tenant_id", "id", "definition_id", "definition_version_id", "account_id",
    "subscription_id", "job_id", "method", "percent", "amount", "currency", "effective_from",
    "expires_at", "state", "uses", "uses_allowed", "note", "provided_by", "provided_at",
    "approved_by", "approved_at",
)  # fmt: skip
_APPLIED_COLUMNS: Final = (
    "tenant_id", "id", "grant_id", "definition_version_id", "invoice_id", "amount",
    "free_time", "created_at",
)  # fmt: skip


class DiscountTaken(Exception):
    """A discount that was read as free to use is used up by now, or cancelled."""


class Reduced(NamedTuple):
    """One use of a discount: the invoice that it reduced, of whom, due when."""

    applied: AppliedDiscount
    invoice_id: UUID
    account_id: UUID
    currency: str
    zone: str
    due_at: datetime


async def store_discounts(tx: Tx, reduced: Sequence[Reduced]) -> None:
    """Store uses of discounts, for any number of invoices in a fixed number of statements.

    An automatic discount gets a grant the first time that it reduces a bill of its target.

    Raises:
        DiscountTaken: another billing or a cancellation was quicker; begin again.
    """
    if not reduced:
        return
    versions = {one.applied.discount.version_id for one in reduced}
    definitions = {
        key: entry.definition for key, entry in (await entries_by_version(tx, versions)).items()
    }
    grants = await _grants(tx, reduced, definitions)
    await _use(tx, grants)
    await _use_windows(tx, reduced, definitions)
    await _spend(tx, reduced, grants)
    await tx.copy_into(
        "applied_discount",
        _APPLIED_COLUMNS,
        [_applied(tx, one, key) for one, key in zip(reduced, grants, strict=True)],
    )


async def _grants(
    tx: Tx, reduced: Sequence[Reduced], definitions: Mapping[UUID, Any]
) -> list[UUID]:
    """Return the grant of each use, making those of automatic discounts that begin."""
    keys: list[UUID] = []
    begun: list[tuple[Any, ...]] = []
    for one in reduced:
        discount = one.applied.discount
        key = discount.grant_id or new_id()
        keys.append(key)
        if discount.grant_id is None:
            begun.append(_grant(tx, one, key, definitions[discount.version_id]))
    if begun:
        made = await tx.copy_into(
            "discount_grant",
            _GRANT_COLUMNS,
            begun,
            on_conflict="DO NOTHING",
            returning=("id",),
        )
        _check(len(made), len(begun), "begun")
    return keys


def _grant(tx: Tx, one: Reduced, key: UUID, definition: DiscountDefinition) -> tuple[Any, ...]:
    discount = one.applied.discount
    is_money = discount.kind == "money"
    return (
        tx.tenant_id,
        key,
        discount.definition_id,
        discount.version_id,
        one.account_id,
        discount.subscription_id,
        discount.job_id,
        "auto",
        discount.value if discount.kind == "percent" else None,
        discount.value if is_money else None,
        one.currency if is_money else None,
        discount.from_at,
        discount.until_at,
        "approved",
        0,
        None if definition.times_per else definition.times,
        "",
        SYSTEM,
        one.due_at,
        SYSTEM,
        one.due_at,
    )


async def _use(tx: Tx, grants: Sequence[UUID]) -> None:
    times = Counter(grants)
    used = await tx.fetch(sql.USE, tx.tenant_id, list(times), list(times.values()))
    _check(len(used), len(times), "left")


async def _use_windows(
    tx: Tx, reduced: Sequence[Reduced], definitions: Mapping[UUID, Any]
) -> None:
    """Count automatic discounts in the windows of their accounts.

    Ad hoc ones were counted when they were given.
    """
    counted: list[Use] = []
    for one in reduced:
        definition = definitions[one.applied.discount.version_id]
        if definition.method == "auto" and definition.times_per:
            counted.append(
                Use(
                    one.account_id,
                    one.applied.discount.definition_id,
                    one.due_at,
                    per=Frequency.parse(definition.times_per),
                    zone=one.zone,
                    allowed=definition.times,
                )
            )
    # One row per window and statement: an UPDATE would change a row that is named twice once.
    for batch in _without_repeats(counted):
        await open_windows(tx, batch)
        used = await tx.fetch(
            sql.USE_WINDOW,
            tx.tenant_id,
            [one.account_id for one in batch],
            [one.definition_id for one in batch],
            [one.at for one in batch],
            [one.allowed for one in batch],
        )
        _check(len(used), len(batch), "left in its window")


def _without_repeats(counted: Sequence[Use]) -> list[list[Use]]:
    batches: list[dict[tuple[UUID, UUID], Use]] = []
    for one in counted:
        key = (one.account_id, one.definition_id)
        batch = next((each for each in batches if key not in each), None)
        if batch is None:
            batch = {}
            batches.append(batch)
        batch[key] = one
    return [list(batch.values()) for batch in batches]


async def _spend(tx: Tx, reduced: Sequence[Reduced], grants: Sequence[UUID]) -> None:
    spent: dict[tuple[UUID, UUID], tuple[Decimal, Decimal]] = {}
    for one, grant_id in zip(reduced, grants, strict=True):
        for item_id, months in one.applied.free_time:
            before, _allowed = spent.get((grant_id, item_id), (Decimal(0), None))
            spent[grant_id, item_id] = (before + months, one.applied.discount.value)
    if not spent:
        return
    rows = await tx.fetch(
        sql.SPEND,
        tx.tenant_id,
        [grant_id for grant_id, _item in spent],
        [item_id for _grant, item_id in spent],
        [used for used, _allowed in spent.values()],
        [allowed for _used, allowed in spent.values()],
    )
    _check(len(rows), len(spent), "left of its free time")


def _applied(tx: Tx, one: Reduced, grant_id: UUID) -> tuple[Any, ...]:
    free = sum((months for _item, months in one.applied.free_time), Decimal(0))
    return (
        tx.tenant_id,
        new_id(),
        grant_id,
        one.applied.discount.version_id,
        one.invoice_id,
        one.applied.amount,
        free if one.applied.free_time else None,
        tx.now,
    )


def _check(done: int, wanted: int, what: str) -> None:
    if done != wanted:
        raise DiscountTaken(f"{wanted - done} discounts have nothing {what}; begin again")
