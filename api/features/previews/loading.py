"""Loaders of what the next closings would bill: many in one reading."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from api.context import ApiContext
from api.features.invoices.pricing import pricing_of, shown_preview
from api.features.previews.types import NextInvoice, PreviewProblem
from api.features.subscriptions.types import SUBSCRIPTION_ID
from core.billing_cycles import next_invoices as computed
from core.billing_cycles.errors import NothingToPreview
from core.billing_cycles.preview import Preview, invoice_previews
from core.bootstrap import Application
from core.db import Tx


async def load_next_invoices(
    context: ApiContext, keys: list[UUID]
) -> Sequence[NextInvoice | None]:
    """Load the next invoice of each subscription; None where nothing is to be billed."""
    async with context.transaction() as tx:
        return await next_of_subscriptions(tx, keys, application=context.application)


async def next_of_subscriptions(
    tx: Tx, keys: Sequence[UUID], *, application: Application
) -> list[NextInvoice | None]:
    """Compute the next invoice of each subscription inside a transaction."""
    found = await invoice_previews(tx, keys, pricing=pricing_of(application))
    return [await _of_subscription(tx, key, found[key]) for key in keys]


async def load_next_invoices_of(
    context: ApiContext, keys: list[UUID]
) -> Sequence[list[NextInvoice]]:
    """Load what the next closings of each account would bill."""
    pricing = pricing_of(context.application)
    async with context.transaction() as tx:
        found = await computed.next_invoices(tx, keys, pricing=pricing)
        return [[await _of_account(tx, one) for one in found[key]] for key in keys]


async def _of_subscription(tx: Tx, key: UUID, found: Preview | Exception) -> NextInvoice | None:
    if isinstance(found, NothingToPreview):
        return None
    own = [SUBSCRIPTION_ID.encode(key)]
    if isinstance(found, Exception):
        problem = PreviewProblem.of(found)
        return NextInvoice(due_at=None, subscriptions=own, invoice=None, problem=problem)
    if not found.draft.lines:
        return None
    shown = await shown_preview(tx, found)
    return NextInvoice(due_at=found.due_at, subscriptions=own, invoice=shown, problem=None)


async def _of_account(tx: Tx, one: computed.NextInvoice) -> NextInvoice:
    charged = [] if one.draft is None else [line.subscription_id for line in one.draft.lines]
    keys = one.members if one.draft is None else dict.fromkeys(key for key in charged if key)
    return NextInvoice(
        due_at=one.due_at,
        subscriptions=[SUBSCRIPTION_ID.encode(key) for key in keys],
        invoice=None
        if one.draft is None
        else await shown_preview(tx, Preview(one.due_at, one.draft)),
        problem=None if one.error is None else PreviewProblem.of(one.error),
    )
