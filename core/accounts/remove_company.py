"""Detach a company from an account; its row stays for what refers to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import UUID

from core.accounts import history, repository
from core.accounts.records import Company
from core.accounts.update_account import require_account
from core.db import Tx
from core.kernel.errors import Refusal


class CompanyNotFound(Refusal):
    """No company of this tenant has this id."""

    code: ClassVar[str] = "COMPANY_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class RemoveCompany:
    """Which."""

    company_id: UUID


async def remove_company(tx: Tx, command: RemoveCompany) -> Company:
    """Remove a company; doing it twice is no error and writes nothing."""
    found = await repository.company(tx, command.company_id)
    if found is None:
        raise CompanyNotFound("there is no such company; check its id", path=("companyId",))
    await require_account(tx, found.account_id)
    company = await repository.company(tx, command.company_id)
    assert company is not None
    if company.state == "removed":
        return company
    await repository.set_company_state(tx, company.id, state="removed")
    await history.append(
        tx,
        account_id=company.account_id,
        action="company.removed",
        subject_type="company",
        subject_id=company.id,
    )
    return replace(company, state="removed")
