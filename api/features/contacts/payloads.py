"""Inputs and payloads of the mutations of contacts."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api.features.contacts.types import ContactCount, ContactState, ContactVerdict
from api.graphql.errors import UserError, user_errors
from api.refusals import NAME_REFUSALS
from core.contacts.receive import SnapshotRefused, TooManyContacts


@strawberry.input(description="The state that a contact has from an instant on.")
class ContactEventInput:
    """A report."""

    email: str = strawberry.field(
        description="The address; case and space around it do not matter. It is not stored."
    )
    state: ContactState = strawberry.field(description="What the contact is.")
    at: datetime = strawberry.field(description="From when on; the latest report holds.")
    source: str = strawberry.field(description="Who reports it.")
    id: str = strawberry.field(description="What the reporter calls it.")


@strawberry.input(description="Reports about contacts of an account.")
class ContactsRecordInput:
    """A batch."""

    account: strawberry.ID = strawberry.field(description="Whose, by id or ref.")
    events: list[ContactEventInput] = strawberry.field(
        description="The reports, at most 10 000, in the order of their arrival."
    )


@strawberry.input(description="A contact of a complete list.")
class ContactInput:
    """A contact."""

    email: str = strawberry.field(description="The address. It is not stored.")
    state: ContactState = strawberry.field(
        default=ContactState.ACTIVE, description="What the contact is."
    )


@strawberry.input(
    description="All contacts of an account as of an instant, in one batch or several."
)
class ContactsSnapshotInput:
    """A complete list."""

    account: strawberry.ID = strawberry.field(description="Whose, by id or ref.")
    at: datetime = strawberry.field(description="As of when.")
    source: str = strawberry.field(description="Who reports it.")
    id: str = strawberry.field(description="What the list is called; the same in each batch.")
    contacts: list[ContactInput] = strawberry.field(
        description="The contacts of this batch, at most 10 000."
    )
    is_complete: bool = strawberry.field(
        default=True,
        description="Whether this is the last batch: then the contacts that are on none of the "
        "list's batches, and have not changed since `at`, are deleted.",
    )


@strawberry.type(description="What became of each report, and how many contacts there are.")
class ContactsRecordPayload:
    """What contactsRecord did."""

    verdicts: list[ContactVerdict] = strawberry.field(
        description="One for each report, in order.", default_factory=list
    )
    count: ContactCount | None = strawberry.field(
        description="How many contacts there are then.", default=None
    )
    released: int = strawberry.field(description="How many who waited were let in.", default=0)
    user_errors: list[UserError] = user_errors(
        "ContactsRecord", TooManyContacts, *NAME_REFUSALS
    )


@strawberry.type(description="What became of each contact, and how many there are.")
class ContactsSnapshotPayload:
    """What contactsSnapshot did."""

    verdicts: list[ContactVerdict] = strawberry.field(
        description="One for each contact, in order.", default_factory=list
    )
    count: ContactCount | None = strawberry.field(
        description="How many contacts there are then.", default=None
    )
    released: int = strawberry.field(description="How many who waited were let in.", default=0)
    user_errors: list[UserError] = user_errors(
        "ContactsSnapshot", TooManyContacts, SnapshotRefused, *NAME_REFUSALS
    )
