"""Licence assignments below accounts, members and subscriptions."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import strawberry
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.accounts.types import MEMBER_ID, Account, Member
from api.features.licences.types import LicenceAssignment
from api.features.subscriptions.types import Subscription
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key
from api.pages_below import pages_below
from core.licences import records
from core.licences.tables import LicenceAssignmentRow
from core.tenancy import Capability

_ALL: Final = Listing(
    table=LicenceAssignmentRow, record=records.LicenceAssignment, show=LicenceAssignment.of
)
_LATEST: Final = Sort(
    "licence.latest", key(col(LicenceAssignmentRow.id), UUID, descending=True)
)
_of_account = pages_below(_ALL, parent=col(LicenceAssignmentRow.account_id), sort=_LATEST)
_of_member = pages_below(_ALL, parent=col(LicenceAssignmentRow.member_id), sort=_LATEST)
_of_subscription = pages_below(
    _ALL, parent=col(LicenceAssignmentRow.subscription_id), sort=_LATEST
)


@strawberry.type(description="The licences that an account's members hold.")
class AccountLicences:
    """A field of `Account`."""

    @strawberry.field(
        description="Its licence assignments, the last one first, ended ones too."
    )
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    @paged
    async def licence_assignments(
        self, info: Info, root: strawberry.Parent[Account], *, asked: PageArguments
    ) -> Connection[LicenceAssignment]:
        """Return a page of assignments."""
        return await _of_account.page(info, parent=root.key, asked=asked)


@strawberry.type(description="The licences that a member holds.")
class MemberLicences:
    """A field of `Member`."""

    @strawberry.field(description="Their licences, the last one first, ended ones too.")
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    @paged
    async def licence_assignments(
        self, info: Info, root: strawberry.Parent[Member], *, asked: PageArguments
    ) -> Connection[LicenceAssignment]:
        """Return a page of assignments."""
        parent = MEMBER_ID.parse(root.id, path=("id",))
        return await _of_member.page(info, parent=parent, asked=asked)


@strawberry.type(description="Who holds the seats of a subscription.")
class SubscriptionLicences:
    """A field of `Subscription`."""

    @strawberry.field(
        description="Its licence assignments, the last one first, ended ones too."
    )
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    @paged
    async def licence_assignments(
        self, info: Info, root: strawberry.Parent[Subscription], *, asked: PageArguments
    ) -> Connection[LicenceAssignment]:
        """Return a page of assignments."""
        return await _of_subscription.page(info, parent=root.key, asked=asked)
