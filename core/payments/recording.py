"""Recording money that was received: by people, by integrations, by gateways.

A payment is unique by its gateway and reference: the same one comes as often as it likes
and is booked once. It settles the invoices that it names, or the first to be paid; what is
left stays the account's credit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Final
from uuid import UUID

from core import outbox
from core.accounts import history
from core.accounts import repository as accounts
from core.accounts.clock import account_now
from core.accounts.update_account import AccountNotFound
from core.contact_details import line_of_text
from core.credit_notes.refusals import InvoiceNotFound
from core.db import Tx
from core.kernel.ids import new_id
from core.kernel.money import MAX_AMOUNT, minor_digits, round_money
from core.payments.claims import note_settled
from core.payments.gateways import MANUAL
from core.payments.records import Payment
from core.payments.refusals import PaymentReferenceTaken, PaymentRefused
from core.payments.repository import invoices_known, open_invoices, payment_named
from core.payments.settling import NewCredit, add_credits, lock_debts, write_uses
from core.payments.spreading import spread
from core.payments.tables import PaymentRow
from core.rows import add_row, values_of

RECEIVED: Final = "payment.received"
MOST_NAMED: Final = 100
"""Invoices that one payment may name."""

# A collection that waits for its answer has it, where a report came first.
_ANSWERED: Final = """
UPDATE collection SET state = 'succeeded', settled_at = $4, reason = ''
WHERE tenant_id = $1 AND gateway = $2 AND reference = $3 AND state = 'pending'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedPayment:
    """Money that came in; `invoices` None: the first to be paid; empty: none, it is kept.

    `received_at` None is the account's present, `currency` None the account's.
    """

    account_id: UUID
    amount: Decimal
    reference: str
    currency: str | None = None
    gateway: str = MANUAL
    received_at: datetime | None = None
    invoices: tuple[UUID, ...] | None = None
    note: str = ""
    method_id: UUID | None = None
    collection_id: UUID | None = None


async def record_payment(tx: Tx, command: ReceivedPayment) -> Payment:
    """Book a payment, settle invoices with it, and return it.

    The same payment again (gateway, reference, account, currency and amount) is returned as
    it was booked, and nothing is booked.

    Raises:
        AccountNotFound, InvoiceNotFound, PaymentRefused, PaymentReferenceTaken, InvalidText
    """
    account = await accounts.account(tx, command.account_id)
    if account is None:
        raise AccountNotFound("there is no such account; check its id", path=("account",))
    now = account_now(tx, account)
    currency = command.currency or account.currency
    refuse_amount(command.amount, currency, path=("amount",))
    reference = line_of_text(command.reference, path=("reference",))
    if command.received_at is not None and command.received_at > now:
        raise PaymentRefused("it lies in the account's future", path=("receivedAt",))
    made = Payment(
        id=new_id(),
        account_id=account.id,
        method_id=command.method_id,
        collection_id=command.collection_id,
        gateway=command.gateway,
        reference=reference,
        currency=currency,
        amount=command.amount,
        received_at=command.received_at or now,
        note=line_of_text(command.note, path=("note",)) if command.note else "",
        actor=tx.actor,
        created_at=tx.now,
    )
    await _take_turns(tx, made)
    known = await payment_named(tx, gateway=made.gateway, reference=reference)
    if known is not None:
        return _same(known, made)
    named = await _invoices(tx, made, command.invoices)
    await _book(tx, made, named, now=now)
    return made


def refuse_amount(amount: Decimal, currency: str, *, path: tuple[str, ...]) -> None:
    """Refuse what is not above 0, too much, or has more decimals than its currency."""
    digits = minor_digits(currency)
    if not amount.is_finite() or not 0 < amount < MAX_AMOUNT:
        raise PaymentRefused("give an amount above 0", path=path)
    if amount != amount.quantize(Decimal(1).scaleb(-digits)):
        raise PaymentRefused(f"{currency} has {digits} decimals", path=path)


async def _take_turns(tx: Tx, made: Payment) -> None:
    """Let two that bring the same reference come one after the other."""
    name = f"{tx.tenant_id}/{made.gateway}/{made.reference}"
    digest = blake2b(name.encode(), digest_size=8).digest()
    key = int.from_bytes(digest, "big", signed=True)
    await tx.execute("SELECT pg_advisory_xact_lock($1)", key)


def _same(known: Payment, made: Payment) -> Payment:
    facts = ("account_id", "currency", "amount")
    if all(getattr(known, name) == getattr(made, name) for name in facts):
        return known
    raise PaymentReferenceTaken(
        f"{made.gateway} {made.reference} is another payment, of"
        f" {round_money(known.amount, known.currency):f}"
        f" {known.currency}; give this one's own reference",
        path=("reference",),
    )


async def _invoices(tx: Tx, made: Payment, named: Sequence[UUID] | None) -> list[UUID]:
    if named is None:
        return await open_invoices(tx, made.account_id, currency=made.currency)
    chosen = list(dict.fromkeys(named))
    if len(chosen) > MOST_NAMED:
        raise PaymentRefused(f"name {MOST_NAMED} invoices at most", path=("invoices",))
    known = await invoices_known(tx, made.account_id, currency=made.currency, among=chosen)
    for place, key in enumerate(chosen):
        if key not in known:
            told = f"the account has no such invoice in {made.currency}; check its id"
            raise InvoiceNotFound(told, path=("invoices", str(place)))
    return chosen


async def _book(tx: Tx, made: Payment, invoices: Sequence[UUID], *, now: datetime) -> None:
    debts = await lock_debts(tx, invoices)
    credit = NewCredit(
        id=made.id, account_id=made.account_id, currency=made.currency, kind="payment",
        amount=made.amount, at=now,
    )  # fmt: skip
    await add_credits(tx, [credit])
    await add_row(tx, PaymentRow, tenant_id=tx.tenant_id, **values_of(made))
    uses = spread([debts[key] for key in invoices if key in debts], [credit.funds()])
    await write_uses(tx, uses, at=now)
    answered = (tx.tenant_id, made.gateway, made.reference, tx.now)
    await tx.execute(_ANSWERED, *answered)
    await note_settled(tx, [use.invoice_id for use in uses], at=now)
    details = {
        "amount": f"{round_money(made.amount, made.currency):f}",
        "currency": made.currency,
        "gateway": made.gateway,
        "reference": made.reference,
    }
    await history.append(
        tx,
        account_id=made.account_id,
        action=RECEIVED,
        subject_type="payment",
        subject_id=made.id,
        details=details,
    )
    told = {"account": made.account_id, "payment": made.id, **details}
    await outbox.append(tx, topic=RECEIVED, subject_id=made.id, payload=told)
