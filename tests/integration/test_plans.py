"""Lists and totals are served by an index, planned as the application's role plans them.

Under row-level security an index serves only leakproof operators; a plan made by the
schema's owner would prove nothing.
"""

from __future__ import annotations

from uuid import uuid4

import pytest

from core.db import Tx
from core.kernel.ids import new_id

from .conftest import Open

ACCOUNTS = 3_000

KEYSETS = {
    "account_by_name": (
        "SELECT id FROM account WHERE tenant_id = $1 AND (name_key, id) > ('m', $2) "
        "ORDER BY name_key, id LIMIT 20"
    ),
    "account_pkey": (
        "SELECT id FROM account WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT 20"
    ),
    "audit_entry_subject": (
        "SELECT id FROM audit_entry WHERE tenant_id = $1 AND subject_id = $2 "
        "ORDER BY id LIMIT 20"
    ),
    "history_by_account": (
        "SELECT id FROM history_entry WHERE tenant_id = $1 AND account_id = $2 "
        "AND (at, id) < (now(), $2) ORDER BY at DESC, id DESC LIMIT 20"
    ),
    "outbox_waiting": (
        "SELECT id FROM outbox WHERE tenant_id = $1 AND done_at IS NULL AND next_at <= now() "
        "AND $2::uuid IS NOT NULL ORDER BY next_at LIMIT 20"
    ),
}


async def filled(tx: Tx) -> None:
    """Give the tables rows enough that reading them whole is the worse plan."""
    unit = await tx.fetchval("SELECT id FROM org_unit LIMIT 1")
    columns = ("id", "name", "name_key", "country", "currency", "timezone", "org_unit_id")
    people = [
        (tx.tenant_id, new_id(), f"{n}", f"{n:05d}", "FR", "EUR", "Europe/Paris", unit, tx.now)
        for n in range(ACCOUNTS)
    ]
    await tx.copy_into("account", ("tenant_id", *columns, "created_at"), people)
    told = ("tenant_id", "id", "at", "actor", "action", "subject_type", "subject_id")
    entries = [(tx.tenant_id, new_id(), tx.now, "t", "t", "t", person[1]) for person in people]
    await tx.copy_into("audit_entry", told, entries)
    history = [(*entry, entry[-1]) for entry in entries]
    await tx.copy_into("history_entry", (*told, "account_id"), history)
    waiting = [(tx.tenant_id, new_id(), "t", "{}", tx.now, tx.now) for _ in people]
    await tx.copy_into(
        "outbox", ("tenant_id", "id", "topic", "payload", "created_at", "next_at"), waiting
    )


@pytest.mark.parametrize("index", sorted(KEYSETS))
async def test_a_page_is_read_from_its_index(begin: Open, index: str) -> None:
    """An index condition on more than the tenant, and neither a sort nor a whole scan."""
    async with begin() as tx:
        await filled(tx)
        # Fresh rows have no statistics yet: without them a bitmap looks cheap for any page.
        await tx.execute("SET LOCAL enable_bitmapscan = off")
        plan = await tx.fetch(f"EXPLAIN (COSTS OFF) {KEYSETS[index]}", tx.tenant_id, uuid4())
    text = "\n".join(row[0] for row in plan)
    condition = next(line for line in text.splitlines() if "Index Cond" in line)
    assert index in text, text
    assert " AND " in condition, text
    assert "Seq Scan" not in text, text
    assert "Sort" not in text, text
