"""Invoices of prepaid subscriptions are paid from their wallets when they are made.

A wallet pays the invoice's total less what it has paid for its usage already. One that has
too little parks the subscription, and nothing of the invoice is kept: it is made again,
with the same figures, when the wallet has been topped up. While a subscription is suspended
for that reason all of its invoices wait: they are made when it goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Final
from uuid import UUID

from core.billing.draft import InvoiceDraft
from core.billing_cycles.group_pricing import Priced
from core.billing_cycles.prepaid import prepaid_terms
from core.billing_cycles.rows import ClosingRows
from core.billing_cycles.wallet_grace import note_grace, suspensions
from core.db import Tx
from core.invoices.finalise import FinalInvoice
from core.kernel.errors import Refusal
from core.kernel.money import round_money
from core.wallets.repository import (
    charged_for,
    cover,
    fall_short,
    lock_wallets,
    move,
    set_charged,
)
from core.wallets.wallet import Movement, Wallet

NOTHING: Final = Decimal(0)

_PAID: Final = """
UPDATE invoice_settlement SET paid = greatest(total, 0)
WHERE tenant_id = $1 AND invoice_id = ANY ($2::uuid[])
"""


class WalletShort(Refusal):
    """A wallet has too little for an invoice; topping it up bills it at once."""

    code: ClassVar[str] = "WALLET_SHORT"


@dataclass(frozen=True, slots=True)
class Payment:
    """What a wallet pays for one invoice, and the usage periods that are settled by it."""

    wallet: Wallet
    draft: InvoiceDraft
    amount: Decimal
    now: datetime
    period_ids: tuple[UUID, ...] = ()


@dataclass(slots=True)
class WalletPayments:
    """The payments of a round, to be made once its invoices are stored."""

    payments: list[Payment] = field(default_factory=list)

    async def make(self, tx: Tx, invoices: Sequence[FinalInvoice]) -> None:
        """Take the money, and note the invoices as paid."""
        if not self.payments:
            return
        by_draft = {id(invoice.draft): invoice.id for invoice in invoices}
        paid = [by_draft[id(one.draft)] for one in self.payments if id(one.draft) in by_draft]
        movements = [
            Movement(
                one.wallet.id,
                "invoice" if id(one.draft) in by_draft else "correction",
                -one.amount,
                one.now,
                invoice_id=by_draft.get(id(one.draft)),
            )
            for one in self.payments
            if one.amount
        ]
        await move(tx, movements)
        await set_charged(
            tx,
            [
                (period_id, one.wallet.id, NOTHING)
                for one in self.payments
                for period_id in one.period_ids
            ],
        )
        await cover(tx, [one.wallet.id for one in self.payments])
        await tx.execute(_PAID, tx.tenant_id, paid)


async def ask_wallets(
    tx: Tx, rows: ClosingRows, priced: list[Priced], *, faults: dict[UUID, Exception]
) -> WalletPayments:
    """Decide what wallets pay; take what they cannot pay out of `priced`, into `faults`.

    The wallets stay locked, so that what they can pay now they can pay when it is stored.
    """
    asked = WalletPayments()
    terms = {
        member: found
        for group, _draft in priced
        for member in group.members
        if (found := prepaid_terms(rows, member)) is not None
    }
    if not terms:
        return asked
    wallets = await lock_wallets(tx, terms)
    used = {one.id: one.subscription_id for one in rows.periods if one.stream == "usage"}
    charged = await charged_for(tx, [one for one, owner in used.items() if owner in terms])
    suspended = await suspensions(tx, terms)
    short: dict[UUID, datetime] = {}
    for group, draft in list(priced):
        member = group.members[0]
        if member not in terms:
            continue
        wallet = wallets[member]
        if member in suspended:
            faults[member] = _suspended(suspended[member].from_at)
            priced.remove((group, draft))
            continue
        now = rows.subscriptions[member].test_clock or tx.now
        settled = tuple(one for one in charged if used[one] == member)
        owed = draft.total - sum((charged[one] for one in settled), NOTHING)
        if owed > wallet.balance:
            faults[member] = _short(wallet, owed=owed, total=draft.total)
            short[wallet.id] = now
            priced.remove((group, draft))
            await note_grace(tx, at=now + terms[member].grace)
        else:
            asked.payments.append(Payment(wallet, draft, owed, now, settled))
    await fall_short(tx, short)
    return asked


def _short(wallet: Wallet, *, owed: Decimal, total: Decimal) -> WalletShort:
    currency = wallet.currency
    balance = round_money(wallet.balance, currency)
    return WalletShort(
        f"the wallet lacks {round_money(owed - balance, currency):f} {currency}: it has"
        f" {balance:f}, and {round_money(owed, currency):f} of {total:f} are to be paid;"
        " top it up"
    )


def _suspended(since: datetime) -> WalletShort:
    return WalletShort(
        f"suspended since {since.isoformat()} because the wallet is short; top it up"
    )
