"""The audit trail shows what was altered, deleted, added or swapped, even by a superuser."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from core import audit
from core.embedded import DatabaseUrls
from core.tenancy.create_tenant import CreatedTenant

from .conftest import Open


@pytest.fixture
async def owner(module_database: DatabaseUrls) -> AsyncIterator[asyncpg.Connection]:
    """The schema's owner with row-level security lifted: as good as a superuser here."""
    connection = await asyncpg.connect(module_database.owner)
    for table in ("audit_entry", "audit_seal", "audit_unsealed"):
        await connection.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    yield connection
    for table in ("audit_entry", "audit_seal", "audit_unsealed"):
        await connection.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    await connection.close()


@pytest.fixture
async def sealed(begin: Open, seller: CreatedTenant) -> list[audit.AuditReport]:
    """Two entries of the seller's creation and four more, in two seals of three."""
    for number in range(4):
        async with begin() as tx:
            await audit.record(
                tx,
                action="tested",
                subject_type="tenant",
                subject_id=seller.tenant.id,
                details={"number": number},
            )
    async with begin() as tx:
        assert await audit.seal(tx, limit=3) == 3
    async with begin() as tx:
        assert await audit.seal(tx, limit=3) == 3
        assert await audit.seal(tx) == 0
        return [await audit.verify(tx)]


async def problems(begin: Open) -> list[tuple[str, int | None]]:
    """Verify, and return the kinds and seals of what was found."""
    async with begin() as tx:
        report = await audit.verify(tx)
    return [(problem.kind, problem.seal) for problem in report.problems]


async def test_an_untouched_chain_is_intact(sealed: list[audit.AuditReport]) -> None:
    """2 entries of the creation + 4 = 6, in seals of 3; none waits."""
    report = sealed[0]
    assert report.is_intact
    assert (report.seals, report.entries, report.waiting) == (2, 6, 0)
    assert len(report.head_hash) == 32


async def test_a_fresh_entry_waits_for_its_seal_and_is_no_problem(
    begin: Open, sealed: list[audit.AuditReport]
) -> None:
    """The job has not come by yet."""
    async with begin() as tx:
        await audit.record(tx, action="tested", subject_type="tenant", subject_id=None)
    async with begin() as tx:
        report = await audit.verify(tx)
    assert (report.is_intact, report.waiting) == (True, 1)
    assert report.head_hash == sealed[0].head_hash


async def test_an_altered_entry_shows_in_its_seal(
    begin: Open, owner: asyncpg.Connection, seller: CreatedTenant, sealed: object
) -> None:
    """Entry 4 of 6 is in the second seal."""
    await owner.execute(
        "UPDATE audit_entry SET actor = 'somebody else' "
        "WHERE tenant_id = $1 AND details = '{\"number\": 1}'",
        seller.tenant.id,
    )
    assert await problems(begin) == [("content_changed", 2)]


async def test_a_deleted_entry_shows_in_its_seal(
    begin: Open, owner: asyncpg.Connection, seller: CreatedTenant, sealed: object
) -> None:
    """The seal still names it."""
    await owner.execute(
        "DELETE FROM audit_entry WHERE tenant_id = $1 AND details = '{\"number\": 0}'",
        seller.tenant.id,
    )
    assert await problems(begin) == [("entry_missing", 1)]


async def test_two_entries_that_swap_their_content_show(
    begin: Open, owner: asyncpg.Connection, seller: CreatedTenant, sealed: object
) -> None:
    """Both seals name the right ids, with the wrong content."""
    await owner.execute(
        "UPDATE audit_entry AS entry SET details = other.details FROM audit_entry AS other "
        "WHERE entry.tenant_id = $1 AND other.tenant_id = $1 "
        "AND (entry.details->>'number')::int + (other.details->>'number')::int = 1 "
        "AND entry.details <> other.details",
        seller.tenant.id,
    )
    assert await problems(begin) == [("content_changed", 1), ("content_changed", 2)]


async def test_a_seal_that_is_made_anew_breaks_the_chain(
    begin: Open, owner: asyncpg.Connection, seller: CreatedTenant, sealed: object
) -> None:
    """Changing a seal's order of ids, or its hash, shows there or in the next one."""
    await owner.execute(
        "UPDATE audit_seal SET hash = sha256('forged') WHERE tenant_id = $1 AND n = 1",
        seller.tenant.id,
    )
    assert await problems(begin) == [("content_changed", 1), ("content_changed", 2)]


async def test_a_removed_seal_shows(
    begin: Open, owner: asyncpg.Connection, seller: CreatedTenant, sealed: object
) -> None:
    """Its entries are neither sealed nor waiting: three of them, and a gap is no seal."""
    await owner.execute(
        "DELETE FROM audit_seal WHERE tenant_id = $1 AND n = 2", seller.tenant.id
    )
    assert await problems(begin) == [("entry_unsealed", None)] * 3


async def test_an_entry_slipped_in_past_the_chain_shows(
    begin: Open, owner: asyncpg.Connection, seller: CreatedTenant, sealed: object
) -> None:
    """A row that nobody recorded waits for no seal."""
    await owner.execute(
        "INSERT INTO audit_entry SELECT tenant_id, gen_random_uuid(), at, actor, 'invented', "
        "subject_type, subject_id, details FROM audit_entry WHERE tenant_id = $1 LIMIT 1",
        seller.tenant.id,
    )
    assert await problems(begin) == [("entry_unsealed", None)]


async def test_a_rolled_back_change_leaves_no_entry(begin: Open) -> None:
    """The entry shares its transaction with what it tells."""
    with pytest.raises(LookupError):
        async with begin() as tx:
            await audit.record(tx, action="undone", subject_type="tenant", subject_id=None)
            raise LookupError
    async with begin() as tx:
        count = await tx.fetchval("SELECT count(*) FROM audit_entry WHERE action = 'undone'")
    assert count == 0
