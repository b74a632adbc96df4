"""What every change that moves money answers: its invoices, credit notes, and what is due.

Read inside the transaction, so that a dry run shows what it would have made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry

from api.context import ApiContext
from api.features.credit_notes.stored import (
    StoredCreditNote,
    corrected_numbers,
    credit_notes_by_id,
)
from api.features.credit_notes.types import CreditNote, CreditNoteLine, shown_lines
from api.features.invoices.lines import money
from api.features.invoices.loading import load_invoices
from api.features.invoices.stored import (
    LinesAsked,
    StoredInvoice,
    invoices_by_id,
    lines_of,
)
from api.features.invoices.types import MOST_LINES, USUAL_LINES, Invoice, load_lines
from api.graphql.money import Money
from core.changes.charging import Outcome
from core.db import Tx


@strawberry.interface(description="What a change charged and gave back, at once.")
class ChargedPayload:
    """Invoices, credit notes, and what is due today."""

    invoices: list[Invoice] = strawberry.field(
        description="The invoices that the change made; a dry run numbers them, and nothing "
        "of it stays.",
        default_factory=list,
    )
    credit_notes: list[CreditNote] = strawberry.field(
        description="What it gave back, by the invoice that each corrects.",
        default_factory=list,
    )
    due_today: Money | None = strawberry.field(
        description="What is left to pay of its invoices, credit taken off; credit that is "
        "left over stays with the account.",
        default=None,
    )


@dataclass(frozen=True, slots=True)
class Charged:
    """The documents of a change, as it left them."""

    outcome: Outcome
    invoices: Sequence[StoredInvoice] = ()
    notes: Sequence[StoredCreditNote] = ()
    corrected: Mapping[UUID, StoredInvoice] = field(default_factory=dict)
    lines: Mapping[UUID, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    note_lines: Mapping[UUID, Sequence[CreditNoteLine]] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        """Return the fields of the payload that every such change has."""
        return {
            "invoices": [Invoice.of(each) for each in self.invoices],
            "credit_notes": [
                CreditNote.of(each, lines=self.note_lines[each.id]) for each in self.notes
            ],
            "due_today": money(self.outcome.due_today, self.outcome.currency),
        }


async def charged(tx: Tx, outcome: Outcome) -> Charged:
    """Read the documents of a change; nothing is read where there are none."""
    invoices = await invoices_by_id(tx, outcome.invoice_ids) if outcome.invoice_ids else {}
    if not outcome.credit_note_ids:
        notes: Sequence[StoredCreditNote] = ()
        return Charged(outcome, list(invoices.values()), notes, {}, await _lines(tx, invoices))
    keys = outcome.credit_note_ids
    found = await credit_notes_by_id(tx, keys)
    notes = [found[key] for key in keys]
    corrects = await corrected_numbers(tx, keys)
    lines = await _lines(tx, [*invoices, *keys])
    return Charged(
        outcome,
        list(invoices.values()),
        notes,
        await invoices_by_id(tx, [note.corrects_id for note in notes]),
        lines,
        {
            note.id: shown_lines(lines[note.id], numbers, note.currency)
            for note, numbers in zip(notes, corrects, strict=True)
        },
    )


async def _lines(
    tx: Tx, keys: Sequence[UUID] | Mapping[UUID, object]
) -> dict[UUID, Sequence[Mapping[str, Any]]]:
    if not keys:
        return {}
    asked = [LinesAsked(key, 0, MOST_LINES) for key in keys]
    return dict(zip(keys, await lines_of(tx, asked), strict=True))


def prime_charged(context: ApiContext, made: Charged) -> None:
    """Let nested fields show what the transaction saw, dry runs included."""
    for key, rows in made.lines.items():
        asked = LinesAsked(key, 0, USUAL_LINES)
        context.loaders.of(load_lines).prime(asked, rows[:USUAL_LINES])
    for key, invoice in made.corrected.items():
        context.loaders.of(load_invoices).prime(key, invoice)


def kept_outcome(outcome: Outcome) -> dict[str, Any]:
    """Return what is kept of a change's money under an idempotency key."""
    return {
        "invoices": [str(key) for key in outcome.invoice_ids],
        "creditNotes": [str(key) for key in outcome.credit_note_ids],
        "dueToday": f"{outcome.due_today:f}",
        "currency": outcome.currency,
    }


def recalled_outcome(kept: Mapping[str, Any]) -> Outcome:
    """Read back what `kept_outcome` wrote."""
    return Outcome(
        tuple(UUID(key) for key in kept["invoices"]),
        tuple(UUID(key) for key in kept["creditNotes"]),
        Decimal(kept["dueToday"]),
        kept["currency"],
    )
