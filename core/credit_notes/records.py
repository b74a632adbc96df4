"""Credit notes as they are told to whoever made them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

Scope = Literal["whole", "lines", "amount", "unused"]


@dataclass(frozen=True, slots=True)
class CreditNote:
    """A numbered credit note; `total` is what it gives back, with tax.

    `at` is the account's time at which it was made.
    """

    id: UUID
    number: str
    corrects_id: UUID
    account_id: UUID
    subscription_id: UUID | None
    currency: str
    net: Decimal
    tax: Decimal
    total: Decimal
    scope: Scope
    reason: str
    issue_date: date
    at: datetime
