"""Change a discount that waits for approval: its value, its dates, its note."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from core.catalogue.entries import entries_by_version
from core.db import Tx
from core.discounts import repository
from core.discounts.caps import give_back_money, reserve_money
from core.discounts.grant import checked_note, reserve_on_target
from core.discounts.records import DiscountGrant, Target
from core.discounts.refusals import DiscountNotPending, unknown_grant
from core.discounts.rules import chosen_duration, chosen_value, definition_of
from core.discounts.trace import leave_trace
from core.discounts.visible import require_known


@dataclass(frozen=True, slots=True)
class AmendDiscount:
    """What to change; what is None stays."""

    grant: UUID
    percent: Decimal | None = None
    amount: Decimal | None = None
    effective_from: datetime | None = None
    expires_at: datetime | None = None
    note: str | None = None


async def amend_discount(
    tx: Tx, command: AmendDiscount, *, unit_id: UUID | None = None
) -> DiscountGrant:
    """Change a pending discount, by the version of the definition that it was given by.

    `unit_id` is the caller's unit; None is the tenant itself.

    Raises:
        DiscountNotFound, DiscountNotPending, DiscountNotOffered, DiscountDatesRefused,
        DiscountValueFixed, DiscountOutOfRange, DiscountUsedUp
    """
    target = await _target(tx, command.grant)
    found = await repository.locked_grant(tx, command.grant)
    await require_known(tx, found, unit_id=unit_id)
    if found.state != "pending":
        raise DiscountNotPending(
            f"it is {found.state}; only one that waits can be changed", path=("grant",)
        )
    entry = (await entries_by_version(tx, [found.definition_version_id]))[
        found.definition_version_id
    ]
    definition = definition_of(entry)
    start, end = chosen_duration(
        definition,
        target,
        effective_from=command.effective_from or found.effective_from,
        expires_at=command.expires_at or found.expires_at,
    )
    note = found.note if command.note is None else checked_note(command.note)
    changed = replace(found, effective_from=start, expires_at=end, note=note)
    if command.percent is not None or command.amount is not None:
        value = chosen_value(definition, percent=command.percent, amount=command.amount)
        changed = replace(changed, percent=value.percent, amount=value.amount)
        await reserve_on_target(tx, definition, changed)
        await give_back_money(tx, definition, found)
        await reserve_money(tx, definition, changed, target=target)
    await repository.change_grant(tx, changed)
    await leave_trace(tx, "discount.amended", changed, discount=entry.code)
    return changed


async def _target(tx: Tx, grant_id: UUID) -> Target:
    """Lock the target before the grant, in the order of giving and of billing."""
    found = await repository.grant(tx, grant_id)
    if found is None:
        raise unknown_grant()
    if found.job_id is not None:
        return await repository.target(tx, "job", found.job_id, is_locked=True)
    assert found.subscription_id is not None
    return await repository.target(tx, "subscription", found.subscription_id, is_locked=True)
