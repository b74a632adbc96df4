"""Giving money back: what is left of a payment or of a credit.

The amount is taken out of what is left when it is asked for, so that nobody uses it
meanwhile; where the gateway refuses, it is left again. Money of a gateway that gives nothing
back is transferred by people, who record it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from core.accounts import history
from core.accounts.clock import now_of_account
from core.contact_details import line_of_text
from core.db import Tx
from core.kernel.ids import new_id
from core.kernel.money import Money, round_money
from core.payments.asking import Answer, Gateways
from core.payments.collecting import LEASE, PAUSE
from core.payments.gateways import MANUAL
from core.payments.recording import refuse_amount
from core.payments.records import Credit, Refund
from core.payments.refusals import (
    AboveWhatIsLeft,
    CreditNotFound,
    GatewayRefused,
    NothingToSettle,
)
from core.payments.repository import credit_by_id, payment_by_id
from core.payments.settling import lock_credits
from core.payments.tables import RefundRow
from core.payments.waking import wake_payments
from core.plugin_api import RefundingGateway, RefundRequest
from core.rows import add_row, column_list, to_record, values_of

_REFUND: Final = column_list(Refund, alias="r")
_TAKE: Final = """
UPDATE account_credit SET refunded = refunded + $3 WHERE tenant_id = $1 AND id = $2
"""
_IS_TEST: Final = """
SELECT test_clock IS NOT NULL FROM account WHERE tenant_id = $1 AND id = $2
"""
_CLAIM: Final = f"""
SELECT {_REFUND}, coalesce(a.test_clock, $2) AS now, p.reference AS payment_reference, m.token
FROM refund r
JOIN account a ON a.tenant_id = $1 AND a.id = r.account_id
LEFT JOIN payment p ON p.tenant_id = $1 AND p.id = r.credit_id
LEFT JOIN payment_method m ON m.tenant_id = $1 AND m.account_id = r.account_id
    AND m.gateway = r.gateway AND m.is_default
WHERE r.tenant_id = $1 AND r.state IN ('waiting', 'pending')
    AND r.next_at <= coalesce(a.test_clock, $2) AND ($4::uuid IS NULL OR r.account_id = $4)
ORDER BY r.next_at, r.id LIMIT $3 FOR UPDATE OF r SKIP LOCKED
"""  # noqa: S608 - our columns
_BEGIN: Final = """
UPDATE refund SET state = 'pending', attempts = attempts + 1, next_at = $3
WHERE tenant_id = $1 AND id = $2
"""
_LOCK: Final = """
SELECT r.*, coalesce(a.test_clock, $3) AS now
FROM refund r JOIN account a ON a.tenant_id = $1 AND a.id = r.account_id
WHERE r.tenant_id = $1 AND r.id = $2 AND r.state = 'pending' FOR UPDATE OF r
"""
_NOTE: Final = """
UPDATE refund SET state = $3, next_at = $4, reference = $5, reason = $6, settled_at = $7
WHERE tenant_id = $1 AND id = $2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskRefund:
    """What is to go back: of which money, how much (None: all that is left), and how.

    `gateway` None is that of the payment where it gives money back, and otherwise `manual`:
    then `reference` names the transfer that people have made.
    """

    credit_id: UUID
    amount: Decimal | None = None
    gateway: str | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class RefundAttempt:
    """A refund that was begun, and what its gateway is asked."""

    refund_id: UUID
    gateway: str
    request: RefundRequest


