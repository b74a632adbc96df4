"""Ask a provider to switch a service: a request, and the message that carries it away.

Both are written in the transaction of what they follow from, so a request is never made for
an order that was rolled back, and none is lost that was committed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple
from uuid import UUID

import orjson

from core import outbox
from core.db import Tx
from core.kernel.ids import new_id

TOPIC: Final = "provisioning.requested"
Action = Literal["activate", "change", "suspend", "resume", "end"]
_COLUMNS: Final = (
    "tenant_id", "id", "account_id", "subscription_id", "order_id", "provider", "product_id",
    "provisioning_id", "action", "facts", "state", "attempts", "reference", "created_at",
)  # fmt: skip


class NewRequest(NamedTuple):
    """What a provider is to do, in the provider's own name for the service."""

    account_id: UUID
    subscription_id: UUID
    order_id: UUID | None
    provider: str
    product_id: UUID
    provisioning_id: str
    action: Action
    facts: Mapping[str, str]


async def ask_providers(tx: Tx, requests: Sequence[NewRequest]) -> list[UUID]:
    """Store requests, and let each leave once this transaction has committed."""
    if not requests:
        return []
    ids = [new_id() for _ in requests]
    rows = [
        (
            tx.tenant_id,
            request_id,
            *request[:7],
            orjson.dumps(dict(request.facts)).decode(),
            "waiting",
            0,
            "",
            tx.now,
        )
        for request_id, request in zip(ids, requests, strict=True)
    ]
    await tx.copy_into("provisioning_request", _COLUMNS, rows)
    messages: list[tuple[UUID | None, str]] = [
        (request_id, orjson.dumps({"request": str(request_id)}).decode()) for request_id in ids
    ]
    await outbox.append_many(tx, topic=TOPIC, messages=messages)
    return ids


_LAST_ACTIVATION: Final = """
SELECT account_id, subscription_id, order_id, provider, product_id, provisioning_id,
    'end' AS action, facts
FROM provisioning_request
WHERE tenant_id = $1 AND subscription_id = $2 AND order_id = $3 AND action = 'activate'
ORDER BY id DESC LIMIT 1
"""


async def end_order(tx: Tx, *, subscription_id: UUID, order_id: UUID) -> None:
    """Ask the provider of an order to switch its service off again, if it was asked for it."""
    row = await tx.fetchrow(_LAST_ACTIVATION, tx.tenant_id, subscription_id, order_id)
    if row is not None:
        await ask_providers(tx, [NewRequest._make(row)])
