"""What a closing writes beside the invoices: steps, settlements, outbox rows, marks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from core import outbox
from core.billing.draft import InvoiceDraft
from core.billing.inputs import inputs_to_json
from core.billing.totals import totals_to_json
from core.db import Tx
from core.fault_points import reached
from core.invoices.finalise import FinalInvoice
from core.payments.booking import settle_new

FINALISED: Final = "invoice.finalised"

_STEP_COLUMNS: Final = (
    "tenant_id", "period_id", "seq", "prev", "billed_by", "invoice_id", "inputs", "totals",
    "created_at",
)  # fmt: skip
_BILLED: Final = """
UPDATE billing_period SET state = 'billed'
WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) AND state IN ('frozen', 'parked')
RETURNING id
"""


class PeriodTaken(Exception):
    """A period that was read as waiting is billed by now: somebody else closed it."""


async def store_steps(
    tx: Tx,
    drafts: Iterable[tuple[InvoiceDraft, UUID | None]],
    *,
    billed_by: Mapping[UUID, UUID],
) -> None:
    """Store the links that the drafts leave; `billed_by` names the period of a late one."""
    rows = list(_step_rows(drafts, tx.tenant_id, billed_by, tx.now))
    if rows:
        await tx.copy_into("billing_step", _STEP_COLUMNS, rows)


def _step_rows(
    drafts: Iterable[tuple[InvoiceDraft, UUID | None]],
    tenant_id: UUID,
    billed_by: Mapping[UUID, UUID],
    now: datetime,
) -> Iterator[tuple[Any, ...]]:
    for draft, invoice_id in drafts:
        for step in draft.steps:
            is_first = step.seq == 1
            yield (
                tenant_id,
                step.period_id,
                step.seq,
                None if is_first else step.seq - 1,
                billed_by.get(step.period_id, step.period_id),
                invoice_id,
                None if step.part.is_late else inputs_to_json(step.part),
                totals_to_json(step.totals),
                now,
            )


async def settle_and_announce(tx: Tx, invoices: Sequence[FinalInvoice]) -> None:
    """Settle invoices with what their accounts have, and tell of each after the commit.

    What stays open is claimed: collected, or reminded of (`core.payments`).
    """
    await settle_new(tx, [invoice.id for invoice in invoices], at=tx.now)
    reached("new_settled")
    await outbox.append_many(
        tx,
        topic=FINALISED,
        messages=[
            (
                invoice.id,
                (
                    f'{{"invoice":"{invoice.id}","account":"{invoice.account_id}",'
                    f'"currency":"{invoice.draft.currency}","total":"{invoice.draft.total}"}}'
                ),
            )
            for invoice in invoices
        ],
    )


async def mark_billed(tx: Tx, period_ids: Sequence[UUID]) -> None:
    """Mark periods billed.

    Raises:
        PeriodTaken: one of them does not wait any more.
    """
    if not period_ids:
        return
    marked = await tx.fetch(_BILLED, tx.tenant_id, list(period_ids))
    if len(marked) != len(period_ids):
        raise PeriodTaken(f"{len(period_ids) - len(marked)} periods are closed already")
