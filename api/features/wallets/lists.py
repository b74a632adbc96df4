"""The wallet below a subscription, and the movements below a wallet."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import strawberry
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.subscriptions.types import Subscription
from api.features.wallets.loading import load_wallets_of
from api.features.wallets.types import Wallet, WalletEntry
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.linked import linked
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key
from api.pages_below import pages_below
from core.tenancy import Capability
from core.wallets import wallet as records
from core.wallets.tables import WalletEntryRow

ENTRIES: Final = Listing(table=WalletEntryRow, record=records.WalletEntry, show=WalletEntry.of)
_LATEST_FIRST: Final = Sort(
    "walletEntry.latest", key(col(WalletEntryRow.id), UUID, descending=True)
)
_pages = pages_below(ENTRIES, parent=col(WalletEntryRow.wallet_id), sort=_LATEST_FIRST)


@strawberry.type(description="The wallet of a subscription.")
class SubscriptionWallet:
    """A field of `Subscription`."""

    @strawberry.field(description="Its wallet; null where its terms are not prepaid.")
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def wallet(self, info: Info, root: strawberry.Parent[Subscription]) -> Wallet | None:
        """Load the wallet."""
        return await linked(info, load_wallets_of, key=root.key, show=Wallet.of)


@strawberry.type(description="The movements of a wallet.")
class WalletEntries:
    """A field of `Wallet`."""

    @strawberry.field(description="Its movements, the last one first.")
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    @paged
    async def entries(
        self,
        info: Info,
        root: strawberry.Parent[Wallet],
        *,
        asked: PageArguments,
    ) -> Connection[WalletEntry]:
        """Return a page of movements."""
        return await _pages.page(info, parent=root.key, asked=asked)
