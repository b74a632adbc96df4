"""The tables of wallets, as migration 0010 makes them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlmodel import Field, SQLModel

from core.column_types import CURRENCY, INSTANT, MONEY_AMOUNT


class WalletRow(SQLModel, table=True):
    """Money that a subscriber has paid ahead; never below zero."""

    __tablename__ = "wallet"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    account_id: UUID
    subscription_id: UUID
    currency: str = Field(sa_type=CURRENCY)
    balance: Decimal = Field(sa_type=MONEY_AMOUNT)
    short_since: datetime | None = Field(default=None, sa_type=INSTANT)
    created_at: datetime = Field(sa_type=INSTANT)


class WalletEntryRow(SQLModel, table=True):
    """A movement of a wallet and the balance after it; insert-only."""

    __tablename__ = "wallet_entry"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    wallet_id: UUID
    kind: str
    amount: Decimal = Field(sa_type=MONEY_AMOUNT)
    balance: Decimal = Field(sa_type=MONEY_AMOUNT)
    reference: str
    invoice_id: UUID | None = None
    period_id: UUID | None = None
    actor: str
    at: datetime = Field(sa_type=INSTANT)


class WalletChargeRow(SQLModel, table=True):
    """What a wallet has paid so far for a usage period that is not billed yet."""

    __tablename__ = "wallet_charge"

    tenant_id: UUID = Field(primary_key=True)
    period_id: UUID = Field(primary_key=True)
    wallet_id: UUID
    charged: Decimal = Field(sa_type=MONEY_AMOUNT)
