"""What this folder brings into the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from api.access import guarded_source
from api.context import ApiContext
from api.feature import Feature, SchemaParts
from api.features.accounts.types import Account
from api.features.credit_notes.lists import AccountCreditNotes, InvoiceCreditNotes
from api.features.credit_notes.mutations import CreditNotesMutation
from api.features.credit_notes.queries import CreditNotesQuery
from api.features.credit_notes.stored import credit_notes_by_id
from api.features.credit_notes.types import CREDIT_NOTE_ID, CreditNote
from api.features.invoices.types import Invoice
from api.graphql.nodes import Node
from api.graphql.plugin_schema import Contribution
from core.tenancy import Capability


def contribution(_parts: SchemaParts) -> Feature:
    """Bring credit notes, their lists and making one."""
    return Feature(
        contribution=Contribution(
            name="credit_notes",
            query=CreditNotesQuery,
            mutation=CreditNotesMutation,
            extends={Account: AccountCreditNotes, Invoice: InvoiceCreditNotes},
        ),
        nodes=(
            guarded_source(
                CREDIT_NOTE_ID, Capability.INVOICE_READ, _credit_notes, customers=True
            ),
        ),
    )


async def _credit_notes(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    async with context.transaction() as tx:
        found = await credit_notes_by_id(tx, keys)
    return {key: CreditNote.of(each) for key, each in found.items()}
