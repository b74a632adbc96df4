"""Give a discount to a subscription or to a job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.catalogue.entries import Entry, entry_by_code, entry_by_id
from core.catalogue.errors import CatalogueEntryUnknown
from core.catalogue.schema.discounts import DiscountDefinition
from core.contact_details import line_of_text
from core.db import Tx
from core.discounts import repository
from core.discounts.caps import reserve
from core.discounts.offering import ground_of, objection
from core.discounts.records import DiscountGrant, Target
from core.discounts.refusals import (
    DiscountNotOffered,
    DiscountTargetNotFound,
    DiscountTooLate,
    DiscountUsedUp,
)
from core.discounts.rules import (
    Value,
    chosen_duration,
    chosen_value,
    counts_on_target,
    definition_of,
    uses_of,
)
from core.discounts.trace import leave_trace
from core.kernel.ids import new_id
from core.kernel.money import CurrencyMismatch
from core.tenancy.visibility import NotVisible, require_visible

MAX_NOTE: Final = 500

_UNIT: Final = "SELECT id FROM org_unit WHERE tenant_id = $1 AND code = $2"


@dataclass(frozen=True, slots=True)
class GrantDiscount:
    """A discount to give; percent or amount is the value picked from its range.

    Exactly one of subscription and job is the target. Without dates of its own the grant
    lasts as long as the definition says; `currency` may be stated, to be sure of it.
    """

    definition: UUID | str
    subscription: UUID | None = None
    job: UUID | None = None
    percent: Decimal | None = None
    amount: Decimal | None = None
    currency: str | None = None
    effective_from: datetime | None = None
    expires_at: datetime | None = None
    note: str = ""


async def grant_discount(
    tx: Tx, command: GrantDiscount, *, unit_id: UUID | None
) -> DiscountGrant:
    """Give a discount; it waits where a unit has to approve it. `unit_id` is the giver's.

    Its use is reserved at once, pending or not: of several that want the last one at the
    same time, one gets it.

    Raises (in this order):
        CatalogueEntryUnknown: there is no such discount, or not for this unit.
        DiscountTargetNotFound, DiscountTooLate, DiscountNotOffered, CurrencyMismatch
        DiscountDatesRefused, DiscountValueFixed, DiscountValueMissing, DiscountOutOfRange
        DiscountUsedUp: a cap on times or on money is reached.
    """
    entry = await chosen_entry(tx, command.definition, unit_id=unit_id)
    definition = definition_of(entry)
    target = await _target(tx, command)
    if not target.is_open:
        raise DiscountTooLate(f"this {target.kind} is over; nothing can be given to it")
    why = objection(definition, await ground_of(tx, target, [definition]))
    if why is not None:
        raise DiscountNotOffered(why, path=("definition",))
    check_currency(definition, target, stated=command.currency)
    made = await _made(tx, entry, command, target=target)
    await reserve_on_target(tx, definition, made)
    await reserve(tx, definition, made, target=target)
    await repository.add_grant(tx, made)
    await leave_trace(tx, "discount.granted", made, discount=entry.code, state=made.state)
    return made


async def chosen_entry(tx: Tx, name: UUID | str, *, unit_id: UUID | None) -> Entry:
    """Return a discount's definition by id or code, as far as the unit may choose it.

    Raises:
        CatalogueEntryUnknown: there is none, or it is hidden from the unit.
    """
    try:
        if isinstance(name, UUID):
            entry = await entry_by_id(tx, "discounts", name)
        else:
            entry = await entry_by_code(tx, "discounts", name)
        await require_visible(tx, entry.id, unit_id=unit_id)
    except (CatalogueEntryUnknown, NotVisible):
        told = "such discount" if isinstance(name, UUID) else f"discount {name!r}"
        raise CatalogueEntryUnknown(
            f"there is no {told}; look at the list, query availableDiscounts",
            path=("definition",),
        ) from None
    return entry


async def _target(tx: Tx, command: GrantDiscount) -> Target:
    if (command.subscription is None) == (command.job is None):
        raise DiscountTargetNotFound("name a subscription or a job", path=("subscription",))
    if command.subscription is not None:
        return await repository.target(tx, "subscription", command.subscription, is_locked=True)
    assert command.job is not None
    return await repository.target(tx, "job", command.job, is_locked=True)


def check_currency(
    definition: DiscountDefinition, target: Target, *, stated: str | None
) -> None:
    """Refuse money of another currency than the target's, and another one than stated.

    Raises:
        CurrencyMismatch
    """
    told = definition.currency or target.currency
    if told != target.currency or (stated is not None and stated != told):
        raise CurrencyMismatch(
            f"this {target.kind} is billed in {target.currency}, and the discount is in"
            f" {stated or definition.currency}",
            path=("currency",),
        )


async def _made(
    tx: Tx, entry: Entry, command: GrantDiscount, *, target: Target
) -> DiscountGrant:
    definition = definition_of(entry)
    start, end = chosen_duration(
        definition,
        target,
        effective_from=command.effective_from,
        expires_at=command.expires_at,
    )
    value = chosen_value(definition, percent=command.percent, amount=command.amount)
    approver = await _approver(tx, definition)
    return DiscountGrant(
        id=new_id(),
        definition_id=entry.id,
        definition_version_id=entry.version_id,
        account_id=target.account_id,
        subscription_id=target.id if target.kind == "subscription" else None,
        job_id=target.id if target.kind == "job" else None,
        method="ad_hoc",
        percent=value.percent,
        amount=value.amount,
        currency=_currency(definition, value),
        effective_from=start,
        expires_at=end,
        state="approved" if approver is None else "pending",
        approver_unit_id=approver,
        uses=0,
        uses_allowed=uses_of(definition),
        note=checked_note(command.note),
        provided_by=tx.actor,
        provided_at=target.now,
        approved_by=tx.actor if approver is None else None,
        approved_at=target.now if approver is None else None,
        cancelled_by=None,
        cancelled_at=None,
    )


def checked_note(text: str) -> str:
    """Return a note of at most `MAX_NOTE` characters on one line; it may be empty.

    Raises:
        InvalidText
    """
    return line_of_text(text, path=("note",), maximum=MAX_NOTE) if text else ""


def _currency(definition: DiscountDefinition, value: Value) -> str | None:
    return definition.currency if value.amount is not None else None


async def _approver(tx: Tx, definition: DiscountDefinition) -> UUID | None:
    if not definition.approval:
        return None
    found: UUID | None = await tx.fetchval(_UNIT, tx.tenant_id, definition.approval)
    return found


async def reserve_on_target(
    tx: Tx, definition: DiscountDefinition, made: DiscountGrant
) -> None:
    """Count a grant against what its target may have of the definition; it is locked.

    `times` without `times_per` is once and for all over the target's grants. A range of
    money has no unit of time on a job, and its maximum holds for the job.

    Raises:
        DiscountUsedUp
    """
    most = definition.range.upto if made.job_id and definition.range else None
    if made.amount is None:
        most = None
    if not counts_on_target(definition) and most is None:
        return
    target_id = made.subscription_id or made.job_id
    assert target_id is not None
    uses, amount = await repository.granted_on_target(
        tx, made.definition_id, target_id, but=made.id
    )
    if counts_on_target(definition) and uses + (made.uses_allowed or 0) > (
        definition.times or 0
    ):
        raise DiscountUsedUp(
            f"{definition.code} was given as often as it may be", path=("definition",)
        )
    if most is not None and amount + (made.amount or 0) > most:
        raise DiscountUsedUp(
            f"{made.amount:f} more would exceed {most:f} on this job", path=("amount",)
        )
