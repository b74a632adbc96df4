"""Find the accounts that many reports name, by id or by the tenant's own ref."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from core.db import Tx

# Two index scans; an OR of both conditions would read the tenant's accounts.
_ACCOUNTS: Final = """
SELECT id, ref, test_clock FROM account WHERE tenant_id = $1 AND id = ANY($2::uuid[])
UNION SELECT id, ref, test_clock FROM account WHERE tenant_id = $1 AND ref = ANY($3::text[])
"""


class AccountTime(NamedTuple):
    """An account that reports name: its id, and its own clock if it has one."""

    id: UUID
    test_clock: datetime | None


async def accounts_named(
    tx: Tx, names: Collection[UUID | str]
) -> dict[UUID | str, AccountTime]:
    """Return the accounts that exist by the id or ref that they were named by.

    One statement for a whole batch; what leads nowhere is absent.
    """
    ids = [name for name in names if isinstance(name, UUID)]
    refs = [name for name in names if isinstance(name, str)]
    found: dict[UUID | str, AccountTime] = {}
    for account_id, ref, test_clock in await tx.fetch(_ACCOUNTS, tx.tenant_id, ids, refs):
        found[account_id] = AccountTime(account_id, test_clock)
        if ref is not None:
            found[ref] = found[account_id]
    return found
