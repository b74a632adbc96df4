"""What this folder brings into the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from api.access import guarded_source
from api.context import ApiContext
from api.feature import Feature, SchemaParts
from api.features.accounts.types import Account
from api.features.invoices.lists import AccountInvoices, SubscriptionInvoices
from api.features.invoices.queries import InvoicesQuery
from api.features.invoices.stored import invoices_by_id
from api.features.invoices.types import INVOICE_ID, Invoice
from api.features.subscriptions.types import Subscription
from api.graphql.nodes import Node
from api.graphql.plugin_schema import Contribution
from core.tenancy import Capability


def contribution(_parts: SchemaParts) -> Feature:
    """Bring invoices, their lists and the preview."""
    return Feature(
        contribution=Contribution(
            name="invoices",
            query=InvoicesQuery,
            extends={Account: AccountInvoices, Subscription: SubscriptionInvoices},
        ),
        nodes=(guarded_source(INVOICE_ID, Capability.INVOICE_READ, _invoices, customers=True),),
    )


async def _invoices(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    async with context.transaction() as tx:
        found = await invoices_by_id(tx, keys)
    return {key: Invoice.of(each) for key, each in found.items()}
