"""All the SQL of customers' tokens. Row-level security adds the tenant; so do the statements.

Tokens that ended a week ago are forgotten when another one is made, some at a time, so that
what is made for each visit does not heap up. Who held one stays in the audit trail.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col

from core.db import Tx
from core.rows import add_row, fetch_record, first_record, selecting, values_of
from core.tenancy.records import CustomerToken, TokenProof
from core.tenancy.tables import CustomerTokenPrefixRow, CustomerTokenRow

KEPT: Final = timedelta(days=7)
_FORGOTTEN_AT_ONCE: Final = 100

_PROOF: Final = """
SELECT t.id, t.account_id, t.member_id, t.secret_hash, t.scopes, t.expires_at,
    t.revoked_at IS NOT NULL OR a.state <> 'active' OR m.state IS DISTINCT FROM
        CASE WHEN t.member_id IS NULL THEN NULL ELSE 'active' END
        OR k.revoked_at IS NOT NULL OR coalesce(s.state = 'disabled', false) AS is_ended,
    m.role AS member_role, a.org_unit_id
FROM customer_token t
JOIN account a ON a.tenant_id = t.tenant_id AND a.id = t.account_id
LEFT JOIN member m ON m.tenant_id = t.tenant_id AND m.id = t.member_id
    AND m.account_id = t.account_id
LEFT JOIN api_key k ON k.tenant_id = t.tenant_id AND k.id = t.issuer_key_id
LEFT JOIN staff s ON s.tenant_id = t.tenant_id AND s.id = t.issuer_staff_id
WHERE t.tenant_id = $1 AND t.prefix = $2
"""
_HOLDER: Final = """
SELECT a.state, m.role FROM account a LEFT JOIN member m
    ON m.tenant_id = a.tenant_id AND m.account_id = a.id AND m.id = $3 AND m.state = 'active'
WHERE a.tenant_id = $1 AND a.id = $2
"""
_REVOKE_ALL: Final = """
UPDATE customer_token SET revoked_at = $4
WHERE tenant_id = $1 AND account_id = $2 AND ($3::uuid IS NULL OR member_id = $3)
    AND revoked_at IS NULL AND expires_at > $4 RETURNING id
"""
_FORGET: Final = """
WITH over AS (
    SELECT tenant_id, id, prefix FROM customer_token
    WHERE tenant_id = $1 AND expires_at < $2
    ORDER BY expires_at LIMIT $3 FOR UPDATE SKIP LOCKED),
gone AS (
    DELETE FROM customer_token t USING over o WHERE t.tenant_id = o.tenant_id AND t.id = o.id)
DELETE FROM customer_token_prefix p USING over o WHERE p.prefix = o.prefix
"""


async def add_token(tx: Tx, token: CustomerToken, *, secret_hash: bytes) -> None:
    """Insert a token and the prefix by which it is found; forget some that are long over."""
    await tx.execute(_FORGET, tx.tenant_id, tx.now - KEPT, _FORGOTTEN_AT_ONCE)
    await add_row(tx, CustomerTokenPrefixRow, prefix=token.prefix, tenant_id=tx.tenant_id)
    values = values_of(token) | {"scopes": list(token.scopes), "secret_hash": secret_hash}
    await add_row(tx, CustomerTokenRow, tenant_id=tx.tenant_id, **values)


async def token(tx: Tx, token_id: UUID) -> CustomerToken | None:
    """Return a token of this tenant."""
    return await first_record(tx, CustomerToken, _token(tx, token_id))


async def lock_token(tx: Tx, token_id: UUID) -> CustomerToken | None:
    """Return a token and keep others from ending it until this transaction ends."""
    return await first_record(tx, CustomerToken, _token(tx, token_id).with_for_update())


async def end_token(tx: Tx, token_id: UUID) -> None:
    """Set that a token is revoked now."""
    await tx.execute(
        "UPDATE customer_token SET revoked_at = $3 WHERE tenant_id = $1 AND id = $2",
        tx.tenant_id,
        token_id,
        tx.now,
    )


async def end_tokens(tx: Tx, account_id: UUID, *, member_id: UUID | None) -> int:
    """Revoke all of an account's tokens, or of one of its members; return how many."""
    return len(await tx.fetch(_REVOKE_ALL, tx.tenant_id, account_id, member_id, tx.now))


async def holder(
    tx: Tx, account_id: UUID, *, member_id: UUID | None
) -> tuple[str, str | None] | None:
    """Return an account's state and the role of its active member; None: no such account."""
    row = await tx.fetchrow(_HOLDER, tx.tenant_id, account_id, member_id)
    return None if row is None else (row["state"], row["role"])


async def tenant_of_prefix(tx: Tx, prefix: str) -> UUID | None:
    """Return whose token has this prefix; needs no tenant."""
    found: UUID | None = await tx.fetchval(
        "SELECT tenant_id FROM customer_token_prefix WHERE prefix = $1", prefix
    )
    return found


async def token_proof(tx: Tx, prefix: str) -> TokenProof | None:
    """Return what deciding about a token of this tenant needs."""
    return await fetch_record(tx, TokenProof, _PROOF, tx.tenant_id, prefix)


def _token(tx: Tx, token_id: UUID) -> Select[Any]:
    mine = selecting(CustomerTokenRow, CustomerToken)
    mine = mine.where(col(CustomerTokenRow.tenant_id) == tx.tenant_id)
    return mine.where(col(CustomerTokenRow.id) == token_id)
