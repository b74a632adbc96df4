"""What this folder brings into the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from api.access import guarded_source
from api.context import ApiContext
from api.feature import Feature, SchemaParts
from api.features.subscriptions.types import Subscription
from api.features.wallets.lists import SubscriptionWallet, WalletEntries
from api.features.wallets.loading import load_entries, load_wallets
from api.features.wallets.mutations import WalletsMutation
from api.features.wallets.types import WALLET_ENTRY_ID, WALLET_ID, Wallet, WalletEntry
from api.graphql.nodes import Node
from api.graphql.plugin_schema import Contribution
from core.tenancy import Capability


def contribution(_parts: SchemaParts) -> Feature:
    """Bring wallets with their movements."""
    return Feature(
        contribution=Contribution(
            name="wallets",
            mutation=WalletsMutation,
            extends={Subscription: SubscriptionWallet, Wallet: WalletEntries},
        ),
        nodes=(
            guarded_source(WALLET_ID, Capability.SUBSCRIPTION_READ, _wallets, customers=True),
            guarded_source(
                WALLET_ENTRY_ID, Capability.SUBSCRIPTION_READ, _entries, customers=True
            ),
        ),
    )


async def _wallets(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await load_wallets(context, list(keys))
    return {each.id: Wallet.of(each) for each in found if each is not None}


async def _entries(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await load_entries(context, list(keys))
    return {each.id: WalletEntry.of(each) for each in found if each is not None}
