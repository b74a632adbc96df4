"""`can` at the top and below accounts, and what an account has."""

from __future__ import annotations

from typing import Annotated, Final

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.types import ACCOUNT_ID, Account
from api.features.entitlements.arguments import EntitlementCheckInput, questions
from api.features.entitlements.loading import load_answers, load_entitlements
from api.features.entitlements.types import Entitlement, EntitlementVerdict
from api.graphql.cost import FieldCost
from api.references import key_of
from core.entitlements.can import check_questions
from core.tenancy import Capability

Checks = Annotated[
    list[EntitlementCheckInput],
    strawberry.argument(description="The questions, at most 100."),
]
_BY_CHECK: Final = FieldCost(sized_by="checks").metadata()
_COST: Final = FieldCost(flat=20).metadata()


@strawberry.type(description="Reads of entitlements.")
class EntitlementsQuery:
    """Added to `Query`."""

    @strawberry.field(
        description="Whether an account, or a member of it, may do things: a verdict for each "
        "check, in their order; null where there is no such account. Nothing is used up by it.",
        metadata=_BY_CHECK,
    )
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def can(
        self,
        info: Info,
        *,
        account: Annotated[
            strawberry.ID, strawberry.argument(description="Whose, by id or ref.")
        ],
        checks: Checks,
    ) -> list[EntitlementVerdict] | None:
        """Answer checks."""
        path = ("account",)
        async with info.context.transaction() as tx:
            key = await key_of(tx, ACCOUNT_ID, account, table="account", code="ref", path=path)
        if key is None:
            return None
        asked = questions(checks)
        check_questions(asked)
        found = await info.context.loaders.of(load_answers).load((key, asked))
        return None if found is None else [EntitlementVerdict.of(each) for each in found]


@strawberry.type(description="What an account may do and have.")
class AccountEntitlements:
    """Fields of `Account`."""

    @strawberry.field(
        description="Whether the account, or a member of it, may do things: a verdict for each "
        "check, in their order.",
        metadata=_BY_CHECK,
    )
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def can(
        self, info: Info, root: strawberry.Parent[Account], *, checks: Checks
    ) -> list[EntitlementVerdict]:
        """Answer checks."""
        asked = questions(checks)
        check_questions(asked)
        found = await info.context.loaders.of(load_answers).load((root.key, asked))
        return [EntitlementVerdict.of(each) for each in found or ()]

    @strawberry.field(
        description="What the account has: what grants it, what is left of it, and until when; "
        "by feature. What grants nothing at present is there too, with the reason.",
        metadata=_COST,
    )
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def entitlements(
        self, info: Info, root: strawberry.Parent[Account]
    ) -> list[Entitlement]:
        """List what there is."""
        found = await info.context.loaders.of(load_entitlements).load(root.key)
        return [Entitlement.of(each) for each in found]
