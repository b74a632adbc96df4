"""All the SQL of accounts. Lists are keyset pages: fetch one more to know of a next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Select, tuple_
from sqlmodel import col, update

from core.accounts.attributes import name_key
from core.accounts.records import Account, Company, HistoryEntry, Member
from core.accounts.tables import AccountRow, CompanyRow, MemberRow
from core.db import Tx
from core.rows import add_row, all_records, column_list, first_record, selecting, to_record

R = TypeVar("R")

_LAST_CHARACTER: Final = "\U0010ffff"

_HISTORY: Final = f"""
SELECT {column_list(HistoryEntry)} FROM history_entry
WHERE tenant_id = $1 AND account_id = $2 AND (at, id) < ($3, $4)
ORDER BY at DESC, id DESC LIMIT $5
"""  # noqa: S608 - the names of a record's fields
_HISTORY_FROM_LAST: Final = f"""
SELECT {column_list(HistoryEntry)} FROM history_entry
WHERE tenant_id = $1 AND account_id = $2 ORDER BY at DESC, id DESC LIMIT $3
"""  # noqa: S608 - the names of a record's fields
_ADD_HISTORY: Final = """
INSERT INTO history_entry
    (tenant_id, id, account_id, at, actor, action, subject_type, subject_id, details)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """Which accounts a list holds; what is None does not restrict it."""

    ref: str | None = None
    name_starts_with: str | None = None
    org_unit_id: UUID | None = None
    state: str | None = None


EVERY_ACCOUNT: Final = AccountFilter()


async def add_account(tx: Tx, account: Account) -> None:
    """Insert an account."""
    await add_row(tx, AccountRow, tenant_id=tx.tenant_id, **_values(account))


async def update_account(tx: Tx, account_id: UUID, **changes: Any) -> None:
    """Set columns of an account."""
    mine = update(AccountRow).where(col(AccountRow.tenant_id) == tx.tenant_id)
    await tx.session.execute(mine.where(col(AccountRow.id) == account_id).values(**changes))


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
    found = _mine().where(_of(tx), col(AccountRow.id).in_(account_ids))
    return {each.id: each for each in await all_records(tx, Account, found)}


async def accounts_by_id(
    tx: Tx, *, after: UUID | None = None, limit: int, where: AccountFilter = EVERY_ACCOUNT
) -> list[Account]:
    """Return a page in the order of creation."""
    page = _filtered(tx, where).order_by(col(AccountRow.id)).limit(limit)
    if after is not None:
        page = page.where(col(AccountRow.id) > after)
    return await all_records(tx, Account, page)


async def accounts_by_name(
    tx: Tx,
    *,
    after: tuple[str, UUID] | None = None,
    limit: int,
    where: AccountFilter = EVERY_ACCOUNT,
) -> list[Account]:
    """Return a page in the order of folded names; `after` is the last one's (name_key, id)."""
    order = (col(AccountRow.name_key), col(AccountRow.id))
    page = _filtered(tx, where).order_by(*order).limit(limit)
    if after is not None:
        page = page.where(tuple_(*order) > tuple_(*after))
    return await all_records(tx, Account, page)


async def add_company(tx: Tx, company: Company) -> None:
    """Insert a company."""
    await add_row(tx, CompanyRow, tenant_id=tx.tenant_id, **_values(company))


async def company(tx: Tx, company_id: UUID) -> Company | None:
    """Return a company of this tenant."""
    mine = selecting(CompanyRow, Company).where(col(CompanyRow.tenant_id) == tx.tenant_id)
    return await first_record(tx, Company, mine.where(col(CompanyRow.id) == company_id))


async def set_company_state(tx: Tx, company_id: UUID, *, state: str) -> None:
    """Set whether a company is active or removed."""
    mine = update(CompanyRow).where(col(CompanyRow.tenant_id) == tx.tenant_id)
    await tx.session.execute(mine.where(col(CompanyRow.id) == company_id).values(state=state))


async def companies_of(
    tx: Tx, account_ids: Sequence[UUID], *, limit: int
) -> dict[UUID, list[Company]]:
    """Return the first active companies of each of these accounts, in one statement."""
    return await _children(tx, Company, "company", account_ids, limit=limit)


