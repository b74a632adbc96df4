"""The lists of credit notes: the tenant's, an account's, an invoice's."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, Select
from sqlmodel import col

from api.access import requires
from api.context import Info
from api.features.accounts.types import ACCOUNT_ID, Account
from api.features.credit_notes.stored import StoredCreditNote, credit_notes
from api.features.credit_notes.types import CreditNote
from api.features.invoices.types import Invoice
from api.graphql.connection import Connection
from api.graphql.keyset import Sort
from api.page_arguments import PageArguments, paged
from api.pages import Listing, key
from api.pages_below import pages_below
from api.references import given, named_in
from core.accounts.tables import AccountRow
from core.credit_notes.tables import CreditNoteRow
from core.invoices.tables import InvoiceRow
from core.tenancy import Capability


class CreditNoteListing(Listing[StoredCreditNote, CreditNote]):
    """Credit notes with number and what they correct."""

    def statement(self, tenant_id: UUID, *where: ColumnElement[bool]) -> Select[Any]:
        """Select the tenant's credit notes that fulfil the conditions."""
        return credit_notes(tenant_id, *where)


CREDIT_NOTES: Final = CreditNoteListing(
    table=InvoiceRow, record=StoredCreditNote, show=CreditNote.of
)
LATEST: Final = Sort(
    "creditNote.latest",
    key(col(InvoiceRow.issue_date), date, descending=True),
    key(col(InvoiceRow.id), UUID, descending=True),
)
_of_accounts = pages_below(CREDIT_NOTES, parent=col(InvoiceRow.account_id), sort=LATEST)
_of_invoices = pages_below(CREDIT_NOTES, parent=col(CreditNoteRow.corrects_id), sort=LATEST)


@strawberry.input(description="Which credit notes a list holds; everything given must hold.")
class CreditNoteWhere:
    """Filters on credit notes."""

    account: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="Only those of this account, by id or ref."
    )
    issued_from: strawberry.Maybe[date] = strawberry.field(
        description="Only those issued on this day or later."
    )
    issued_to: strawberry.Maybe[date] = strawberry.field(
        description="Only those issued on this day or earlier."
    )


_NAMED: Final = {"account": (ACCOUNT_ID, AccountRow, col(InvoiceRow.account_id))}


def conditions(
    where: CreditNoteWhere | None, tenant_id: UUID | None
) -> list[ColumnElement[bool]]:
    """Return a filter as conditions of SQL; an unknown name leads to no credit note."""
    found: list[ColumnElement[bool]] = []
    wanted = given(where)
    if wanted is None:
        return found
    found += named_in(wanted, _NAMED, tenant_id=tenant_id)
    if wanted.issued_from is not None:
        found.append(col(InvoiceRow.issue_date) >= wanted.issued_from.value)
    if wanted.issued_to is not None:
        found.append(col(InvoiceRow.issue_date) <= wanted.issued_to.value)
    return found


@strawberry.type(description="What an account has of credit notes.")
class AccountCreditNotes:
    """Added to `Account`."""

    @strawberry.field(description="Its credit notes, the last issued first.")
    @requires(Capability.INVOICE_READ, customers=True)
    @paged
    async def credit_notes(
        self, info: Info, root: strawberry.Parent[Account], *, asked: PageArguments
    ) -> Connection[CreditNote]:
        """Return a page of credit notes."""
        return await _of_accounts.page(info, parent=root.key, asked=asked)


@strawberry.type(description="What corrects an invoice.")
class InvoiceCreditNotes:
    """Added to `Invoice`."""

    @strawberry.field(description="The credit notes that correct it, the last issued first.")
    @requires(Capability.INVOICE_READ, customers=True)
    @paged
    async def credit_notes(
        self, info: Info, root: strawberry.Parent[Invoice], *, asked: PageArguments
    ) -> Connection[CreditNote]:
        """Return a page of credit notes."""
        return await _of_invoices.page(info, parent=root.key, asked=asked)
