"""Attach a company to an account."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from core.accounts import history, repository
from core.accounts.records import Company
from core.accounts.update_account import require_account
from core.contact_details import country_code, line_of_text, optional_line
from core.db import Tx
from core.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class AddCompany:
    """A company; its country is the account's unless given."""

    account_id: UUID
    name: str
    country: str | None = None
    tax_number: str | None = None


async def add_company(tx: Tx, command: AddCompany) -> Company:
    """Attach a company; refuses an unknown account or country."""
    account = await require_account(tx, command.account_id)
    company = Company(
        id=new_id(),
        account_id=account.id,
        name=line_of_text(command.name, path=("name",)),
        tax_number=optional_line(command.tax_number, path=("taxNumber",)),
        country=country_code(command.country or account.country),
        state="active",
        created_at=tx.now,
    )
    await repository.add_company(tx, company)
    await history.append(
        tx,
        account_id=account.id,
        action="company.added",
        subject_type="company",
        subject_id=company.id,
    )
    return company
