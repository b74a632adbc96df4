"""A wallet: money that a subscriber has paid ahead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple
from uuid import UUID

EntryKind = Literal["top_up", "usage", "invoice", "correction"]


@dataclass(frozen=True, slots=True)
class Wallet:
    """A wallet as it stands; `short_since` is when it first could not pay an invoice."""

    id: UUID
    account_id: UUID
    subscription_id: UUID
    currency: str
    balance: Decimal
    short_since: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WalletEntry:
    """A movement of a wallet, negative when it pays, and the balance after it."""

    id: UUID
    wallet_id: UUID
    kind: EntryKind
    amount: Decimal
    balance: Decimal
    reference: str
    invoice_id: UUID | None
    period_id: UUID | None
    actor: str
    at: datetime


class Movement(NamedTuple):
    """Money to put into a wallet, or to take out of it where `amount` is negative."""

    wallet_id: UUID
    kind: EntryKind
    amount: Decimal
    at: datetime
    reference: str = ""
    invoice_id: UUID | None = None
    period_id: UUID | None = None
