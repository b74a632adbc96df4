"""Recording, reporting and using payments; giving money back."""

from __future__ import annotations

from typing import Annotated, Final

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.arguments import account_key
from api.features.invoices.lines import money
from api.features.invoices.naming import invoice_key, invoice_keys
from api.features.invoices.stored import invoices_by_id
from api.features.invoices.types import Invoice
from api.features.payments.answers import Paid, run_change
from api.features.payments.ids import CREDIT_ID, PAYMENT_ID
from api.features.payments.payloads import (
    CreditApplyInput,
    CreditApplyPayload,
    PaymentAllocateInput,
    PaymentAllocatePayload,
    PaymentRecordInput,
    PaymentRecordPayload,
    PaymentReportInput,
    PaymentReportPayload,
    ReceivedInput,
    RefundRequestInput,
    RefundRequestPayload,
)
from api.features.payments.types import AccountCredit, Payment, Refund
from api.graphql.errors import answers_refusals
from api.references import given
from core.db import Tx
from core.kernel.errors import Refusal
from core.payments import records
from core.payments.applying import ApplyCredit, apply_credit
from core.payments.asking import Gateways
from core.payments.gateways import MANUAL
from core.payments.recording import ReceivedPayment, record_payment
from core.payments.refunding import AskRefund, ask_refund
from core.payments.refusals import CreditNotFound, GatewayRefused
from core.payments.repository import credit_by_id, payment_by_id
from core.payments.spreading import NOTHING
from core.tenancy import Capability

_ALLOCATED: Final = {("invoices", "0"): ("invoice",), ("account",): ("invoice",)}
"""What the rule calls the one invoice of an allocation, and what its caller does."""


