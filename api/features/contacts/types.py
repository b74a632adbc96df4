"""Contacts as the schema shows them: their number; addresses are nowhere stored."""

from __future__ import annotations

from enum import Enum

import strawberry

from core.contacts import records


@strawberry.enum(description="What a contact is; only active ones count.")
class ContactState(Enum):
    """The states of contacts."""

    ACTIVE = strawberry.enum_value("active", description="It may be written to; it counts.")
    UNCONFIRMED = strawberry.enum_value(
        "unconfirmed", description="It has not confirmed its address."
    )
    UNSUBSCRIBED = strawberry.enum_value("unsubscribed", description="It wants no more mail.")
    DELETED = strawberry.enum_value("deleted", description="It is gone.")


@strawberry.enum(description="What became of a report about a contact.")
class ContactOutcome(Enum):
    """The outcomes."""

    ACCEPTED = strawberry.enum_value("accepted", description="It holds.")
    HELD = strawberry.enum_value(
        "held", description="It holds, but there is no room: the contact waits."
    )
    DUPLICATE = strawberry.enum_value("duplicate", description="The same report again.")
    OUTDATED = strawberry.enum_value(
        "outdated", description="A later report of the contact holds."
    )
    REJECTED = strawberry.enum_value("rejected", description="It says nothing that could hold.")


@strawberry.enum(description="Why a report about a contact was rejected.")
class ContactReason(Enum):
    """The reasons."""

    INVALID_EMAIL = strawberry.enum_value(
        "INVALID_EMAIL", description="The text is no e-mail address."
    )
    INVALID_SOURCE = strawberry.enum_value(
        "INVALID_SOURCE", description="The source or the id is empty, or too long."
    )
    IN_THE_FUTURE = strawberry.enum_value(
        "IN_THE_FUTURE", description="It is more than 5 minutes ahead of the account's time."
    )
    CONFLICT = strawberry.enum_value(
        "CONFLICT", description="The contact's last report has this id, and other content."
    )


@strawberry.type(description="What became of one report, in the order of the input.")
class ContactVerdict:
    """A verdict."""

    outcome: ContactOutcome = strawberry.field(description="What became of it.")
    reason: ContactReason | None = strawberry.field(description="Why it was rejected.")
    message: str = strawberry.field(description="What to do; empty where all is well.")

    @classmethod
    def of(cls, record: records.ContactVerdict) -> ContactVerdict:
        """Show a verdict."""
        return cls(
            outcome=ContactOutcome(record.outcome),
            reason=None if record.reason is None else ContactReason(record.reason),
            message=record.message,
        )


@strawberry.type(description="How many contacts an account has.")
class ContactCount:
    """A count."""

    active: int = strawberry.field(description="Active ones; they are within what is bought.")
    held: int = strawberry.field(description="Those who wait for room.")

    @classmethod
    def of(cls, record: records.ContactCount) -> ContactCount:
        """Show a count."""
        return cls(active=record.active, held=record.held)
