"""What the staff of a unit see, where their tenant limits viewing to units.

A unit sees the accounts of its own, of the units below it in the tree, and of the units
that named it as a collaborator; and whatever hangs on an account is seen with the account.
The root unit stands above all, and so sees all. A customer sees their own account and what
hangs on it: they name a unit that no account has, and their account. Here it is only said,
once a transaction; the database holds to it in every statement, through the policies
`viewing` and `sellers_own`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

if TYPE_CHECKING:
    from core.db import Tx

_LIMIT: Final = """
WITH RECURSIVE below (id) AS (
    SELECT $2::uuid
    UNION
    SELECT u.id FROM org_unit u JOIN below b ON u.parent_id = b.id WHERE u.tenant_id = $1),
seen (id) AS (
    SELECT id FROM below
    UNION
    SELECT unit_id FROM org_unit_collaboration WHERE tenant_id = $1 AND collaborator_id = $2)
SELECT array_agg(id) AS units, set_config('app.units', string_agg(id::text, ','), true)
FROM seen
WHERE (SELECT limits_viewing FROM tenant WHERE id = $1)
    AND NOT EXISTS (SELECT FROM org_unit
        WHERE tenant_id = $1 AND id = $2 AND parent_id IS NULL)
HAVING count(*) > 0
"""
_LIMIT_TO_ACCOUNT: Final = """
SELECT set_config('app.units', $1, true), set_config('app.account', $2, true)
"""
NO_UNIT: Final = UUID(int=0)
"""A unit that does not exist: who names it sees no account by its unit."""


@dataclass(frozen=True, slots=True)
class Viewing:
    """A view that is limited: the unit of who looks, and the units whose accounts it sees.

    A customer's has no unit, and an account instead.
    """

    unit_id: UUID
    units: frozenset[UUID]
    account_id: UUID | None = None


async def limit_viewing(tx: Tx, unit_id: UUID) -> Viewing | None:
    """Show the transaction what staff of a unit may see, and no more, from here on.

    None: it sees all, because the tenant does not limit viewing or the unit is its root.
    """
    row = await tx.fetchrow(_LIMIT, tx.tenant_id, unit_id)
    if row is None:
        return None
    return Viewing(unit_id, frozenset(UUID(bytes=each.bytes) for each in row["units"]))


async def limit_to_account(tx: Tx, account_id: UUID) -> Viewing:
    """Show the transaction one account and what hangs on it, from here on."""
    await tx.fetchrow(_LIMIT_TO_ACCOUNT, str(NO_UNIT), str(account_id))
    return Viewing(NO_UNIT, frozenset(), account_id)
