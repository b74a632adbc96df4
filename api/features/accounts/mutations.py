"""Changing accounts, their members and companies."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.arguments import account_key, create_command, update_command
from api.features.accounts.payloads import (
    AccountCreateInput,
    AccountCreatePayload,
    AccountUpdateInput,
    AccountUpdatePayload,
    CompanyAddInput,
    CompanyAddPayload,
    CompanyRemoveInput,
    CompanyRemovePayload,
    MemberAddInput,
    MemberAddPayload,
    MemberRemoveInput,
    MemberRemovePayload,
)
from api.features.accounts.types import COMPANY_ID, MEMBER_ID, Account, Company, Member
from api.graphql.errors import answers_refusals
from api.mutations import by_id, run
from api.references import choice, given
from core.accounts import records, repository
from core.accounts.add_company import AddCompany
from core.accounts.add_member import AddMember, add_member
from core.accounts.create_account import create_account
from core.accounts.remove_company import RemoveCompany
from core.accounts.remove_member import RemoveMember
from core.accounts.update_account import update_account
from core.changes.joining import company_joins
from core.changes.leaving import company_leaves, member_leaves
from core.db import Tx
from core.tenancy import Capability

_ACCOUNT = by_id(repository.account)
_MEMBER = by_id(repository.member)
_COMPANY = by_id(repository.company)


@strawberry.type(description="Changes of customers.")
class AccountsMutation:
    """Changes of accounts."""

    @strawberry.mutation(description="Creates an account.")
    @requires(Capability.ACCOUNT_WRITE)
    @answers_refusals(AccountCreatePayload)
    async def account_create(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            AccountCreateInput, strawberry.argument(description="The account to be.")
        ],
    ) -> AccountCreatePayload:
        """Create an account."""

        async def verb(tx: Tx) -> records.Account:
            return await create_account(tx, await create_command(tx, input))

        made = await run(
            info, operation="accountCreate", given=input, verb=verb, answer=_ACCOUNT
        )
        return AccountCreatePayload(account=Account.of(made))

    @strawberry.mutation(description="Changes what may change of an account.")
    @requires(Capability.ACCOUNT_WRITE)
    @answers_refusals(AccountUpdatePayload)
    async def account_update(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            AccountUpdateInput, strawberry.argument(description="The changes.")
        ],
    ) -> AccountUpdatePayload:
        """Change an account."""

        async def verb(tx: Tx) -> records.Account:
            return await update_account(tx, await update_command(tx, input))

        changed = await run(
            info, operation="accountUpdate", given=input, verb=verb, answer=_ACCOUNT
        )
        return AccountUpdatePayload(account=Account.of(changed))

    @strawberry.mutation(description="Adds a user to an account.")
    @requires(Capability.ACCOUNT_WRITE)
    @answers_refusals(MemberAddPayload)
    async def member_add(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            MemberAddInput, strawberry.argument(description="The user to be.")
        ],
    ) -> MemberAddPayload:
        """Add a member."""

        async def verb(tx: Tx) -> records.Member:
            command = AddMember(
                account_id=await account_key(tx, input.account),
                name=input.name,
                email=input.email,
                role=choice(input.role),
            )
            return await add_member(tx, command)

        made = await run(info, operation="memberAdd", given=input, verb=verb, answer=_MEMBER)
        return MemberAddPayload(member=Member.of(made))

    @strawberry.mutation(description="Takes a user off an account; what they did stays.")
    @requires(Capability.ACCOUNT_WRITE)
    @answers_refusals(MemberRemovePayload)
    async def member_remove(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            MemberRemoveInput, strawberry.argument(description="Whom.")
        ],
    ) -> MemberRemovePayload:
        """Remove a member."""

        async def verb(tx: Tx) -> records.Member:
            key = MEMBER_ID.parse(input.member, path=("member",))
            return await member_leaves(tx, RemoveMember(key))

        changed = await run(
            info, operation="memberRemove", given=input, verb=verb, answer=_MEMBER
        )
        return MemberRemovePayload(member=Member.of(changed))

    @strawberry.mutation(description="Attaches a company to an account.")
    @requires(Capability.ACCOUNT_WRITE)
    @answers_refusals(CompanyAddPayload)
    async def company_add(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            CompanyAddInput, strawberry.argument(description="The company.")
        ],
    ) -> CompanyAddPayload:
        """Attach a company."""

        async def verb(tx: Tx) -> records.Company:
            command = AddCompany(
                account_id=await account_key(tx, input.account),
                name=input.name,
                country=given(input.country),
                tax_number=given(input.tax_number),
            )
            return await company_joins(tx, command)

        made = await run(info, operation="companyAdd", given=input, verb=verb, answer=_COMPANY)
        return CompanyAddPayload(company=Company.of(made))

    @strawberry.mutation(description="Detaches a company from an account.")
    @requires(Capability.ACCOUNT_WRITE)
    @answers_refusals(CompanyRemovePayload)
    async def company_remove(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            CompanyRemoveInput, strawberry.argument(description="Which.")
        ],
    ) -> CompanyRemovePayload:
        """Detach a company."""

        async def verb(tx: Tx) -> records.Company:
            key = COMPANY_ID.parse(input.company, path=("company",))
            return await company_leaves(tx, RemoveCompany(key))

        changed = await run(
            info, operation="companyRemove", given=input, verb=verb, answer=_COMPANY
        )
        return CompanyRemovePayload(company=Company.of(changed))