@strawberry.type(description="Changes of payments.")
class PaymentsMutation:
    """Changes of payments."""

    @strawberry.mutation(
        description="Records money that people saw come in. It settles the account's invoices, "
        "and what is left stays its credit. The same reference is booked once."
    )
    @requires(Capability.PAYMENT_WRITE)
    @answers_refusals(PaymentRecordPayload)
    async def payment_record(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            PaymentRecordInput, strawberry.argument(description="What came in.")
        ],
    ) -> PaymentRecordPayload:
        """Record a payment."""

        async def verb(tx: Tx) -> Paid:
            return await _received(tx, input, gateway=MANUAL)

        answer = await run_change(info, operation="paymentRecord", given=input, verb=verb)
        assert answer.payment is not None
        return PaymentRecordPayload(payment=Payment.of(answer.payment))

    @strawberry.mutation(
        description="Takes note of a payment that a gateway or a bank reports: as often as it "
        "is reported, it is booked once. A collection that waits for it has succeeded."
    )
    @requires(Capability.PAYMENT_WRITE)
    @answers_refusals(PaymentReportPayload)
    async def payment_report(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            PaymentReportInput, strawberry.argument(description="What is reported.")
        ],
    ) -> PaymentReportPayload:
        """Take note of a payment."""
        gateways = info.context.application.gateways

        async def verb(tx: Tx) -> Paid:
            _refuse_gateway(input.gateway, gateways)
            return await _received(tx, input, gateway=input.gateway)

        answer = await run_change(info, operation="paymentReport", given=input, verb=verb)
        assert answer.payment is not None
        return PaymentReportPayload(payment=Payment.of(answer.payment))

    @strawberry.mutation(description="Settles an invoice with what is left of a payment.")
    @requires(Capability.PAYMENT_WRITE)
    @answers_refusals(PaymentAllocatePayload)
    async def payment_allocate(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            PaymentAllocateInput, strawberry.argument(description="What is for what.")
        ],
    ) -> PaymentAllocatePayload:
        """Allocate a payment."""

        async def verb(tx: Tx) -> Paid:
            payment_id = PAYMENT_ID.parse(input.payment, path=("payment",))
            payment = await payment_by_id(tx, payment_id)
            if payment is None:
                raise CreditNotFound(
                    "there is no such payment; check its id", path=("payment",)
                )
            command = ApplyCredit(
                account_id=payment.account_id,
                currency=payment.currency,
                credits=(payment_id,),
                invoices=(await invoice_key(tx, input.invoice),),
                amount=given(input.amount),
            )
            try:
                return await _applied(tx, command, payment=payment)
            except Refusal as refused:
                refused.path = _ALLOCATED.get(refused.path, refused.path)
                raise

        answer = await run_change(info, operation="paymentAllocate", given=input, verb=verb)
        assert answer.payment is not None
        return PaymentAllocatePayload(
            payment=Payment.of(answer.payment), invoice=Invoice.of(answer.invoices[0])
        )

    @strawberry.mutation(
        description="Settles invoices with money that their account has left: of payments, "
        "credit notes and invoices below zero."
    )
    @requires(Capability.PAYMENT_WRITE)
    @answers_refusals(CreditApplyPayload)
    async def credit_apply(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            CreditApplyInput, strawberry.argument(description="What is for what.")
        ],
    ) -> CreditApplyPayload:
        """Apply credit."""

        async def verb(tx: Tx) -> Paid:
            credit = given(input.credit)
            command = ApplyCredit(
                account_id=await account_key(tx, input.account),
                currency=given(input.currency),
                credits=None
                if credit is None
                else (CREDIT_ID.parse(credit, path=("credit",)),),
                invoices=await invoice_keys(tx, given(input.invoices)),
                amount=given(input.amount),
            )
            return await _applied(tx, command)

        answer = await run_change(info, operation="creditApply", given=input, verb=verb)
        return CreditApplyPayload(
            applied=money(answer.applied, answer.currency),
            invoices=[Invoice.of(each) for each in answer.invoices],
        )

    @strawberry.mutation(
        description="Gives back what is left of a payment or a credit. It is taken out of what "
        "is left at once; where the gateway refuses, it is left again."
    )
    @requires(Capability.PAYMENT_WRITE)
    @answers_refusals(RefundRequestPayload)
    async def refund_request(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            RefundRequestInput, strawberry.argument(description="What goes back.")
        ],
    ) -> RefundRequestPayload:
        """Ask for a refund."""
        gateways = info.context.application.gateways

        async def verb(tx: Tx) -> Paid:
            command = AskRefund(
                credit_id=CREDIT_ID.parse(input.credit, path=("credit",)),
                amount=given(input.amount),
                gateway=given(input.gateway),
                reference=input.reference,
            )
            refund = await ask_refund(tx, command, gateways=gateways)
            return Paid(refund=refund, credit=await credit_by_id(tx, refund.credit_id))

        answer = await run_change(info, operation="refundRequest", given=input, verb=verb)
        assert answer.refund is not None
        assert answer.credit is not None
        return RefundRequestPayload(
            refund=Refund.of(answer.refund), credit=AccountCredit.of(answer.credit)
        )


def _refuse_gateway(name: str, gateways: Gateways) -> None:
    if name not in gateways or name == MANUAL:
        raise GatewayRefused(
            "there is no such gateway; what people saw is recorded by paymentRecord",
            path=("gateway",),
        )


async def _received(tx: Tx, asked: ReceivedInput, *, gateway: str) -> Paid:
    command = ReceivedPayment(
        account_id=await account_key(tx, asked.account),
        amount=asked.amount,
        reference=asked.reference,
        currency=given(asked.currency),
        gateway=gateway,
        received_at=given(asked.received_at),
        invoices=await invoice_keys(tx, given(asked.invoices)),
        note=asked.note,
    )
    payment = await record_payment(tx, command)
    return Paid(payment=payment, credit=await credit_by_id(tx, payment.id))


async def _applied(
    tx: Tx, command: ApplyCredit, *, payment: records.Payment | None = None
) -> Paid:
    uses = await apply_credit(tx, command)
    keys = list(dict.fromkeys(use.invoice_id for use in uses))
    found = await invoices_by_id(tx, keys)
    invoices = tuple(found[key] for key in keys)
    return Paid(
        payment=payment,
        credit=None if payment is None else await credit_by_id(tx, payment.id),
        invoices=invoices,
        applied=sum((use.amount for use in uses), NOTHING),
        currency=invoices[0].currency,
    )
