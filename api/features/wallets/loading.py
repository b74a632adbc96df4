"""Loaders of wallets: each reads the rows of many keys in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from api.context import ApiContext
from api.features.invoices.stored import StoredInvoice, invoices_by_id
from api.pages import records_by_key
from core.wallets.tables import WalletEntryRow, WalletRow
from core.wallets.wallet import Wallet, WalletEntry


async def load_wallets(context: ApiContext, keys: list[UUID]) -> Sequence[Wallet | None]:
    """Load wallets by id."""
    return await records_by_key(context, WalletRow, Wallet, keys)


async def load_wallets_of(context: ApiContext, keys: list[UUID]) -> Sequence[Wallet | None]:
    """Load the wallets of subscriptions."""
    return await records_by_key(context, WalletRow, Wallet, keys, name="subscription_id")


async def load_entries(context: ApiContext, keys: list[UUID]) -> Sequence[WalletEntry | None]:
    """Load movements by id."""
    return await records_by_key(context, WalletEntryRow, WalletEntry, keys)


async def load_paid_invoices(
    context: ApiContext, keys: list[UUID]
) -> Sequence[StoredInvoice | None]:
    """Load the invoices that movements paid."""
    async with context.transaction() as tx:
        found = await invoices_by_id(tx, keys)
    return [found.get(key) for key in keys]
