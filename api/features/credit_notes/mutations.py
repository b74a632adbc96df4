"""creditNoteCreate: correct an invoice, and let what is given back settle what is owed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import ApiContext, Info
from api.features.credit_notes.stored import (
    StoredCreditNote,
    corrected_numbers,
    credit_note_by_id,
)
from api.features.credit_notes.types import (
    CreditNote,
    CreditNoteCreateScope,
    CreditNoteLine,
    shown_lines,
)
from api.features.invoices.loading import load_invoices
from api.features.invoices.naming import invoice_key
from api.features.invoices.stored import (
    LinesAsked,
    StoredInvoice,
    invoices_by_id,
    lines_of,
)
from api.graphql.errors import UserError, answers_refusals, user_errors
from api.graphql.inputs import DryRunInput, IdempotentInput
from api.mutations import StoredAnswer, run
from api.references import choice, given
from api.refusals import KEY_REFUSALS, NAME_REFUSALS
from core.contact_details import InvalidText
from core.credit_notes.credit_invoice import LineCredit
from core.credit_notes.refusals import (
    CreditExceedsInvoice,
    CreditScopeRefused,
    InvoiceLineUnknown,
    NotCorrectable,
    NothingToCredit,
)
from core.db import Tx
from core.kernel.money import AmountOutOfBounds, AmountTooFine
from core.payments.correct import correct_invoice
from core.tenancy import Capability

MOST_LINES: Final = 10_000
"""A note has no more lines than an invoice."""


@strawberry.input(description="A line of an invoice to be given back.")
class CreditNoteLineInput:
    """A line and how much of it."""

    line: int = strawberry.field(description="Its number on the invoice.")
    amount: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description="How much of the line's `amount`, above 0; all that is left of it, when "
        "left out. Of a line that takes off, such as a discount, it is taken off no more.",
    )


@strawberry.input(description="What to give back of an invoice, and why.")
class CreditNoteCreateInput(IdempotentInput, DryRunInput):
    """An invoice, a scope and what it needs."""

    invoice: strawberry.ID = strawberry.field(description="The invoice, by id or number.")
    scope: CreditNoteCreateScope = strawberry.field(
        description="All that is left of it, lines, or an amount."
    )
    lines: list[CreditNoteLineInput] = strawberry.field(
        default_factory=list, description="For LINES: which, each once."
    )
    amount: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description="For AMOUNT: how much, with tax, in the invoice's currency; above 0.",
    )
    reason: str = strawberry.field(description="Why, for the customer to read.")


@strawberry.type(description="The credit note, or why there is none.")
class CreditNoteCreatePayload:
    """What creditNoteCreate did."""

    credit_note: CreditNote | None = strawberry.field(
        description="The credit note.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "CreditNoteCreate",
        NotCorrectable,
        CreditScopeRefused,
        InvoiceLineUnknown,
        CreditExceedsInvoice,
        NothingToCredit,
        AmountTooFine,
        AmountOutOfBounds,
        InvalidText,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.type(description="Making credit notes.")
class CreditNotesMutation:
    """Making credit notes."""

    @strawberry.mutation(
        description="Corrects an invoice by a credit note. What it gives back settles what is "
        "open of the invoice; the rest is the account's credit. Nothing is charged anew."
    )
    @requires(Capability.CREDIT_WRITE)
    @answers_refusals(CreditNoteCreatePayload)
    async def credit_note_create(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            CreditNoteCreateInput, strawberry.argument(description="What to give back.")
        ],
    ) -> CreditNoteCreatePayload:
        """Correct an invoice."""

        async def verb(tx: Tx) -> _Made:
            note = await correct_invoice(
                tx,
                invoice_id=await invoice_key(tx, input.invoice),
                scope=choice(input.scope),
                lines=[LineCredit(one.line, given(one.amount)) for one in input.lines],
                amount=given(input.amount),
                reason=input.reason,
            )
            return await _made(tx, note.id)

        made = await run(
            info,
            operation="creditNoteCreate",
            given=input,
            verb=verb,
            answer=_MADE,
            after=_prime(info.context),
        )
        return CreditNoteCreatePayload(credit_note=CreditNote.of(made.note, lines=made.lines))


@dataclass(frozen=True, slots=True)
class _Made:
    """A note as the verb left it, with what hangs on it: a dry run leaves nothing to read."""

    note: StoredCreditNote
    invoice: StoredInvoice | None
    lines: Sequence[CreditNoteLine]


async def _made(tx: Tx, key: UUID) -> _Made:
    note = await credit_note_by_id(tx, key)
    assert note is not None  # the verb, or its first run, has just made it
    (rows,) = await lines_of(tx, [LinesAsked(key, 0, MOST_LINES)])
    (corrects,) = await corrected_numbers(tx, [key])
    invoice = (await invoices_by_id(tx, [note.corrects_id])).get(note.corrects_id)
    return _Made(note, invoice, shown_lines(rows, corrects, note.currency))


def _prime(context: ApiContext) -> Callable[[Tx, _Made], Awaitable[None]]:
    async def primed(_tx: Tx, made: _Made) -> None:
        context.loaders.of(load_invoices).prime(made.note.corrects_id, made.invoice)

    return primed


async def _recalled(tx: Tx, kept: Mapping[str, Any]) -> _Made:
    return await _made(tx, UUID(kept["id"]))


_MADE: Final = StoredAnswer(keep=lambda made: {"id": str(made.note.id)}, recall=_recalled)
