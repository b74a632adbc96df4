"""How a worker's statements are planned: each with its values, and none reads whole tables."""

from __future__ import annotations

import asyncpg

from core.billing_cycles.chunks import claim_chunk, finish_chunk
from core.billing_cycles.close import close_periods
from core.billing_cycles.reading import frozen_periods
from core.embedded import DatabaseUrls
from tests.building import Shop, utc

_READ_WHOLE = """
SELECT relname FROM pg_stat_xact_user_tables
WHERE schemaname = 'public' AND seq_scan > 0 ORDER BY 1
"""
_PREPARED = "SELECT count(*) FROM pg_prepared_statements"


async def test_a_chunk_reads_no_table_from_end_to_end(
    shop: Shop, module_database: DatabaseUrls
) -> None:
    """Even where each has one page, known to the planner: it would choose that, and the
    check of a foreign key would keep the choice while the table grows. Eight customers
    make more checks than the five after which a plan is kept.
    """
    for number in range(8):
        await shop.subscribed(await shop.customer(f"c{number}"), ("seats", "1"), ("email", "1"))
    assert await shop.close(utc(2)) == 8
    owner = await asyncpg.connect(module_database.owner)
    await owner.execute("ANALYZE")
    await owner.close()
    await shop.sweep(utc(3))

    async with shop.at(utc(3)) as tx:
        chunk = await claim_chunk(tx)
        assert chunk is not None
        periods = await frozen_periods(
            tx,
            chunk.run_id,
            first_account_id=chunk.first_account_id,
            last_account_id=chunk.last_account_id,
        )
        closed = await close_periods(tx, periods, run_id=chunk.run_id, pricing=shop.pricing)
        read_whole = [row["relname"] for row in await tx.fetch(_READ_WHOLE)]
        prepared = await tx.fetchval(_PREPARED)
        await finish_chunk(tx, chunk, invoices=len(closed.invoices), parked=0)

    assert len(closed.invoices) == 8
    assert read_whole == []
    assert prepared == 0
