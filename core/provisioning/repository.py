"""The SQL of provisioning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Final, NamedTuple
from uuid import UUID

from core.db import Tx
from core.provisioning.records import StoredRequest
from core.rows import column_list, to_record

_REQUEST: Final = column_list(StoredRequest)
_BY_ID: Final = f"""
SELECT {column_list(StoredRequest, alias="r")}, p.code
FROM provisioning_request r
JOIN product p ON p.tenant_id = r.tenant_id AND p.id = r.product_id
WHERE r.tenant_id = $1 AND r.id = $2
"""  # noqa: S608 - our columns
_OF_ORDERS: Final = f"""
SELECT {_REQUEST} FROM provisioning_request
WHERE tenant_id = $1 AND subscription_id = ANY($2::uuid[]) AND order_id = ANY($3::uuid[])
ORDER BY id
"""  # noqa: S608 - our columns
_ATTEMPT: Final = """
UPDATE provisioning_request SET attempts = attempts + 1, state = $3, reference = $4,
    error = $5, settled_at = $6
WHERE tenant_id = $1 AND id = $2 AND state = 'waiting'
"""


class Attempt(NamedTuple):
    """How one attempt went; an error of a waiting request is why it is tried again."""

    state: str
    reference: str
    error: str | None


async def request_to_carry(tx: Tx, request_id: UUID) -> tuple[StoredRequest, str] | None:
    """Return a request and its product's code, or None where there is none."""
    row = await tx.fetchrow(_BY_ID, tx.tenant_id, request_id)
    return None if row is None else (to_record(StoredRequest, row), row["code"])


async def requests_of_orders(
    tx: Tx, *, subscription_ids: Collection[UUID], order_ids: Collection[UUID]
) -> dict[UUID, list[StoredRequest]]:
    """Return the requests that orders made, the oldest first."""
    rows = await tx.fetch(_OF_ORDERS, tx.tenant_id, list(subscription_ids), list(order_ids))
    found: dict[UUID, list[StoredRequest]] = defaultdict(list)
    for row in rows:
        found[row["order_id"]].append(to_record(StoredRequest, row))
    return found


async def note_attempt(tx: Tx, request_id: UUID, attempt: Attempt) -> None:
    """Store how an attempt went; a request that is settled stays as it is."""
    settled_at = None if attempt.state == "waiting" else tx.now
    await tx.execute(
        _ATTEMPT,
        tx.tenant_id,
        request_id,
        attempt.state,
        attempt.reference,
        attempt.error,
        settled_at,
    )
