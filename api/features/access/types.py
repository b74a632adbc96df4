"""Teams, profiles and access as the schema shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.access import loading
from api.features.accounts.loading import load_companies, load_members
from api.features.accounts.types import BelongingState, Company, Member
from api.features.catalogue.loading import load_products
from api.features.catalogue.types import Product
from api.graphql.ids import IdKind
from api.graphql.nodes import Node
from api.linked import linked
from core.access import records
from core.tenancy import Capability

TEAM_ID: Final = IdKind(prefix="team", type_name="Team")
PROFILE_ID: Final = IdKind(prefix="profile", type_name="Profile")


@strawberry.type(description="A module that may be opened, in one company or in all.")
class AccessRight:
    """A right of a profile."""

    product_key: strawberry.Private[UUID]
    company_key: strawberry.Private[UUID | None]

    @strawberry.field(description="The module, or a suite: all of its modules.")
    @requires(Capability.CATALOGUE_READ)
    async def module(self, info: Info) -> Product | None:
        """Load the module."""
        return await linked(info, load_products, key=self.product_key, show=Product.of)

    @strawberry.field(description="The attached company; null: in all companies.")
    @requires(Capability.ACCOUNT_READ)
    async def company(self, info: Info) -> Company | None:
        """Load the company."""
        return await linked(info, load_companies, key=self.company_key, show=Company.of)


@strawberry.type(description="A named set of rights, which members are given together.")
class Profile(Node):
    """A profile."""

    name: str = strawberry.field(description="Its name, unique in the account.")
    state: BelongingState = strawberry.field(description="Whether it may be given still.")
    created_at: datetime = strawberry.field(description="When it was created.")
    key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: records.Profile) -> Profile:
        """Show a record."""
        return cls(
            id=PROFILE_ID.encode(record.id),
            name=record.name,
            state=BelongingState(record.state),
            created_at=record.created_at,
            key=record.id,
        )

    @strawberry.field(description="What it opens; at most 500 rights.")
    @requires(Capability.ACCOUNT_READ)
    async def rights(self, info: Info) -> list[AccessRight]:
        """Load the rights."""
        found = await info.context.loaders.of(loading.load_rights).load(self.key)
        return [
            AccessRight(product_key=one.product_id, company_key=one.company_id) for one in found
        ]


@strawberry.type(description="Members who are given licences together.")
class Team(Node):
    """A team."""

    name: str = strawberry.field(description="Its name, unique in the account.")
    state: BelongingState = strawberry.field(description="Whether it exists still.")
    created_at: datetime = strawberry.field(description="When it was created.")
    key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: records.Team) -> Team:
        """Show a record."""
        return cls(
            id=TEAM_ID.encode(record.id),
            name=record.name,
            state=BelongingState(record.state),
            created_at=record.created_at,
            key=record.id,
        )

    @strawberry.field(description="Who is in it; at most 1,000 members.")
    @requires(Capability.ACCOUNT_READ, customers=True)
    async def members(self, info: Info) -> list[Member]:
        """Load the members."""
        keys = await info.context.loaders.of(loading.load_team_members).load(self.key)
        found = await info.context.loaders.of(load_members).load_many(keys)
        return [Member.of(one) for one in found if one is not None]


@strawberry.type(description="A module that a member may open now, and through which profile.")
class MemberAccess(AccessRight):
    """A right that a member has."""

    since: datetime = strawberry.field(description="From when on.")
    profile_key: strawberry.Private[UUID | None]

    @strawberry.field(description="The profile that gives it.")
    @requires(Capability.ACCOUNT_READ)
    async def profile(self, info: Info) -> Profile | None:
        """Load the profile."""
        return await linked(info, loading.load_profiles, key=self.profile_key, show=Profile.of)
