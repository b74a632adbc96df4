"""What this folder brings into the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import strawberry

from api.access import guarded_source
from api.context import ApiContext
from api.feature import Feature, SchemaParts
from api.features.accounts import loading
from api.features.accounts.clock import ClockMutation
from api.features.accounts.lists import AccountLists
from api.features.accounts.mutations import AccountsMutation
from api.features.accounts.queries import AccountsQuery
from api.features.accounts.types import (
    ACCOUNT_ID,
    COMPANY_ID,
    MEMBER_ID,
    Account,
    Company,
    Member,
)
from api.graphql.nodes import Node
from api.graphql.plugin_schema import Contribution
from core.tenancy import Capability


@strawberry.type(description="Changes of customers and of their clocks.")
class _Mutation(AccountsMutation, ClockMutation):
    """Both files' mutations."""


def contribution(_parts: SchemaParts) -> Feature:
    """Bring accounts, members, companies and histories."""
    return Feature(
        contribution=Contribution(
            name="accounts",
            query=AccountsQuery,
            mutation=_Mutation,
            extends={Account: AccountLists},
        ),
        nodes=(
            guarded_source(ACCOUNT_ID, Capability.ACCOUNT_READ, _accounts, customers=True),
            guarded_source(MEMBER_ID, Capability.ACCOUNT_READ, _members, customers=True),
            guarded_source(COMPANY_ID, Capability.ACCOUNT_READ, _companies, customers=True),
        ),
    )


async def _accounts(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await loading.load_accounts(context, list(keys))
    return {each.id: Account.of(each) for each in found if each is not None}


async def _members(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await loading.load_members(context, list(keys))
    return {each.id: Member.of(each) for each in found if each is not None}


async def _companies(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await loading.load_companies(context, list(keys))
    return {each.id: Company.of(each) for each in found if each is not None}
