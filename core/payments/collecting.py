"""Collecting: an attempt is begun, asked for outside of any transaction, and noted.

At least once with one key: an attempt that was begun and not noted is asked again under the
same key, so that whoever dies in between pays once. An attempt is for what is open when it
begins, and keeps that amount. A gateway that raises or does not answer has not refused: the
attempt waits and is asked again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from core import outbox
from core.accounts import history
from core.db import Tx
from core.invoices.numbering import number_text
from core.kernel.money import Money, round_money
from core.payments.asking import Answer
from core.payments.lifting import note_action
from core.payments.policy import PaymentPolicy
from core.payments.recording import ReceivedPayment, record_payment
from core.payments.records import Collection
from core.payments.refusals import PaymentReferenceTaken
from core.payments.settling import lock_debts
from core.plugin_api import PaymentRequest
from core.rows import column_list, to_record

LEASE: Final = timedelta(seconds=60)
"""How long an attempt that was begun is left alone; longer than a gateway may take."""
PAUSE: Final = timedelta(minutes=5)
"""After which an answer that is pending, or did not come, is asked for again."""

_COLLECTION: Final = column_list(Collection, alias="c")
_CLAIM: Final = f"""
SELECT {_COLLECTION}, coalesce(a.test_clock, $2) AS now, m.token, m.state AS method_state
FROM collection c
JOIN account a ON a.tenant_id = $1 AND a.id = c.account_id
JOIN payment_method m ON m.tenant_id = $1 AND m.id = c.method_id
WHERE c.tenant_id = $1 AND c.state IN ('waiting', 'pending')
    AND c.next_at <= coalesce(a.test_clock, $2) AND {{whose}}
ORDER BY c.next_at, c.id LIMIT $3 FOR UPDATE OF c SKIP LOCKED
"""  # noqa: S608 - our columns
_CLAIM_ANY: Final = _CLAIM.format(whose="true")
_CLAIM_OF_ACCOUNT: Final = _CLAIM.format(whose="c.account_id = $4")
_FACTS: Final = """
SELECT s.total - s.paid - s.credited AS open, n.series, n.n
FROM invoice_settlement s
JOIN invoice_number n ON n.tenant_id = $1 AND n.invoice_id = s.invoice_id
WHERE s.tenant_id = $1 AND s.invoice_id = $2
"""
_BEGIN: Final = """
UPDATE collection SET state = 'pending', attempts = $3, amount = $4, next_at = $5,
    reference = $6
