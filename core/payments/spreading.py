"""Which money settles which invoice. Pure.

Money is used in the order given, and only for invoices of its own account and currency; an
invoice takes no more than is open of it, and nothing is used twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, NamedTuple
from uuid import UUID

CreditKind = Literal["payment", "credit_note", "negative_invoice"]
NOTHING: Final = Decimal(0)


@dataclass(slots=True)
class Debt:
    """An invoice, and what is open of it; `open` falls as money is spread."""

    invoice_id: UUID
    account_id: UUID
    currency: str
    open: Decimal


@dataclass(slots=True)
class Funds:
    """Money that an account may use up; `left` falls as it is spread."""

    credit_id: UUID
    account_id: UUID
    currency: str
    kind: CreditKind
    left: Decimal

    def fits(self, debt: Debt) -> bool:
        """Tell whether this money may settle that invoice."""
        return (self.account_id, self.currency) == (debt.account_id, debt.currency)


class Use(NamedTuple):
    """So much of some money settles an invoice."""

    credit_id: UUID
    invoice_id: UUID
    kind: CreditKind
    amount: Decimal


def spread(debts: Sequence[Debt], funds: Sequence[Funds]) -> list[Use]:
    """Settle the first invoice first, with the first money first; return what was used."""
    uses: list[Use] = []
    for debt in debts:
        for money in funds:
            amount = min(debt.open, money.left)
            if amount > NOTHING and money.fits(debt):
                debt.open -= amount
                money.left -= amount
                uses.append(Use(money.credit_id, debt.invoice_id, money.kind, amount))
    return uses
