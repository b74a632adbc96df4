"""What this folder brings into the schema."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import strawberry

from api.access import guarded_source
from api.context import ApiContext
from api.feature import Feature, SchemaParts
from api.features.accounts.types import Account
from api.features.invoices.types import Invoice
from api.features.payments import loading
from api.features.payments.collecting import PaymentCollection, PaymentMethod
from api.features.payments.ids import (
    COLLECTION_ID,
    CREDIT_ID,
    PAYMENT_ID,
    PAYMENT_METHOD_ID,
    REFUND_ID,
)
from api.features.payments.lists import AccountPayments, InvoicePayments
from api.features.payments.method_mutations import PaymentMethodsMutation
from api.features.payments.mutations import PaymentsMutation
from api.features.payments.types import AccountCredit, Payment, Refund
from api.graphql.nodes import Node
from api.graphql.plugin_schema import Contribution
from core.tenancy import Capability

Source = Callable[[ApiContext, Sequence[UUID]], Awaitable[Mapping[UUID, Node]]]


@strawberry.type(description="Changes of payments.")
class _Mutation(PaymentsMutation, PaymentMethodsMutation):
    """Every verb of payments."""


def contribution(_parts: SchemaParts) -> Feature:
    """Bring payments, methods, credits, collections and refunds."""
    read = Capability.INVOICE_READ
    return Feature(
        contribution=Contribution(
            name="payments",
            mutation=_Mutation,
            extends={Account: AccountPayments, Invoice: InvoicePayments},
        ),
        nodes=(
            guarded_source(PAYMENT_ID, read, _source(loading.load_payments, Payment.of)),
            guarded_source(
                PAYMENT_METHOD_ID, read, _source(loading.load_methods, PaymentMethod.of)
            ),
            guarded_source(CREDIT_ID, read, _source(loading.load_credits, AccountCredit.of)),
            guarded_source(
                COLLECTION_ID, read, _source(loading.load_collections, PaymentCollection.of)
            ),
            guarded_source(REFUND_ID, read, _source(loading.load_refunds, Refund.of)),
        ),
    )


def _source(
    load: Callable[[ApiContext, list[UUID]], Awaitable[Sequence[Any]]],
    show: Callable[[Any], Node],
) -> Source:
    """Return where objects are found by id: loaded at once, and shown."""

    async def found(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
        records = await load(context, list(keys))
        return {each.id: show(each) for each in records if each is not None}

    return found