WHERE tenant_id = $1 AND id = $2
"""
_LOCK: Final = """
SELECT c.*, a.timezone, coalesce(a.test_clock, $4) AS now, d.policy
FROM collection c
JOIN account a ON a.tenant_id = $1 AND a.id = c.account_id
LEFT JOIN dunning d ON d.tenant_id = $1 AND d.invoice_id = c.invoice_id
WHERE c.tenant_id = $1 AND c.id = $2 AND c.attempts = $3 AND c.state = 'pending'
FOR UPDATE OF c
"""
_NOTE: Final = """
UPDATE collection SET state = $3, next_at = $4, reference = $5, reason = $6, settled_at = $7
WHERE tenant_id = $1 AND id = $2
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that was begun: which, of what, and what the gateway is asked."""

    collection_id: UUID
    invoice_id: UUID
    gateway: str
    number: int
    request: PaymentRequest


async def begin_attempts(
    tx: Tx, *, limit: int, account_id: UUID | None = None
) -> list[Attempt]:
    """Begin what is due of this tenant, or of one account; commit before asking.

    What is settled by now is cancelled, and what its method was removed of has failed.
    """
    sql = _CLAIM_ANY if account_id is None else _CLAIM_OF_ACCOUNT
    whose = () if account_id is None else (account_id,)
    begun = []
    for row in await tx.fetch(sql, tx.tenant_id, tx.now, limit, *whose):
        attempt = await _begun(tx, row)
        if attempt is not None:
            begun.append(attempt)
    return begun


async def _begun(tx: Tx, row: Any) -> Attempt | None:
    collection = to_record(Collection, row)
    facts = await tx.fetchrow(_FACTS, tx.tenant_id, collection.invoice_id)
    assert facts is not None  # every invoice has a settlement and a number
    if collection.state == "waiting":
        if facts["open"] <= 0:
            await _note(tx, row, Answer("cancelled", "", "the invoice is settled"))
            return None
        if row["method_state"] != "active":
            await _note(tx, row, Answer("failed", "", "the payment method was removed"))
            return None
        collection = replace(
            collection, attempts=collection.attempts + 1, amount=facts["open"], reference=""
        )
    await tx.execute(
        _BEGIN,
        tx.tenant_id,
        collection.id,
        collection.attempts,
        collection.amount,
        row["now"] + LEASE,
        collection.reference,
    )
    number = number_text(facts["series"], facts["n"])
    return _attempt(collection, number=number, token=row["token"])


def _attempt(collection: Collection, *, number: str, token: str) -> Attempt:
    return Attempt(
        collection.id,
        collection.invoice_id,
        collection.gateway,
        collection.attempts,
        PaymentRequest(
            idempotency_key=f"{collection.id}:{collection.attempts}",
            account=str(collection.account_id),
            invoice_number=number,
            amount=Money(collection.amount, collection.currency),
            method_token=token,
            attempt=collection.attempts,
            reference=collection.reference,
        ),
    )


async def note_answer(tx: Tx, attempt: Attempt, answer: Answer) -> None:
    """Store what came of an attempt; one that was noted already stays as it is."""
    await lock_debts(tx, [attempt.invoice_id])
    found = (tx.tenant_id, attempt.collection_id, attempt.number, tx.now)
    row = await tx.fetchrow(_LOCK, *found)
    if row is None:
        return
    if row["attempts"] > 1 and answer.state != "pending" and row["policy"] is not None:
        await note_action(tx, invoice_id=row["invoice_id"], step=0, kind="retry", at=row["now"])
    if answer.state == "succeeded":
        await _receive(tx, row, answer)
    elif answer.state == "failed":
        await _fail(tx, row, answer)
    else:
        await _note(tx, row, answer, next_at=row["now"] + PAUSE)


async def _receive(tx: Tx, row: Any, answer: Answer) -> None:
    """Book the payment; a report of the same one may have come first."""
    await _note(tx, row, answer)
    amount: Decimal = row["amount"]
    payment = ReceivedPayment(
        account_id=row["account_id"],
        amount=amount,
        currency=row["currency"],
        reference=answer.reference or f"{row['id']}:{row['attempts']}",
        gateway=row["gateway"],
        invoices=(row["invoice_id"],),
        method_id=row["method_id"],
        collection_id=row["id"],
    )
    try:
        await record_payment(tx, payment)
    except PaymentReferenceTaken as taken:
        # The money is not lost: the gateway gave two payments one name, which people settle.
        await _note(tx, row, Answer("failed", answer.reference, taken.message))


async def _fail(tx: Tx, row: Any, answer: Answer) -> None:
    plain = row["policy"]
    policy = PaymentPolicy.from_plain(plain) if plain is not None else PaymentPolicy()
    failures: int = row["attempts"]
    again = policy.retry_at(row["now"], failures=failures, zone=row["timezone"])
    retried = answer if again is None else Answer("waiting", answer.reference, answer.reason)
    await _note(tx, row, retried, next_at=again)
    details = {
        "invoice": row["invoice_id"],
        "amount": f"{round_money(row['amount'], row['currency']):f}",
        "currency": row["currency"],
        "reason": answer.reason,
        "attempt": failures,
        "retryAt": again,
    }
    await history.append(
        tx,
        account_id=row["account_id"],
        action="collection.failed",
        subject_type="invoice",
        subject_id=row["invoice_id"],
        details=details,
    )
    await outbox.append(
        tx,
        topic="collection.failed",
        subject_id=row["invoice_id"],
        payload={"account": row["account_id"], "collection": row["id"], **details},
    )


async def _note(tx: Tx, row: Any, answer: Answer, *, next_at: datetime | None = None) -> None:
    is_open = answer.state in ("waiting", "pending")
    await tx.execute(
        _NOTE,
        tx.tenant_id,
        row["id"],
        answer.state,
        next_at or row["next_at"],
        answer.reference or row["reference"],
        answer.reason,
        None if is_open else tx.now,
    )
