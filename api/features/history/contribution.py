"""What this folder brings into the schema."""

from __future__ import annotations

from api.feature import Feature, SchemaParts
from api.features.accounts.types import Account, HistoryEntry
from api.features.history.lists import AccountHistory, EntryBelongs, SubscriptionHistory
from api.features.subscriptions.types import Subscription
from api.graphql.plugin_schema import Contribution


def contribution(_parts: SchemaParts) -> Feature:
    """Bring the histories of accounts and subscriptions."""
    return Feature(
        contribution=Contribution(
            name="history",
            extends={
                Account: AccountHistory,
                Subscription: SubscriptionHistory,
                HistoryEntry: EntryBelongs,
            },
        )
    )
