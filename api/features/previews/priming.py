"""What a change would be billed next, seen inside its transaction: dry runs show it too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from api.context import Info
from api.features.previews.loading import load_next_invoices, next_of_subscriptions
from core.db import Tx

_FIELD: Final = "nextInvoice"


async def prime_next_invoice(info: Info, tx: Tx, subscription_id: UUID) -> None:
    """Compute the subscription's next invoice as it is now, where it is asked for."""
    if not _asks(info.selected_fields):
        return
    application = info.context.application
    (found,) = await next_of_subscriptions(tx, [subscription_id], application=application)
    loader = info.context.loaders.of(load_next_invoices)
    loader.prime(subscription_id, found, force=True)


def _asks(selections: Iterable[Any]) -> bool:
    """Tell whether the field is anywhere in a selection, whose depth the guard bounds."""
    return any(
        getattr(one, "name", None) == _FIELD or _asks(getattr(one, "selections", ()))
        for one in selections
    )
