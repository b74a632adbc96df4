"""What this folder brings into the schema."""

from __future__ import annotations

from api.feature import Feature, SchemaParts
from api.features.accounts.types import Account
from api.features.previews.lists import AccountNextInvoices, SubscriptionNextInvoice
from api.features.subscriptions.types import Subscription
from api.graphql.plugin_schema import Contribution


def contribution(_parts: SchemaParts) -> Feature:
    """Bring the next invoices of accounts and subscriptions."""
    return Feature(
        contribution=Contribution(
            name="previews",
            extends={Subscription: SubscriptionNextInvoice, Account: AccountNextInvoices},
        )
    )
