"""All the SQL by which accounts are changed; lists of them are the API's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Select
from sqlmodel import col, update

from core.accounts.records import Account, Company, HistoryEntry, Member
from core.accounts.tables import AccountRow, CompanyRow, MemberRow
from core.db import Tx
from core.rows import (
    add_row,
    column_list,
    first_record,
    selecting,
    to_record,
    values_of,
)

_ADD_HISTORY: Final = """
INSERT INTO history_entry
    (tenant_id, id, account_id, at, actor, action, subject_type, subject_id, details,
     subscription_id)
VALUES ($1, $2, $3,
    coalesce((SELECT a.test_clock FROM account a WHERE a.tenant_id = $1 AND a.id = $3), $4),
    $5, $6, $7, $8, $9, $10)
RETURNING at
"""

_BY_IDS: Final = f"""
SELECT {column_list(Account)} FROM account WHERE tenant_id = $1 AND id = ANY ($2::uuid[])
"""  # noqa: S608 - our own words


async def add_account(tx: Tx, account: Account) -> None:
    """Insert an account."""
    await add_row(tx, AccountRow, tenant_id=tx.tenant_id, **values_of(account))


async def update_account(tx: Tx, account_id: UUID, **changes: Any) -> None:
    """Set columns of an account."""
    mine = update(AccountRow).where(col(AccountRow.tenant_id) == tx.tenant_id)
    await tx.connection.execute(mine.where(col(AccountRow.id) == account_id).values(**changes))


async def account(tx: Tx, account_id: UUID) -> Account | None:
    """Return an account of this tenant."""
    return await first_record(
        tx, Account, _mine().where(_of(tx), col(AccountRow.id) == account_id)
    )


async def lock_account(tx: Tx, account_id: UUID) -> Account | None:
    """Return an account and keep others from changing it until this transaction ends."""
    found = _mine().where(_of(tx), col(AccountRow.id) == account_id)
    return await first_record(tx, Account, found.with_for_update())


async def accounts_by_ids(tx: Tx, account_ids: Sequence[UUID]) -> dict[UUID, Account]:
    """Return those of these accounts that exist, in one statement."""
    found = await tx.fetch(_BY_IDS, tx.tenant_id, list(account_ids))
    return {row["id"]: to_record(Account, row) for row in found}


async def account_by_ref(tx: Tx, ref: str) -> Account | None:
    """Return the account that the tenant calls so."""
    return await first_record(tx, Account, _mine().where(_of(tx), col(AccountRow.ref) == ref))


async def add_company(tx: Tx, company: Company) -> None:
    """Insert a company."""
    await add_row(tx, CompanyRow, tenant_id=tx.tenant_id, **values_of(company))


async def company(tx: Tx, company_id: UUID) -> Company | None:
    """Return a company of this tenant."""
    mine = selecting(CompanyRow, Company).where(col(CompanyRow.tenant_id) == tx.tenant_id)
    return await first_record(tx, Company, mine.where(col(CompanyRow.id) == company_id))


async def set_company_state(tx: Tx, company_id: UUID, *, state: str) -> None:
    """Set whether a company is active or removed."""
    mine = update(CompanyRow).where(col(CompanyRow.tenant_id) == tx.tenant_id)
    await tx.connection.execute(
        mine.where(col(CompanyRow.id) == company_id).values(state=state)
    )


async def add_member(tx: Tx, member: Member) -> None:
    """Insert a member."""
    await add_row(tx, MemberRow, tenant_id=tx.tenant_id, **values_of(member))


async def member(tx: Tx, member_id: UUID) -> Member | None:
    """Return a member of this tenant."""
    mine = selecting(MemberRow, Member).where(col(MemberRow.tenant_id) == tx.tenant_id)
    return await first_record(tx, Member, mine.where(col(MemberRow.id) == member_id))


async def set_member_state(tx: Tx, member_id: UUID, *, state: str) -> None:
    """Set whether a member is active or removed."""
    mine = update(MemberRow).where(col(MemberRow.tenant_id) == tx.tenant_id)
    await tx.connection.execute(mine.where(col(MemberRow.id) == member_id).values(state=state))


async def member_roles(tx: Tx, account_id: UUID) -> dict[str, int]:
    """Return how many active members of each role an account has."""
    rows = await tx.fetch(
        "SELECT role, count(*) AS members FROM member "
        "WHERE tenant_id = $1 AND account_id = $2 AND state = 'active' GROUP BY role",
        tx.tenant_id,
        account_id,
    )
    return {row["role"]: row["members"] for row in rows}


async def add_history(tx: Tx, entry: HistoryEntry) -> HistoryEntry:
    """Insert an entry of an account's history, at what time it is for the account."""
    before = (entry.id, entry.account_id, entry.at, entry.actor, entry.action)
    written = orjson.dumps(entry.details, default=str).decode()
    subject = (entry.subject_type, entry.subject_id, written, entry.subscription_id)
    at = await tx.fetchval(_ADD_HISTORY, tx.tenant_id, *before, *subject)
    return replace(entry, at=at)


def _mine() -> Select[Any]:
    return selecting(AccountRow, Account)


def _of(tx: Tx) -> ColumnElement[bool]:
    return col(AccountRow.tenant_id) == tx.tenant_id
