"""What reads many invoices at once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from api.context import ApiContext
from api.features.invoices.stored import StoredInvoice, invoices_by_id


async def load_invoices(
    context: ApiContext, keys: list[UUID]
) -> Sequence[StoredInvoice | None]:
    """Load invoices by key."""
    async with context.transaction() as tx:
        found = await invoices_by_id(tx, keys)
    return [found.get(key) for key in keys]
