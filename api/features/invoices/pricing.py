"""The invoice and the usage as they stand, by the same code as the closing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID
from weakref import WeakKeyDictionary

from api.context import ApiContext
from api.features.catalogue.enums import TaxMode
from api.features.invoices.lines import InvoiceLine, drafted_line, money
from api.features.invoices.stored import facts_of_lines
from api.features.invoices.types import InvoicePreview, drafted_tax
from api.graphql.scalars import CurrencyCode
from core.billing.draft import DraftLine
from core.billing_cycles.errors import NothingToPreview
from core.billing_cycles.jobs import JobsNow
from core.billing_cycles.known import open_periods
from core.billing_cycles.preview import Preview, invoice_preview
from core.billing_cycles.pricing import Pricing
from core.bootstrap import Application
from core.db import Tx
from core.plugin_host import PluginHost

_kept: Final[WeakKeyDictionary[PluginHost, Pricing]] = WeakKeyDictionary()


def pricing_of(application: Application) -> Pricing:
    """Return what to price with; compiled plans are kept from call to call.

    Third-party price models take turns through the state of one `Pricing`, so with them
    every call has its own: two requests would mix their questions.
    """
    host = application.host
    if any(not model.plugin.is_built_in for model in host.price_models.values()):
        return Pricing(host, application.pool)
    if host not in _kept:
        _kept[host] = Pricing(host, application.pool)
    return _kept[host]


def jobs_now(context: ApiContext) -> JobsNow:
    """Return what bills a job at once, priced as `pricing_of` prices where it comes to it."""
    return JobsNow(lambda: pricing_of(context.application))


async def previewed(
    context: ApiContext, subscription_id: UUID, *, at: datetime | None
) -> InvoicePreview:
    """Compute the invoice of the first billing date that is not before an instant.

    Raises:
        NothingToPreview: no open period falls due then, or another one does before.
    """
    async with context.transaction() as tx:
        due_at = await _due(tx, subscription_id, at=at)
        preview = await invoice_preview(
            tx, subscription_id, pricing=pricing_of(context.application), due_at=due_at
        )
        return await shown_preview(tx, preview)


async def shown_preview(tx: Tx, preview: Preview) -> InvoicePreview:
    """Show an invoice that is computed and not stored."""
    draft = preview.draft
    lines = await _drafted_lines(tx, draft.lines, currency=draft.currency)
    return InvoicePreview(
        currency=CurrencyCode(draft.currency),
        tax_mode=TaxMode(draft.tax_mode),
        due_at=preview.due_at,
        net=money(draft.net, draft.currency),
        tax=money(draft.tax, draft.currency),
        total=money(draft.total, draft.currency),
        taxes=[drafted_tax(total, draft.currency) for total in draft.taxes],
        line_count=len(lines),
        drafted=lines,
    )


async def _drafted_lines(
    tx: Tx, lines: Sequence[DraftLine], *, currency: str
) -> list[InvoiceLine]:
    """Show computed lines with what they name, which is one statement for all."""
    named = await facts_of_lines(tx, lines)
    return [
        drafted_line(number, line, facts, currency)
        for number, (line, facts) in enumerate(zip(lines, named, strict=True), start=1)
    ]


async def _due(tx: Tx, subscription_id: UUID, *, at: datetime | None) -> datetime | None:
    if at is None:
        return None
    periods = await open_periods(tx, subscription_id)
    times = [period.due_at for period in periods if period.due_at >= at]
    if not times:
        raise NothingToPreview(
            "no open period of the subscription falls due then", path=("at",)
        )
    first = min(period.due_at for period in periods)
    if first < min(times):
        raise NothingToPreview(
            f"the invoice due on {first.isoformat()} comes before and is not made yet, so what"
            " a later one holds is not known; leave `at` out to preview it",
            path=("at",),
        )
    return first
