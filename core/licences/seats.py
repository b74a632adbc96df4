"""The seats of a licence item: how many there are, and locking them.

Seats are the item's present quantity. The row of an item's seats is what everybody locks who
assigns, releases, or changes how many there are: never more are held than are bought.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Final
from uuid import UUID

from core.db import Tx
from core.kernel.errors import Refusal
from core.licences import repository
from core.licences.keeping import beyond
from core.licences.records import LicenceAssignment, Seats
from core.subscriptions.refusals import ItemNotFound

FEWER_SEATS: Final = "fewer seats"
"""Who has released what ended because fewer seats were left."""


class SeatsInUse(Refusal):
    """Members hold more seats than would be left."""

    code: ClassVar[str] = "SEATS_IN_USE"


class NoLicence(Refusal):
    """The item is of a product that nobody holds: it is no licence."""

    code: ClassVar[str] = "NO_LICENCE_ITEM"


async def set_seats(tx: Tx, item_id: UUID, subscription_id: UUID, seats: Decimal | int) -> None:
    """Let an item have another number of seats from now on.

    Call it after the item's revisions are written, whenever its quantity changes now. An
    item of another kind than a licence has no seats: nothing happens.

    Raises:
        SeatsInUse: members hold more; nothing is changed.
    """
    found = await repository.item(tx, item_id)
    if found is None or found.kind != "licence":
        return
    await repository.lock_seats(tx, item_id, subscription_id)
    held = await _still_held(tx, item_id, at=found.at)
    _refuse_fewer(int(seats), held=len(held))
    await repository.set_count(tx, item_id, seats=int(seats), used=len(held))


async def require_free(tx: Tx, item_id: UUID, *, seats: Decimal | int) -> None:
    """Refuse fewer seats from a later day on than are held today.

    Raises:
        SeatsInUse: members hold more.
    """
    found = await repository.item(tx, item_id)
    if found is None or found.kind != "licence":
        return
    await repository.lock_seats(tx, item_id, found.subscription_id)
    _refuse_fewer(int(seats), held=len(await _still_held(tx, item_id, at=found.at)))


async def locked_seats(tx: Tx, item_id: UUID) -> Seats:
    """Lock the seats of an item, and return them as they are then.

    Raises:
        ItemNotFound: there is none such, or it is not active.
        NoLicence: it is of another kind of product.
    """
    found = await repository.item(tx, item_id)
    if found is None:
        raise ItemNotFound("there is no such item; check its id", path=("item",))
    if found.kind != "licence":
        raise NoLicence(
            f"{found.product} is no licence; only seats of licences are assigned",
            path=("item",),
        )
    await repository.lock_seats(tx, item_id, found.subscription_id)
    begun = max(found.at, found.starts_at)
    revisions = await repository.revisions(tx, item_id)
    present = next((each for each in revisions if each.holds(begun)), None)
    if present is None or (found.ends_at is not None and found.ends_at <= begun):
        raise ItemNotFound("the item is not active; name one that is", path=("item",))
    held = await repository.open_assignments(tx, item_id)
    ended = beyond(held, [each.quantity for each in revisions if each.from_at <= begun])
    await repository.end_assignments(tx, ended, released_by=FEWER_SEATS)
    kept = tuple(each for each in held if each.id not in ended)
    await repository.set_count(tx, item_id, seats=present.seats, used=len(kept))
    return Seats(
        item_id, found.subscription_id, found.account_id, found.product, present.seats, kept,
        found.at,
    )  # fmt: skip


async def _still_held(tx: Tx, item_id: UUID, *, at: datetime) -> list[LicenceAssignment]:
    """Return what is held, after what an earlier reduction took has ended."""
    held = await repository.open_assignments(tx, item_id)
    revisions = await repository.revisions(tx, item_id)
    ended = beyond(held, [each.quantity for each in revisions if each.from_at < at])
    await repository.end_assignments(tx, ended, released_by=FEWER_SEATS)
    return [each for each in held if each.id not in ended]


def _refuse_fewer(seats: int, *, held: int) -> None:
    if held > seats:
        raise SeatsInUse(
            f"{held} seats are held, {seats} would be left; release {held - seats} first",
            path=("quantity",),
        )
