"""entitlementConsume and entitlementReturn."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.arguments import account_key
from api.features.accounts.types import MEMBER_ID
from api.features.entitlements.types import EntitlementConsumption
from api.graphql.errors import UserError, answers_refusals, user_errors
from api.mutations import StoredAnswer, run
from api.references import given
from api.refusals import NAME_REFUSALS
from core.contact_details import InvalidText
from core.db import Tx
from core.entitlements.allowances import consumption_by_id
from core.entitlements.can import InvalidAmount
from core.entitlements.consume import Consume, Consumed, consume
from core.entitlements.refusals import ConsumptionConflict, NotConsumed, NotEntitled
from core.tenancy import Capability


@strawberry.input(description="What was used; source and id are its identity.")
class EntitlementConsumeInput:
    """An amount of a feature."""

    account: strawberry.ID = strawberry.field(description="Whose, by id or ref.")
    feature: str = strawberry.field(description="Code of the feature.")
    amount: Decimal = strawberry.field(
        default=Decimal(1), description="How much; all of it is taken, or nothing."
    )
    member: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Who used it, by id."
    )
    source: str = strawberry.field(description="Who reports it; unique with `id`.")
    id: str = strawberry.field(
        description="What the reporter calls it. The same again is answered as the first time."
    )


@strawberry.type(description="What was used up, or why nothing was.")
class EntitlementConsumePayload:
    """What entitlementConsume did."""

    consumption: EntitlementConsumption | None = strawberry.field(
        description="The consumption.", default=None
    )
    is_repeated: bool = strawberry.field(
        description="Whether the same report had been stored before; it counted once.",
        default=False,
    )
    user_errors: list[UserError] = user_errors(
        "EntitlementConsume",
        NotEntitled,
        NotConsumed,
        ConsumptionConflict,
        InvalidAmount,
        InvalidText,
        *NAME_REFUSALS,
    )


@strawberry.type(description="Changes of what is used up.")
class EntitlementsMutation:
    """Changes of entitlements."""

    @strawberry.mutation(
        description="Uses up an amount of a feature that counts consumption: what ends first "
        "is used first, and what is there without limit before it. Never is more used than is "
        "granted."
    )
    @requires(Capability.ENTITLEMENT_WRITE)
    @answers_refusals(EntitlementConsumePayload)
    async def entitlement_consume(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            EntitlementConsumeInput, strawberry.argument(description="What was used.")
        ],
    ) -> EntitlementConsumePayload:
        """Use up an amount."""

        async def verb(tx: Tx) -> Consumed:
            member = given(input.member)
            command = Consume(
                account_id=await account_key(tx, input.account),
                feature=input.feature,
                amount=input.amount,
                source=input.source,
                id=input.id,
                member_id=None if member is None else MEMBER_ID.parse(member, path=("member",)),
            )
            return await consume(tx, command)

        made = await run(
            info, operation="entitlementConsume", given=input, verb=verb, answer=_CONSUMED
        )
        return EntitlementConsumePayload(
            consumption=EntitlementConsumption.of(made.consumption),
            is_repeated=made.is_repeated,
        )


def _kept(made: Consumed) -> Mapping[str, Any]:
    return {"id": str(made.consumption.id)}


async def _recalled(tx: Tx, kept: Mapping[str, Any]) -> Consumed:
    found = await consumption_by_id(tx, UUID(kept["id"]))
    assert found is not None  # insert-only
    return Consumed(found, is_repeated=True)


_CONSUMED: Final = StoredAnswer(keep=_kept, recall=_recalled)
