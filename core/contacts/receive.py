"""Take reports about contacts of an account, which are locked by their count."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final, NamedTuple
from uuid import UUID

from core.contact_details import InvalidEmail, InvalidText, email_address, line_of_text
from core.contacts import repository
from core.contacts.arrivals import Reception
from core.contacts.records import ContactCount, ContactEvent, ContactVerdict
from core.db import Tx
from core.kernel.clock import in_utc
from core.kernel.digests import IdentityDigester
from core.kernel.errors import Refusal

MOST_CONTACTS: Final = 10_000
FUTURE: Final = timedelta(minutes=5)


class TooManyContacts(Refusal):
    """A batch has at most 10 000 contacts."""

    code: ClassVar[str] = "TOO_MANY_CONTACTS"


class SnapshotRefused(Refusal):
    """A complete list is called by no line of text, or lies in the account's future."""

    code: ClassVar[str] = "SNAPSHOT_REFUSED"


class Received(NamedTuple):
    """What became of each report, and how many contacts there are then."""

    verdicts: list[ContactVerdict]
    counted: ContactCount
    released: int = 0


class Snapshot(NamedTuple):
    """A complete list, in one batch or several, and whether this is its last one."""

    at: datetime
    source: str
    id: str
    is_complete: bool = True


async def receive(
    tx: Tx,
    account_id: UUID,
    events: Sequence[ContactEvent],
    *,
    limit: int | None,
    now: datetime,
    snapshot: Snapshot | None = None,
) -> Received:
    """Take reports in their order; then let in who waits, as far as there is room.

    The caller has locked the count, and then read `limit`: how many may be active, None for
    any number. Never are more active than that by what is taken here; who is active already
    stays, though the limit has become lower. The last batch of a snapshot deletes the
    contacts that it left out and that were not changed after it.

    Raises:
        TooManyContacts, SnapshotRefused: nothing is taken.
    """
    check_number(events, path=("events" if snapshot is None else "contacts",))
    if snapshot is not None:
        _check_snapshot(snapshot, now=now)
    digester = IdentityDigester("contact", account_id.bytes)
    checked = [_checked(each, digester, now=now) for each in events]
    digests = [key for key, _ in checked if isinstance(key, UUID)]
    before = await repository.lock_count(tx, account_id)
    reception = Reception.of(await repository.contacts(tx, account_id, digests), before)
    told: list[tuple[UUID | None, ContactVerdict]] = []
    for key, event in checked:
        if isinstance(key, ContactVerdict):
            told.append((None, key))
        else:
            told.append((key, reception.receive(key, event)))
    changed = [reception.contacts[key] for key in sorted(reception.changed)]
    await repository.store(tx, account_id, changed)
    if snapshot is not None and snapshot.is_complete:
        _gone, active, held = await repository.delete_others(
            tx, account_id, at=in_utc(snapshot.at), source=snapshot.source,
            event_id=snapshot.id,
        )  # fmt: skip
        reception.active -= active
        reception.held -= held
    released = await _let_in(tx, account_id, reception, limit=limit)
    count = ContactCount(reception.active, reception.held, reception.arrivals)
    await repository.set_count(tx, account_id, count)
    return Received(reception.verdicts(told), count, released)


def check_number(events: Sequence[ContactEvent], *, path: tuple[str, ...]) -> None:
    """Refuse a batch that is too long.

    Raises:
        TooManyContacts
    """
    if len(events) > MOST_CONTACTS:
        raise TooManyContacts(
            f"{len(events)} contacts are more than {MOST_CONTACTS}; send several batches",
            path=path,
        )


def _check_snapshot(snapshot: Snapshot, *, now: datetime) -> None:
    """Refuse a list before it deletes: what it leaves out bears its time and its name."""
    for name, text in (("source", snapshot.source), ("id", snapshot.id)):
        try:
            line_of_text(text, path=(name,))
        except InvalidText as refused:
            raise SnapshotRefused(refused.message, path=(name,)) from refused
    at = in_utc(snapshot.at)
    if at > now + FUTURE:
        told = f"{at.isoformat()} is more than 5 minutes ahead of {now.isoformat()}"
        raise SnapshotRefused(f"{told}; say when the list was made", path=("at",))


async def _let_in(tx: Tx, account_id: UUID, reception: Reception, *, limit: int | None) -> int:
    room = None if limit is None else max(limit - reception.active, 0)
    if not reception.held or room == 0:
        return 0
    released = await repository.let_in(tx, account_id, most=room)
    for key in released:
        if key in reception.contacts:
            reception.contacts[key] = reception.contacts[key]._replace(is_held=False)
    reception.active += len(released)
    reception.held -= len(released)
    return len(released)


def _checked(
    event: ContactEvent, digester: IdentityDigester, *, now: datetime
) -> tuple[UUID | ContactVerdict, ContactEvent]:
    """Return the contact's digest, or the verdict that rejects the report."""
    try:
        address = email_address(event.email)
    except InvalidEmail as refused:
        return ContactVerdict("rejected", "INVALID_EMAIL", refused.message), event
    try:
        line_of_text(event.source, path=("source",))
        line_of_text(event.id, path=("id",))
    except InvalidText as refused:
        told = f"source and id: {refused.message}"
        return ContactVerdict("rejected", "INVALID_SOURCE", told), event
    at = in_utc(event.at)
    if at > now + FUTURE:
        told = f"{at.isoformat()} is more than 5 minutes ahead of {now.isoformat()}"
        return ContactVerdict("rejected", "IN_THE_FUTURE", told), event
    normal = ContactEvent(event.email, event.state, at, event.source, event.id)
    return UUID(bytes=digester.digest(address)), normal
