"""Reading invoices: one, by id or number, lists, and the one to come."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from api.access import requires
from api.context import Info
from api.features.invoices.lists import INVOICES, SORTS, InvoiceOrder, InvoiceWhere, conditions
from api.features.invoices.pricing import previewed
from api.features.invoices.stored import StoredInvoice, invoice_numbered, invoices_by_id
from api.features.invoices.types import INVOICE_ID, Invoice, InvoicePreview
from api.features.subscriptions.answers import seen_subscription_key
from api.graphql.connection import Connection
from api.graphql.cost import FieldCost
from api.page_arguments import PageArguments, paged
from api.pages import page_of
from api.references import OneNameOnly, given
from core.db import Tx
from core.invoices.numbering import parse_number
from core.tenancy import Capability

PREVIEW_COST = FieldCost(flat=50)
"""A preview reads and prices a whole period."""


@strawberry.type(description="Reads of invoices.")
class InvoicesQuery:
    """Reads of invoices."""

    @strawberry.field(description="An invoice by its id or its number, or null.")
    @requires(Capability.INVOICE_READ, customers=True)
    async def invoice(
        self,
        info: Info,
        *,
        id: Annotated[  # noqa: A002 - Relay's name
            strawberry.ID | None, strawberry.argument(description="Its id.")
        ] = strawberry.UNSET,
        number: Annotated[
            str | None, strawberry.argument(description="Its number, such as INV-000042.")
        ] = strawberry.UNSET,
    ) -> Invoice | None:
        """Return an invoice."""
        by_id, by_number = given(id), given(number)
        if (by_id is None) == (by_number is None):
            raise OneNameOnly("Give either `id` or `number`.", path=("id",))
        async with info.context.transaction() as tx:
            found = await _found(tx, by_id, by_number or "")
        return None if found is None else Invoice.of(found)

    @strawberry.field(description="The seller's invoices; credit notes are `creditNotes`.")
    @requires(Capability.INVOICE_READ, customers=True)
    @paged
    async def invoices(
        self,
        info: Info,
        *,
        where: Annotated[
            InvoiceWhere | None, strawberry.argument(description="Which of them.")
        ] = strawberry.UNSET,
        order_by: Annotated[
            InvoiceOrder, strawberry.argument(description="In which order.")
        ] = InvoiceOrder.LATEST,
        asked: PageArguments,
    ) -> Connection[Invoice] | None:
        """Return a page of invoices."""
        sort = SORTS[order_by]
        page = asked.in_order(sort)
        chosen = conditions(where, info.context.tenant_id)
        return await page_of(info, INVOICES, sort=sort, page=page, where=chosen)

    @strawberry.field(
        description="The invoice that the next closing would make of a subscription, by the "
        "same computation; nothing is stored.",
        metadata=PREVIEW_COST.metadata(),
    )
    @requires(Capability.INVOICE_READ, customers=True)
    async def invoice_preview(
        self,
        info: Info,
        *,
        subscription: Annotated[
            strawberry.ID, strawberry.argument(description="The subscription, by id or ref.")
        ],
        at: Annotated[
            datetime | None,
            strawberry.argument(
                description="An instant before the next billing date; refused where another "
                "invoice comes first. The next one, when left out."
            ),
        ] = strawberry.UNSET,
    ) -> InvoicePreview | None:
        """Compute the invoice; refused where the subscription has nothing to bill."""
        async with info.context.transaction() as tx:
            subscription_id = await seen_subscription_key(tx, subscription)
        return await previewed(info.context, subscription_id, at=given(at))


async def _found(tx: Tx, by_id: str | None, number: str) -> StoredInvoice | None:
    if by_id is not None:
        key = INVOICE_ID.parse(by_id, path=("id",))
        return (await invoices_by_id(tx, [key])).get(key)
    parsed = parse_number(number)
    return None if parsed is None else await invoice_numbered(tx, *parsed)
