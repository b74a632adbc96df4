"""Statements that hold at any moment: the books, the reconciliation, the tenants' walls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from core.database_errors import is_unavailable
from core.db import Database
from core.usage.reconciliation import reconciliation
from tests.faults.oracle import Findings
from tests.faults.seller import Seller
from tests.faults.viewers import FilmSeller
from tests.invariants import BOOKS, broken

OUTSIDE: Final = ("tenant_due", "api_key_prefix", "customer_token_prefix", "identity_audience")
"""Tables of ids only, which workers read before they enter a tenant."""
_TABLES: Final = """
SELECT c.relname AS table_name FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
    AND has_table_privilege(c.oid, 'SELECT')
ORDER BY 1
"""


async def check_invariants(
    database: Database, sellers: Sequence[Seller | FilmSeller], findings: Findings
) -> None:
    """Check everything that holds at any moment, once; an absent database checks nothing."""
    try:
        for seller in sellers:
            await _books(database, seller, findings)
        await _walls(database, sellers, findings)
    except Exception as error:
        if not is_unavailable(error):
            raise
        return
    findings.invariants_checked += 1


async def _books(database: Database, seller: Seller | FilmSeller, findings: Findings) -> None:
    async with database.transaction(seller.tenant_id, actor="oracle") as tx:
        for name in await broken(tx):
            findings.note("a broken invariant", name)
        days = await reconciliation(
            tx, from_at=tx.now - timedelta(days=2), until_at=tx.now + timedelta(days=2)
        )
        for day in days:
            if not day.is_balanced:
                findings.note("received is not what became of it", day)


async def _walls(
    database: Database, sellers: Sequence[Seller | FilmSeller], findings: Findings
) -> None:
    """As the application's role, a tenant sees no other's row, and nobody sees any."""
    for tenant_id in (None, *(seller.tenant_id for seller in sellers)):
        async with database.transaction(tenant_id, actor="oracle") as tx:
            tables = [row["table_name"] for row in await tx.fetch(_TABLES)]
            for table in tables:
                if table in OUTSIDE:
                    continue
                foreign = await tx.fetchval(
                    f'SELECT EXISTS (SELECT FROM "{table}" WHERE $1::uuid IS NULL'
                    " OR tenant_id IS DISTINCT FROM $1)",
                    tenant_id,
                )
                if foreign:
                    findings.note("a tenant sees another's rows", table)


def invariant_count() -> int:
    """How many statements one check has, beside the walls: the books, the reconciliation."""
    return len(BOOKS) + 1