async def add_member(tx: Tx, member: Member) -> None:
    """Insert a member."""
    await add_row(tx, MemberRow, tenant_id=tx.tenant_id, **_values(member))


async def member(tx: Tx, member_id: UUID) -> Member | None:
    """Return a member of this tenant."""
    mine = selecting(MemberRow, Member).where(col(MemberRow.tenant_id) == tx.tenant_id)
    return await first_record(tx, Member, mine.where(col(MemberRow.id) == member_id))


async def set_member_state(tx: Tx, member_id: UUID, *, state: str) -> None:
    """Set whether a member is active or removed."""
    mine = update(MemberRow).where(col(MemberRow.tenant_id) == tx.tenant_id)
    await tx.session.execute(mine.where(col(MemberRow.id) == member_id).values(state=state))


async def members_of(
    tx: Tx, account_ids: Sequence[UUID], *, limit: int
) -> dict[UUID, list[Member]]:
    """Return the first active members of each of these accounts, in one statement."""
    return await _children(tx, Member, "member", account_ids, limit=limit)


async def member_roles(tx: Tx, account_id: UUID) -> dict[str, int]:
    """Return how many active members of each role an account has."""
    rows = await tx.fetch(
        "SELECT role, count(*) AS members FROM member "
        "WHERE tenant_id = $1 AND account_id = $2 AND state = 'active' GROUP BY role",
        tx.tenant_id,
        account_id,
    )
    return {row["role"]: row["members"] for row in rows}


async def add_history(tx: Tx, entry: HistoryEntry) -> None:
    """Insert an entry of an account's history."""
    before = (entry.id, entry.account_id, entry.at, entry.actor, entry.action)
    written = orjson.dumps(entry.details, default=str).decode()
    subject = (entry.subject_type, entry.subject_id, written)
    await tx.execute(_ADD_HISTORY, tx.tenant_id, *before, *subject)


async def history_of(
    tx: Tx, account_id: UUID, *, after: tuple[datetime, UUID] | None = None, limit: int
) -> list[HistoryEntry]:
    """Return a page of an account's history, latest first; `after` is the last one's key."""
    if after is None:
        rows = await tx.fetch(_HISTORY_FROM_LAST, tx.tenant_id, account_id, limit)
    else:
        rows = await tx.fetch(_HISTORY, tx.tenant_id, account_id, *after, limit)
    return [to_record(HistoryEntry, dict(row)) for row in rows]


def _mine() -> Select[Any]:
    return selecting(AccountRow, Account)


def _of(tx: Tx) -> ColumnElement[bool]:
    return col(AccountRow.tenant_id) == tx.tenant_id


def _filtered(tx: Tx, where: AccountFilter) -> Select[Any]:
    found = _mine().where(_of(tx))
    if where.ref is not None:
        found = found.where(col(AccountRow.ref) == where.ref)
    if where.org_unit_id is not None:
        found = found.where(col(AccountRow.org_unit_id) == where.org_unit_id)
    if where.state is not None:
        found = found.where(col(AccountRow.state) == where.state)
    if where.name_starts_with:
        # A range, and not LIKE: under row-level security LIKE cannot use the index.
        start = name_key(where.name_starts_with)
        key = col(AccountRow.name_key)
        found = found.where(key >= start, key < start + _LAST_CHARACTER)
    return found


async def _children(
    tx: Tx, record_type: type[R], table: str, account_ids: Sequence[UUID], *, limit: int
) -> dict[UUID, list[R]]:
    """Read the first children of many accounts; LATERAL stops at the limit of each."""
    rows = await tx.fetch(
        f"SELECT child.* FROM unnest($2::uuid[]) AS wanted (id) "  # noqa: S608 - our own names
        f"CROSS JOIN LATERAL (SELECT {column_list(record_type)} FROM {table} "
        "WHERE tenant_id = $1 AND account_id = wanted.id AND state = 'active' "
        "ORDER BY id LIMIT $3) AS child",
        tx.tenant_id,
        list(account_ids),
        limit,
    )
    found: dict[UUID, list[R]] = {account_id: [] for account_id in account_ids}
    for row in rows:
        found[row["account_id"]].append(to_record(record_type, dict(row)))
    return found


def _values(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}
