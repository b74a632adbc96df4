"""Attach a company to an account, as many as its subscriptions include.

A seller whose catalogue counts no companies does not limit them. Where it does, modules
include some and packs more (DailyBiz' manual); the account's lock makes the count exact.
"""

from __future__ import annotations

from typing import ClassVar

from core.accounts.add_company import AddCompany, add_company
from core.accounts.records import Company
from core.accounts.update_account import require_account
from core.catalogue.features import load_features
from core.db import Tx
from core.entitlements.can import Answer, Asked, can
from core.kernel.errors import Refusal


class LimitReached(Refusal):
    """The account has as many companies as its subscriptions include."""

    code: ClassVar[str] = "LIMIT_REACHED"


async def company_joins(tx: Tx, command: AddCompany) -> Company:
    """Attach a company.

    Raises:
        AccountNotFound, InvalidText, UnknownCountry
        LimitReached: nothing that the account has includes one more.
    """
    account = await require_account(tx, command.account_id)
    counted = [
        one.code
        for one in (await load_features(tx)).values()
        if one.counts == "companies" and one.state == "active"
    ]
    if counted:
        for answer in await can(tx, account.id, [Asked(code) for code in sorted(counted)]):
            if not answer.verdict.allowed:
                raise LimitReached(_told(answer), path=("accountId",))
    return await add_company(tx, command)


def _told(answer: Answer) -> str:
    """Say why, and which products include more."""
    if not answer.products:
        return answer.verdict.message
    codes = " or ".join(sorted(product.code for product in answer.products))
    return f"{answer.verdict.message}; {codes} would give more"
