"""Means of payment, and collecting by them."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.arguments import account_key
from api.features.invoices.naming import invoice_key
from api.features.payments.collecting import PaymentCollection, PaymentMethod
from api.features.payments.ids import PAYMENT_METHOD_ID
from api.features.payments.method_payloads import (
    InvoiceCollectInput,
    InvoiceCollectPayload,
    PaymentMethodAddInput,
    PaymentMethodAddPayload,
    PaymentMethodRemoveInput,
    PaymentMethodRemovePayload,
    PaymentMethodSetDefaultInput,
    PaymentMethodSetDefaultPayload,
)
from api.graphql.errors import answers_refusals
from api.mutations import by_id, runner
from api.references import choice, given
from core.db import Tx
from core.payments import records
from core.payments.collect_now import collect_now
from core.payments.methods import AddMethod, add_method, remove_method, set_default_method
from core.payments.repository import collection_by_id, method_by_id
from core.tenancy import Capability


@strawberry.type(description="Changes of payment methods.")
class PaymentMethodsMutation:
    """Changes of payment methods."""

    @strawberry.mutation(
        description="Adds a means of payment. An account's first one is its default: invoices "
        "made from then on are collected by it, where its gateway collects."
    )
    @requires(Capability.PAYMENT_WRITE)
    @answers_refusals(PaymentMethodAddPayload)
    async def payment_method_add(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            PaymentMethodAddInput, strawberry.argument(description="The method to be.")
        ],
    ) -> PaymentMethodAddPayload:
        """Add a method."""
        application = info.context.application

        async def verb(tx: Tx) -> records.Method:
            command = AddMethod(
                account_id=await account_key(tx, input.account),
                gateway=input.gateway,
                kind=choice(input.kind),
                token=input.token,
                label=input.label,
                expires_on=given(input.expires_on),
                is_default=input.is_default,
            )
            return await add_method(
                tx,
                command,
                gateways=application.gateways,
                allows_simulated=application.settings.simulated_payments,
            )

        method = await _run_method(info, operation="paymentMethodAdd", given=input, verb=verb)
        return PaymentMethodAddPayload(payment_method=PaymentMethod.of(method))

    @strawberry.mutation(
        description="Lets new invoices be collected by this method; collections under way stay."
    )
    @requires(Capability.PAYMENT_WRITE)
    @answers_refusals(PaymentMethodSetDefaultPayload)
    async def payment_method_set_default(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            PaymentMethodSetDefaultInput, strawberry.argument(description="Which.")
        ],
    ) -> PaymentMethodSetDefaultPayload:
        """Set the default."""

        async def verb(tx: Tx) -> records.Method:
            return await set_default_method(tx, _method_id(input.payment_method))

        method = await _run_method(
            info, operation="paymentMethodSetDefault", given=input, verb=verb
        )
        return PaymentMethodSetDefaultPayload(payment_method=PaymentMethod.of(method))

    @strawberry.mutation(
        description="Removes a means of payment. What it was to collect is not collected; an "
        "attempt that its gateway was asked for already goes on."
    )
    @requires(Capability.PAYMENT_WRITE)
    @answers_refusals(PaymentMethodRemovePayload)
    async def payment_method_remove(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            PaymentMethodRemoveInput, strawberry.argument(description="Which.")
        ],
    ) -> PaymentMethodRemovePayload:
        """Remove a method."""

        async def verb(tx: Tx) -> records.Method:
            return await remove_method(tx, _method_id(input.payment_method))

        method = await _run_method(
            info, operation="paymentMethodRemove", given=input, verb=verb
        )
        return PaymentMethodRemovePayload(payment_method=PaymentMethod.of(method))

    @strawberry.mutation(
        description="Lets what is open of an invoice be collected now; a retry that waits for "
        "its time is brought forward."
    )
    @requires(Capability.PAYMENT_WRITE)
    @answers_refusals(InvoiceCollectPayload)
    async def invoice_collect(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            InvoiceCollectInput, strawberry.argument(description="Which, and by what.")
        ],
    ) -> InvoiceCollectPayload:
        """Collect an invoice."""

        async def verb(tx: Tx) -> records.Collection:
            method = given(input.payment_method)
            return await collect_now(
                tx,
                invoice_id=await invoice_key(tx, input.invoice),
                method_id=None if method is None else _method_id(method),
            )

        collection = await _run_collection(
            info, operation="invoiceCollect", given=input, verb=verb
        )
        return InvoiceCollectPayload(collection=PaymentCollection.of(collection))


def _method_id(text: str) -> UUID:
    return PAYMENT_METHOD_ID.parse(text, path=("paymentMethod",))


_run_method: Final = runner(by_id(method_by_id))
_run_collection: Final = runner(by_id(collection_by_id))
