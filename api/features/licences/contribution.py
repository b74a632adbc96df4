"""What this folder brings into the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from api.access import guarded_source
from api.context import ApiContext
from api.feature import Feature, SchemaParts
from api.features.accounts.types import Account, Member
from api.features.licences.lists import AccountLicences, MemberLicences, SubscriptionLicences
from api.features.licences.mutations import LicencesMutation
from api.features.licences.types import ASSIGNMENT_ID, LicenceAssignment
from api.features.subscriptions.types import Subscription
from api.graphql.nodes import Node
from api.graphql.plugin_schema import Contribution
from api.pages import records_by_key
from core.licences import records
from core.licences.tables import LicenceAssignmentRow
from core.tenancy import Capability


def contribution(_parts: SchemaParts) -> Feature:
    """Bring licence assignments."""
    return Feature(
        contribution=Contribution(
            name="licences",
            mutation=LicencesMutation,
            extends={
                Account: AccountLicences,
                Member: MemberLicences,
                Subscription: SubscriptionLicences,
            },
        ),
        nodes=(
            guarded_source(
                ASSIGNMENT_ID, Capability.SUBSCRIPTION_READ, _assignments, customers=True
            ),
        ),
    )


async def _assignments(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await records_by_key(context, LicenceAssignmentRow, records.LicenceAssignment, keys)
    return {each.id: LicenceAssignment.of(each) for each in found if each is not None}
