"""What a report makes of a contact. Pure.

The latest report of a contact holds, in the total order (at, source, id). Only active contacts
count. One that becomes active arrives, and waits first: whoever arrived before is let in
before, as far as there is room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from core.contacts.records import Contact, ContactCount, ContactEvent, ContactVerdict

ACCEPTED = ContactVerdict("accepted")
DUPLICATE = ContactVerdict("duplicate")
OUTDATED = ContactVerdict("outdated")


@dataclass(slots=True)
class Reception:
    """Contacts as they become, report by report, and how many there are."""

    contacts: dict[UUID, Contact]
    active: int
    held: int
    arrivals: int
    changed: set[UUID] = field(default_factory=set)

    @classmethod
    def of(cls, contacts: Mapping[UUID, Contact], count: ContactCount) -> Reception:
        """Begin with what is stored of those who are reported."""
        return cls(dict(contacts), count.active, count.held, count.arrivals)

    def receive(self, digest: UUID, event: ContactEvent) -> ContactVerdict:
        """Take one report."""
        before = self.contacts.get(digest)
        if before is not None:
            told = _compared(before, event)
            if told is not None:
                return told
        self._leave(before)
        is_active = event.state == "active"
        stays = is_active and before is not None and before.state == "active"
        if stays and before is not None:
            is_held, arrived = before.is_held, before.arrived
        else:
            self.arrivals += is_active
            is_held, arrived = is_active, self.arrivals if is_active else 0
        self.active += is_active and not is_held
        self.held += is_held
        self.contacts[digest] = Contact(
            digest, event.state, is_held, arrived, event.at, event.source, event.id
        )
        self.changed.add(digest)
        return ACCEPTED

    def _leave(self, before: Contact | None) -> None:
        if before is not None and before.state == "active":
            self.held -= before.is_held
            self.active -= not before.is_held

    def verdicts(
        self, told: Sequence[tuple[UUID | None, ContactVerdict]]
    ) -> list[ContactVerdict]:
        """Return the verdicts, `held` for what was accepted and waits after all of them."""
        return [
            ContactVerdict("held", message="there is no room; it waits until there is")
            if verdict is ACCEPTED and key is not None and self.contacts[key].is_held
            else verdict
            for key, verdict in told
        ]


def _compared(before: Contact, event: ContactEvent) -> ContactVerdict | None:
    """Return the verdict on a report that changes nothing; None where it is the latest."""
    same_report = (before.source, before.event_id) == (event.source, event.id)
    if same_report:
        if (before.state, before.changed_at) == (event.state, event.at):
            return DUPLICATE
        return ContactVerdict(
            "rejected",
            "CONFLICT",
            f"{event.source} {event.id} is stored as {before.state} at"
            f" {before.changed_at.isoformat()}; give another report an id of its own",
        )
    order = (event.at, event.source, event.id)
    is_later = order > (before.changed_at, before.source, before.event_id)
    return None if is_later else OUTDATED
