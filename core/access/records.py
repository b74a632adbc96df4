"""Teams, profiles and what members may open, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Team:
    """A named group of an account's members."""

    id: UUID
    account_id: UUID
    name: str
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Profile:
    """A named set of rights on modules, which members are given together."""

    id: UUID
    account_id: UUID
    name: str
    state: str
    created_at: datetime


class Right(NamedTuple):
    """A module that a profile opens: in one attached company, or in all of them (`None`)."""

    product_id: UUID
    company_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """A module that a member may open through a profile, in `[from_at, until_at)`."""

    id: UUID
    account_id: UUID
    member_id: UUID
    product_id: UUID
    company_id: UUID | None
    profile_id: UUID | None
    from_at: datetime
    until_at: datetime | None
