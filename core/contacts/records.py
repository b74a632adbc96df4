"""What is told of contacts, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

ContactState = Literal["active", "unconfirmed", "unsubscribed", "deleted"]
ContactOutcome = Literal["accepted", "held", "duplicate", "outdated", "rejected"]
ContactReason = Literal["INVALID_EMAIL", "INVALID_SOURCE", "IN_THE_FUTURE", "CONFLICT"]


@dataclass(frozen=True, slots=True)
class ContactEvent:
    """The state that a contact has from an instant on, as its sender calls the report."""

    email: str
    state: ContactState
    at: datetime
    source: str
    id: str


@dataclass(frozen=True, slots=True)
class ContactVerdict:
    """What became of one report; a rejected one says why and what to do."""

    outcome: ContactOutcome
    reason: ContactReason | None = None
    message: str = ""


class Contact(NamedTuple):
    """A contact as stored. `arrived` numbers its last becoming active in the account."""

    digest: UUID
    state: ContactState
    is_held: bool
    arrived: int
    changed_at: datetime
    source: str
    event_id: str


class ContactCount(NamedTuple):
    """How many contacts of an account are active, and how many wait."""

    active: int
    held: int
    arrivals: int
