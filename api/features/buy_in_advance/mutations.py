"""Asking to be billed in advance, and changing one's mind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.buy_in_advance.payloads import (
    BuyInAdvanceAmendInput,
    BuyInAdvanceAmendPayload,
    BuyInAdvanceCancelInput,
    BuyInAdvanceCancelPayload,
    BuyInAdvanceRequestInput,
    BuyInAdvanceRequestPayload,
)
from api.features.buy_in_advance.types import REQUEST_ID, AdvanceRequest
from api.features.invoices.pricing import pricing_of
from api.features.invoices.stored import StoredInvoice, invoices_by_id
from api.features.invoices.types import Invoice
from api.features.subscriptions.answers import subscription_key
from api.graphql.errors import answers_refusals
from api.mutations import StoredAnswer, by_id, runner
from core.billing_cycles.bill_in_advance import bill_in_advance
from core.buy_in_advance import records
from core.buy_in_advance.amend import amend_request
from core.buy_in_advance.cancel import cancel_request
from core.buy_in_advance.repository import request_by_id
from core.buy_in_advance.request import request_in_advance
from core.db import Tx
from core.tenancy import Capability


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and the invoice where it was billed at once."""

    request: records.AdvanceRequest
    invoice: StoredInvoice | None


@strawberry.type(description="Changes of what is bought in advance.")
class BuyInAdvanceMutation:
    """Changes of requests."""

    @strawberry.mutation(
        description="Asks that a subscription be billed for longer than its terms' frequency, "
        "from where it is billed to; by the next billing, or at once."
    )
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(BuyInAdvanceRequestPayload)
    async def buy_in_advance_request(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            BuyInAdvanceRequestInput, strawberry.argument(description="What to bill.")
        ],
    ) -> BuyInAdvanceRequestPayload:
        """Make a request."""

        async def verb(tx: Tx) -> Asked:
            key = await subscription_key(tx, input.subscription)
            if not input.bill_now:
                made = await request_in_advance(
                    tx, subscription_id=key, duration=input.duration, note=input.note
                )
                return await _asked(tx, made.id, None)
            billed = await bill_in_advance(
                tx,
                subscription_id=key,
                duration=input.duration,
                note=input.note,
                pricing=pricing_of(info.context.application),
            )
            return await _asked(tx, billed.request.id, billed.invoice_id)

        answer = await _run_request(
            info, operation="buyInAdvanceRequest", given=input, verb=verb
        )
        invoice = None if answer.invoice is None else Invoice.of(answer.invoice)
        return BuyInAdvanceRequestPayload(
            request=AdvanceRequest.of(answer.request), invoice=invoice
        )

    @strawberry.mutation(description="Gives a request that waits another duration.")
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(BuyInAdvanceAmendPayload)
    async def buy_in_advance_amend(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            BuyInAdvanceAmendInput, strawberry.argument(description="The new duration.")
        ],
    ) -> BuyInAdvanceAmendPayload:
        """Amend a request."""

        async def verb(tx: Tx) -> records.AdvanceRequest:
            key = REQUEST_ID.parse(input.request, path=("request",))
            return await amend_request(tx, request_id=key, duration=input.duration)

        answer = await _run(info, operation="buyInAdvanceAmend", given=input, verb=verb)
        return BuyInAdvanceAmendPayload(request=AdvanceRequest.of(answer))

    @strawberry.mutation(description="Withdraws a request that waits.")
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(BuyInAdvanceCancelPayload)
    async def buy_in_advance_cancel(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            BuyInAdvanceCancelInput, strawberry.argument(description="Which.")
        ],
    ) -> BuyInAdvanceCancelPayload:
        """Cancel a request."""

        async def verb(tx: Tx) -> records.AdvanceRequest:
            key = REQUEST_ID.parse(input.request, path=("request",))
            return await cancel_request(tx, request_id=key)

        answer = await _run(info, operation="buyInAdvanceCancel", given=input, verb=verb)
        return BuyInAdvanceCancelPayload(request=AdvanceRequest.of(answer))


async def _asked(tx: Tx, request_id: UUID, invoice_id: UUID | None) -> Asked:
    request = await request_by_id(tx, request_id)
    assert request is not None  # requests are never removed
    if invoice_id is None:
        return Asked(request, None)
    return Asked(request, (await invoices_by_id(tx, [invoice_id]))[invoice_id])


def _kept(answer: Asked) -> Mapping[str, Any]:
    invoice = None if answer.invoice is None else str(answer.invoice.id)
    return {"id": str(answer.request.id), "invoice": invoice}


async def _recalled(tx: Tx, kept: Mapping[str, Any]) -> Asked:
    invoice = None if kept["invoice"] is None else UUID(kept["invoice"])
    return await _asked(tx, UUID(kept["id"]), invoice)


_run_request: Final = runner(StoredAnswer(keep=_kept, recall=_recalled))
_run: Final = runner(by_id(request_by_id))
