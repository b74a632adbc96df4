"""What this folder brings into the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from api.access import guarded_source
from api.context import ApiContext
from api.feature import Feature, SchemaParts
from api.features.discounts.ids import GRANT_ID
from api.features.discounts.lists import (
    GrantApplications,
    InvoiceDiscounts,
    JobDiscounts,
    SubscriptionDiscounts,
)
from api.features.discounts.loading import load_grants
from api.features.discounts.mutations import DiscountsMutation
from api.features.discounts.queries import DiscountsQuery
from api.features.discounts.types import DiscountGrant
from api.features.invoices.types import Invoice
from api.features.jobs.types import Job
from api.features.subscriptions.types import Subscription
from api.graphql.nodes import Node
from api.graphql.plugin_schema import Contribution
from core.tenancy import Capability


def contribution(_parts: SchemaParts) -> Feature:
    """Bring discounts that are given, and what they took off."""
    return Feature(
        contribution=Contribution(
            name="discounts",
            query=DiscountsQuery,
            mutation=DiscountsMutation,
            extends={
                Invoice: InvoiceDiscounts,
                DiscountGrant: GrantApplications,
                Subscription: SubscriptionDiscounts,
                Job: JobDiscounts,
            },
        ),
        nodes=(guarded_source(GRANT_ID, Capability.SUBSCRIPTION_READ, _grants),),
    )


async def _grants(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await load_grants(context, list(keys))
    return {each.id: DiscountGrant.of(each) for each in found if each is not None}
