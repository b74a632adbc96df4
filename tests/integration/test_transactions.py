"""One transaction: its tenant, its time, its commit, and what a failure leaves behind."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest

from core.database_errors import Unavailable, retrying, sqlstate_of
from core.db import Database
from core.embedded import DatabaseUrls
from core.freeze_lock import share_freeze, try_freeze
from core.kernel.clock import FixedClock
from core.kernel.ids import new_id
from core.tenancy.create_tenant import CreatedTenant
from core.tenant_due import due_tenants, move_due

from .conftest import Open

DUE = ("tenant_id", "kind", "due_at")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


async def test_a_transaction_carries_its_tenant_only_to_its_end(db: Database) -> None:
    """The setting is local to the transaction: the next one on the same connection has none."""
    tenant_id = uuid4()
    async with db.transaction(tenant_id, actor="test") as tx:
        inside = await tx.fetchval("SELECT current_setting('app.tenant')")
    async with db.transaction(None, actor="test") as tx:
        after = await tx.fetchval("SELECT current_setting('app.tenant', true)")
    assert (inside, after) == (str(tenant_id), "")


async def test_a_platform_transaction_has_no_tenant_to_name(db: Database) -> None:
    """Asking for the tenant of none is a bug and rises; it may enter one, once."""
    async with db.transaction(None, actor="test") as tx:
        with pytest.raises(RuntimeError, match="no tenant"):
            _ = tx.tenant_id
        entered = uuid4()
        await tx.enter_tenant(entered)
        assert tx.tenant_id == entered
        with pytest.raises(RuntimeError, match="has a tenant already"):
            await tx.enter_tenant(uuid4())


async def test_now_is_the_database_s_instant_and_stands_still(begin: Open) -> None:
    """Every row of one transaction carries the same instant."""
    async with begin() as tx:
        assert tx.now == await tx.fetchval("SELECT now()")
        await asyncio.sleep(0.01)
        assert tx.now == await tx.fetchval("SELECT now()")
        assert tx.now.tzinfo is UTC


async def test_a_given_clock_wins_over_the_database(begin: Open) -> None:
    """Simulations and tests say what time it is."""
    async with begin(clock=FixedClock(NOON)) as tx:
        assert tx.now == NOON


async def test_the_end_of_the_block_commits_and_an_exception_undoes(begin: Open) -> None:
    """Either everything of a block is stored, or nothing."""
    async with begin() as tx:
        await move_due(tx, "kept", to=NOON)
    with pytest.raises(LookupError):
        async with begin() as tx:
            await move_due(tx, "lost", to=NOON)
            raise LookupError
    async with begin() as tx:
        kinds = await tx.fetch(
            "SELECT kind FROM tenant_due WHERE kind IN ('kept', 'lost') AND tenant_id = $1",
            tx.tenant_id,
        )
    assert [row["kind"] for row in kinds] == ["kept"]


async def test_a_savepoint_undoes_its_block_only(begin: Open, seller: CreatedTenant) -> None:
    """What came before it in the transaction stays, even after a refused statement."""
    async with begin() as tx:
        await move_due(tx, "before", to=NOON)
        with pytest.raises(asyncpg.NotNullViolationError):
            async with tx.savepoint():
                await move_due(tx, "inside", to=NOON)
                await tx.execute(
                    "INSERT INTO tenant_due VALUES ($1, NULL, now())", tx.tenant_id
                )
    async with begin() as tx:
        rows = await tx.fetch(
            "SELECT kind FROM tenant_due WHERE tenant_id = $1 AND kind IN ('before', 'inside')",
            seller.tenant.id,
        )
    assert [row["kind"] for row in rows] == ["before"]


async def test_a_swallowed_failure_is_not_committed_in_silence(begin: Open) -> None:
    """COMMIT after a failed statement rolls back without an error; we raise one."""
    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        async with begin() as tx:
            await move_due(tx, "swallowed", to=NOON)
            with pytest.raises(asyncpg.DivisionByZeroError):
                await tx.fetchval("SELECT 1 / 0")


async def test_copy_into_writes_under_row_level_security(begin: Open) -> None:
    """Rows go in by COPY, JSON as text; conflicts are left out, and RETURNING counts."""
    ids = [new_id() for _ in range(3)]
    rows = [(one, "t", None, '{"n": 1}', NOON, NOON) for one in (ids[2], ids[0], ids[1])]
    columns = ("tenant_id", "id", "topic", "subject_id", "payload", "created_at", "next_at")
    options = {"on_conflict": "(tenant_id, id) DO NOTHING", "returning": ("id",)}
    async with begin() as tx:
        mine = [(tx.tenant_id, *row) for row in rows]
        first = await tx.copy_into("outbox", columns, mine[:2], **options)
        second = await tx.copy_into("outbox", columns, mine, **options, order_by=("id",))
        payload = await tx.fetchval("SELECT payload FROM outbox WHERE id = $1", ids[1])
    assert {row["id"] for row in first} == {ids[2], ids[0]}
    assert [row["id"] for row in second] == [ids[1]]  # three sent, two were there
    assert payload == {"n": 1}


async def test_copy_into_another_tenant_is_refused(begin: Open) -> None:
    """The policy's WITH CHECK holds for the INSERT that follows the COPY."""
    columns = ("tenant_id", "id", "topic", "payload", "created_at", "next_at")
    foreign = [(uuid4(), new_id(), "t", "{}", NOON, NOON)]
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with begin() as tx:
            await tx.copy_into("outbox", columns, foreign)


