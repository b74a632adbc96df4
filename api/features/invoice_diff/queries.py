"""Asking why an invoice differs from the one before."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.access import requires
from api.context import Info
from api.features.invoice_diff.types import Compared, InvoiceDiff
from api.features.invoices.stored import invoices_by_id
from api.features.invoices.types import INVOICE_ID
from api.references import given
from api.refusals import NotFound
from core.invoices.diff_reading import invoice_before, invoice_differences
from core.tenancy import Capability


@strawberry.type(description="Comparing invoices.")
class InvoiceDiffQuery:
    """Comparing invoices."""

    @strawberry.field(
        description="Why an invoice comes to another amount than the one before: charge by "
        "charge, with typed reasons that add up to the cent. Null where none went before.",
    )
    @requires(Capability.INVOICE_READ)
    async def invoice_diff(
        self,
        info: Info,
        *,
        invoice: Annotated[strawberry.ID, strawberry.argument(description="The invoice's id.")],
        against: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="Another invoice of the account, by id; when left out, the one "
                "before of the same subscription."
            ),
        ] = strawberry.UNSET,
    ) -> InvoiceDiff | None:
        """Compare two invoices."""
        later = INVOICE_ID.parse(invoice, path=("invoice",))
        named = given(against)
        earlier = None if named is None else INVOICE_ID.parse(named, path=("against",))
        async with info.context.transaction() as tx:
            if earlier is None:
                earlier = await invoice_before(tx, later)
            keys = [key for key in (later, earlier) if key is not None]
            found = await invoices_by_id(tx, keys)
            if later not in found:
                raise NotFound("there is no such invoice", path=("invoice",))
            if earlier is None:
                return None
            if earlier not in found:
                raise NotFound("there is no such invoice", path=("against",))
            lines = await invoice_differences(tx, before=earlier, after=later)
        return InvoiceDiff.of(Compared(found[earlier], found[later], lines))
