"""The next invoices below accounts and subscriptions."""

from __future__ import annotations

from typing import Final

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.types import Account
from api.features.previews.loading import load_next_invoices, load_next_invoices_of
from api.features.previews.types import NextInvoice
from api.features.subscriptions.types import Subscription
from api.graphql.cost import FieldCost
from core.tenancy import Capability

OF_SUBSCRIPTION: Final = FieldCost(flat=20)
OF_ACCOUNT: Final = FieldCost(flat=50)


@strawberry.type(description="What a subscription is billed next.")
class SubscriptionNextInvoice:
    """A field of `Subscription`."""

    @strawberry.field(
        description="The invoice that its next closing would make, were it billed alone; null "
        "where nothing is to be billed. What would park it is told as a problem.",
        metadata=OF_SUBSCRIPTION.metadata(),
    )
    @requires(Capability.INVOICE_READ, customers=True)
    async def next_invoice(
        self, info: Info, root: strawberry.Parent[Subscription]
    ) -> NextInvoice | None:
        """Compute the invoice."""
        return await info.context.loaders.of(load_next_invoices).load(root.key)


@strawberry.type(description="What an account is billed next.")
class AccountNextInvoices:
    """A field of `Account`."""

    @strawberry.field(
        description="The invoices that the next closings of its subscriptions would make, the "
        "first due first: one for each subscription, or for all that fall due together where "
        "the account takes one invoice. At most 200 subscriptions are looked at.",
        metadata=OF_ACCOUNT.metadata(),
    )
    @requires(Capability.INVOICE_READ, customers=True)
    async def next_invoices(
        self, info: Info, root: strawberry.Parent[Account]
    ) -> list[NextInvoice] | None:
        """Compute the invoices."""
        return await info.context.loaders.of(load_next_invoices_of).load(root.key)