async def ask_refund(tx: Tx, command: AskRefund, *, gateways: Gateways) -> Refund:
    """Take money out of what is left of a credit, and let it go back to the customer.

    Raises:
        CreditNotFound, PaymentRefused, NothingToSettle, AboveWhatIsLeft, GatewayRefused,
        InvalidText
    """
    funds = (await lock_credits(tx, [command.credit_id])).get(command.credit_id)
    credit = await credit_by_id(tx, command.credit_id)
    if funds is None or credit is None:
        raise CreditNotFound("there is no such credit; check its id", path=("credit",))
    if funds.left <= 0:
        raise NothingToSettle("nothing is left of it", path=("credit",))
    amount = funds.left if command.amount is None else command.amount
    refuse_amount(amount, credit.currency, path=("amount",))
    if amount > funds.left:
        raise AboveWhatIsLeft(
            f"{round_money(funds.left, funds.currency):f} is left of it; give less",
            path=("amount",),
        )
    gateway = await _gateway(tx, command, credit, gateways)
    refund = await _made(tx, command, credit, amount=amount, gateway=gateway)
    await tx.execute(_TAKE, tx.tenant_id, credit.id, amount)
    await add_row(tx, RefundRow, tenant_id=tx.tenant_id, **values_of(refund))
    await wake_payments(tx, at=tx.now)
    await _trace(tx, refund, "refund.requested" if gateway != MANUAL else "refund.done")
    return refund


async def _gateway(tx: Tx, command: AskRefund, credit: Credit, gateways: Gateways) -> str:
    payment = await payment_by_id(tx, credit.id)
    name = command.gateway
    if name is None:
        own = payment.gateway if payment is not None else MANUAL
        return own if isinstance(gateways.get(own), RefundingGateway) else MANUAL
    if name != MANUAL and not isinstance(gateways.get(name), RefundingGateway):
        raise GatewayRefused("there is no such gateway that gives back", path=("gateway",))
    return name


async def _made(
    tx: Tx, command: AskRefund, credit: Credit, *, amount: Decimal, gateway: str
) -> Refund:
    is_manual = gateway == MANUAL
    given = command.reference
    return Refund(
        id=new_id(),
        account_id=credit.account_id,
        credit_id=credit.id,
        gateway=gateway,
        currency=credit.currency,
        amount=amount,
        state="done" if is_manual else "waiting",
        attempts=0,
        next_at=await now_of_account(tx, credit.account_id),
        is_test=bool(await tx.fetchval(_IS_TEST, tx.tenant_id, credit.account_id)),
        reference=line_of_text(given, path=("reference",)) if given else "",
        reason="",
        actor=tx.actor,
        created_at=tx.now,
        settled_at=tx.now if is_manual else None,
    )


async def begin_refunds(
    tx: Tx, *, limit: int, account_id: UUID | None = None
) -> list[RefundAttempt]:
    """Begin the refunds that are due of this tenant, or of one account; then commit."""
    begun = []
    for row in await tx.fetch(_CLAIM, tx.tenant_id, tx.now, limit, account_id):
        await tx.execute(_BEGIN, tx.tenant_id, row["id"], row["now"] + LEASE)
        refund = to_record(Refund, row)
        request = RefundRequest(
            idempotency_key=str(refund.id),
            account=str(refund.account_id),
            amount=Money(refund.amount, refund.currency),
            payment_reference=row["payment_reference"] or "",
            method_token=row["token"] or "",
            reference=refund.reference,
        )
        begun.append(RefundAttempt(refund.id, refund.gateway, request))
    return begun


async def note_refund(tx: Tx, attempt: RefundAttempt, answer: Answer) -> None:
    """Store what came of a refund; what was refused is left of the money again."""
    row: Any = await tx.fetchrow(_LOCK, tx.tenant_id, attempt.refund_id, tx.now)
    if row is None:
        return
    state = {"succeeded": "done", "failed": "failed"}.get(answer.state, "pending")
    is_open = state == "pending"
    await tx.execute(
        _NOTE,
        tx.tenant_id,
        row["id"],
        state,
        row["now"] + PAUSE if is_open else row["next_at"],
        answer.reference or row["reference"],
        answer.reason,
        None if is_open else tx.now,
    )
    if is_open:
        return
    if state == "failed":
        await tx.execute(_TAKE, tx.tenant_id, row["credit_id"], -row["amount"])
    await _trace(tx, to_record(Refund, row), f"refund.{state}")


async def _trace(tx: Tx, refund: Refund, action: str) -> None:
    await history.append(
        tx,
        account_id=refund.account_id,
        action=action,
        subject_type="refund",
        subject_id=refund.id,
        details={
            "amount": f"{round_money(refund.amount, refund.currency):f}",
            "currency": refund.currency,
            "gateway": refund.gateway,
        },
    )
