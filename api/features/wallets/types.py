"""Wallets and their movements, as the schema shows them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.invoices.lines import money
from api.features.invoices.types import Invoice
from api.features.subscriptions.loading import load_periods, load_subscriptions
from api.features.subscriptions.periods import BillingPeriod
from api.features.subscriptions.types import Subscription
from api.features.tenancy.actors import Actor
from api.features.wallets.loading import load_paid_invoices, load_wallets
from api.graphql.ids import IdKind
from api.graphql.money import Money
from api.graphql.nodes import Node
from api.linked import linked
from core.tenancy import Capability
from core.wallets import wallet as records

WALLET_ID: Final = IdKind(prefix="wallet", type_name="Wallet")
WALLET_ENTRY_ID: Final = IdKind(prefix="walletentry", type_name="WalletEntry")


@strawberry.enum(description="Why a wallet's balance moved.")
class WalletEntryKind(Enum):
    """Kinds of movements."""

    TOP_UP = strawberry.enum_value("top_up", description="Money was put in.")
    USAGE = strawberry.enum_value(
        "usage", description="Usage was paid when it was stored, or given back by a void."
    )
    INVOICE = strawberry.enum_value(
        "invoice", description="An invoice was paid, less what was paid for its usage before."
    )
    CORRECTION = strawberry.enum_value(
        "correction", description="Too much was paid for usage, and came back."
    )


@strawberry.type(description="Money that a subscriber has paid ahead; never below zero.")
class Wallet(Node):
    """The wallet of a subscription on prepaid terms."""

    balance: Money = strawberry.field(description="What it has.")
    short_since: datetime | None = strawberry.field(
        description="Since when it cannot pay an invoice; null while it can. After the terms' "
        "grace the subscription is suspended, until a top-up covers what is owed."
    )
    created_at: datetime = strawberry.field(description="When it was opened.")
    key: strawberry.Private[UUID]
    subscription_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: records.Wallet) -> Wallet:
        """Show a record."""
        return cls(
            id=WALLET_ID.encode(record.id),
            balance=money(record.balance, record.currency),
            short_since=record.short_since,
            created_at=record.created_at,
            key=record.id,
            subscription_key=record.subscription_id,
        )

    @strawberry.field(description="The subscription that it pays for.")
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def subscription(self, info: Info) -> Subscription | None:
        """Load the subscription."""
        return await linked(
            info, load_subscriptions, key=self.subscription_key, show=Subscription.of
        )


@strawberry.type(description="A movement of a wallet, and the balance after it.")
class WalletEntry(Node):
    """One line of a wallet's ledger; it never changes."""

    kind: WalletEntryKind = strawberry.field(description="Why it moved.")
    reference: str = strawberry.field(
        description="The payment of a top-up, or the event that was paid."
    )
    actor: Actor = strawberry.field(description="Who moved it.")
    at: datetime = strawberry.field(description="When, in the account's time.")
    key: strawberry.Private[UUID]
    record: strawberry.Private[records.WalletEntry]

    @classmethod
    def of(cls, record: records.WalletEntry) -> WalletEntry:
        """Show a record."""
        return cls(
            id=WALLET_ENTRY_ID.encode(record.id),
            kind=WalletEntryKind(record.kind),
            reference=record.reference,
            actor=Actor.of(record.actor),
            at=record.at,
            key=record.id,
            record=record,
        )

    @strawberry.field(description="What was put in, or taken out where it is negative.")
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def amount(self, info: Info) -> Money:
        """Show the amount in the wallet's currency."""
        return money(self.record.amount, await _currency(info, self.record))

    @strawberry.field(description="What the wallet had afterwards.")
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def balance(self, info: Info) -> Money:
        """Show the balance in the wallet's currency."""
        return money(self.record.balance, await _currency(info, self.record))

    @strawberry.field(description="The invoice that it paid.")
    @requires(Capability.INVOICE_READ, customers=True)
    async def invoice(self, info: Info) -> Invoice | None:
        """Load the invoice."""
        return await linked(
            info, load_paid_invoices, key=self.record.invoice_id, show=Invoice.of
        )

    @strawberry.field(description="The period whose usage it paid.")
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def period(self, info: Info) -> BillingPeriod | None:
        """Load the period."""
        return await linked(
            info, load_periods, key=self.record.period_id, show=BillingPeriod.of
        )


async def _currency(info: Info, entry: records.WalletEntry) -> str:
    found = await info.context.loaders.of(load_wallets).load(entry.wallet_id)
    assert found is not None  # an entry has its wallet
    return found.currency