async def test_copy_into_works_again_after_a_savepoint_undid_it(begin: Open) -> None:
    """The temporary table is made anew when a rollback took it away."""
    columns = DUE
    async with begin() as tx:
        with pytest.raises(LookupError):
            async with tx.savepoint():
                await tx.copy_into("tenant_due", columns, [(tx.tenant_id, "again", NOON)])
                raise LookupError
        back = await tx.copy_into(
            "tenant_due", columns, [(tx.tenant_id, "again", NOON)], returning=("kind",)
        )
    assert [row["kind"] for row in back] == ["again"]


async def test_a_cut_connection_is_unavailable_and_the_next_one_works(
    begin: Open, module_database: DatabaseUrls
) -> None:
    """A lost connection tells the caller to come back, and the pool heals itself."""
    with pytest.raises(Unavailable):
        async with begin() as tx:
            backend = await tx.fetchval("SELECT pg_backend_pid()")
            killer = await asyncpg.connect(module_database.app)
            await killer.execute("SELECT pg_terminate_backend($1)", backend)
            await killer.close()
            await move_due(tx, "cut", to=NOON)
    async with begin() as tx:
        assert await tx.fetchval("SELECT count(*) FROM tenant_due WHERE kind = 'cut'") == 0


async def test_connections_that_died_in_the_pool_are_replaced_unseen(
    db: Database, module_database: DatabaseUrls
) -> None:
    """Three are idle when the server ends them; who comes next is served, by new ones."""

    async def backend() -> int:
        async with db.transaction(None, actor="test") as tx:
            number: int = await tx.fetchval("SELECT pg_backend_pid()")
            await asyncio.sleep(0.1)
        return number

    before = await asyncio.gather(*(backend() for _one in range(3)))
    killer = await asyncpg.connect(module_database.app)
    try:
        for one in before:
            await killer.execute("SELECT pg_terminate_backend($1)", one)
    finally:
        await killer.close()
    after = await asyncio.gather(*(backend() for _one in range(3)))
    assert not set(before) & set(after)


async def test_an_unreachable_database_is_unavailable() -> None:
    """Nobody listens on port 1: try later, and not an error of the program's."""
    nowhere = Database("postgresql://nobody@127.0.0.1:1/none", role="api")
    with pytest.raises(Unavailable):
        async with nowhere.transaction(None, actor="test"):
            pass
    await nowhere.close()


async def test_a_statement_that_waits_too_long_for_a_lock_is_unavailable(
    db: Database, begin: Open
) -> None:
    """The lock timeout ends the wait; the caller may try again."""
    async with begin() as tx:
        await move_due(tx, "held", to=NOON)
    async with begin() as holder:
        await move_due(holder, "held", to=NOON)
        with pytest.raises(Unavailable):
            async with begin() as tx:
                await tx.execute("SET LOCAL lock_timeout = '50ms'")
                await move_due(tx, "held", to=NOON)


async def test_a_deadlocked_unit_of_work_is_done_again(begin: Open) -> None:
    """Two transactions lock two rows crosswise: PostgreSQL ends one, and it begins anew."""
    async with begin() as tx:
        await move_due(tx, "a", to=NOON)
        await move_due(tx, "b", to=NOON)
    runs: list[str] = []
    both_hold_one = asyncio.Barrier(2)

    @retrying
    async def lock(first: str, second: str) -> None:
        runs.append(first)
        async with begin() as tx:
            await move_due(tx, first, to=NOON)
            if len(runs) <= 2:
                await both_hold_one.wait()
            await move_due(tx, second, to=NOON)

    await asyncio.gather(lock("a", "b"), lock("b", "a"))
    assert len(runs) == 3  # one each, and the victim once more


async def test_sqlstates_are_read_through_either_library(begin: Open) -> None:
    """SQLAlchemy wraps what asyncpg raises; the code is the same."""
    from sqlalchemy import text

    async with begin() as tx:
        with pytest.raises(asyncpg.DivisionByZeroError) as of_driver:
            async with tx.savepoint():
                await tx.fetchval("SELECT 1 / 0")
        with pytest.raises(Exception, match="division by zero") as of_connection:
            async with tx.savepoint():
                await tx.connection.execute(text("SELECT 1 / 0"))
    assert sqlstate_of(of_driver.value) == sqlstate_of(of_connection.value) == "22012"


async def test_freezing_gives_up_while_an_ingest_holds_its_share(
    begin: Open, db: Database
) -> None:
    """Shares go together; the exclusive lock waits 200 ms at most and leaves no trace."""
    async with begin() as ingest, begin() as another:
        await share_freeze(ingest)
        await share_freeze(another)
        async with begin() as freezer:
            assert await try_freeze(freezer, timeout_ms=20) is False
            # The failed try did not end the transaction, and its timeout is the old one.
            assert await freezer.fetchval("SELECT current_setting('lock_timeout')") == "3s"
        async with db.transaction(uuid4(), actor="test") as other_tenant:
            assert await try_freeze(other_tenant) is True
    async with begin() as freezer:
        assert await try_freeze(freezer) is True
        assert await freezer.fetchval("SELECT current_setting('lock_timeout')") == "3s"


async def test_workers_find_tenants_with_due_work(db: Database, seller: CreatedTenant) -> None:
    """Ids only, across tenants, in a transaction without one."""
    async with db.transaction(seller.tenant.id, actor="test") as tx:
        await move_due(tx, "close", to=NOON)
    async with db.transaction(None, actor="worker") as tx:
        assert seller.tenant.id in await due_tenants(tx, "close", limit=1_000)
    async with db.transaction(
        None, actor="worker", clock=FixedClock(NOON.replace(hour=11))
    ) as tx:
        assert await due_tenants(tx, "close", limit=1_000) == []
