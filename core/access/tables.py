"""The tables of access."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from core.column_types import INSTANT


class TeamRow(SQLModel, table=True):
    """A named group of an account's members."""

    __tablename__ = "team"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    name: str
    state: str
    created_at: datetime = Field(sa_type=INSTANT)


class TeamMemberRow(SQLModel, table=True):
    """A member of a team."""

    __tablename__ = "team_member"

    tenant_id: UUID = Field(primary_key=True)
    team_id: UUID = Field(primary_key=True)
    member_id: UUID = Field(primary_key=True)
    created_at: datetime = Field(sa_type=INSTANT)


class ProfileRow(SQLModel, table=True):
    """A named set of rights on modules and companies."""

    __tablename__ = "profile"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    name: str
    state: str
    created_at: datetime = Field(sa_type=INSTANT)


class ProfileRightRow(SQLModel, table=True):
    """A module that a profile opens, in one company or in all."""

    __tablename__ = "profile_right"

    tenant_id: UUID = Field(primary_key=True)
    profile_id: UUID = Field(primary_key=True)
    product_id: UUID = Field(primary_key=True)
    company_id: UUID | None = None


class MemberProfileRow(SQLModel, table=True):
    """A profile that a member has."""

    __tablename__ = "member_profile"

    tenant_id: UUID = Field(primary_key=True)
    member_id: UUID = Field(primary_key=True)
    profile_id: UUID = Field(primary_key=True)
    created_at: datetime = Field(sa_type=INSTANT)


class MemberAccessRow(SQLModel, table=True):
    """A module that a member may open, from when until when."""

    __tablename__ = "member_access"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    member_id: UUID
    product_id: UUID
    company_id: UUID | None = None
    profile_id: UUID | None = None
    from_at: datetime = Field(sa_type=INSTANT)
    until_at: datetime | None = Field(default=None, sa_type=INSTANT)
    created_at: datetime = Field(sa_type=INSTANT)
