"""Reading credit notes: one, by id or number, and the list."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.access import requires
from api.context import Info
from api.features.credit_notes.lists import CREDIT_NOTES, LATEST, CreditNoteWhere, conditions
from api.features.credit_notes.stored import credit_note_by_id, credit_note_numbered
from api.features.credit_notes.types import CREDIT_NOTE_ID, CreditNote
from api.graphql.connection import Connection
from api.page_arguments import PageArguments, paged
from api.pages import page_of
from api.references import OneNameOnly, given
from core.invoices.numbering import parse_number
from core.tenancy import Capability


@strawberry.type(description="Reads of credit notes.")
class CreditNotesQuery:
    """Reads of credit notes."""

    @strawberry.field(description="A credit note by its id or its number, or null.")
    @requires(Capability.INVOICE_READ, customers=True)
    async def credit_note(
        self,
        info: Info,
        *,
        id: Annotated[  # noqa: A002 - Relay's name
            strawberry.ID | None, strawberry.argument(description="Its id.")
        ] = strawberry.UNSET,
        number: Annotated[
            str | None, strawberry.argument(description="Its number, such as CN-000042.")
        ] = strawberry.UNSET,
    ) -> CreditNote | None:
        """Return a credit note."""
        by_id, by_number = given(id), given(number)
        if (by_id is None) == (by_number is None):
            raise OneNameOnly("Give either `id` or `number`.", path=("id",))
        async with info.context.transaction() as tx:
            if by_id is not None:
                key = CREDIT_NOTE_ID.parse(by_id, path=("id",))
                found = await credit_note_by_id(tx, key)
            else:
                parsed = parse_number(by_number or "")
                found = None if parsed is None else await credit_note_numbered(tx, *parsed)
        return None if found is None else CreditNote.of(found)

    @strawberry.field(description="The seller's credit notes, the last issued first.")
    @requires(Capability.INVOICE_READ, customers=True)
    @paged
    async def credit_notes(
        self,
        info: Info,
        *,
        where: Annotated[
            CreditNoteWhere | None, strawberry.argument(description="Which of them.")
        ] = strawberry.UNSET,
        asked: PageArguments,
    ) -> Connection[CreditNote] | None:
        """Return a page of credit notes."""
        page = asked.in_order(LATEST)
        chosen = conditions(where, info.context.tenant_id)
        return await page_of(info, CREDIT_NOTES, sort=LATEST, page=page, where=chosen)
