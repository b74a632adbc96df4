"""Reading discounts: those that may be given, and those that were."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.discounts.lists import (
    BY_CREATION,
    GRANTS,
    DiscountGrantWhere,
    conditions,
)
from api.features.discounts.types import AvailableDiscount, DiscountGrant
from api.features.jobs.answers import job_key
from api.features.subscriptions.answers import subscription_key
from api.graphql.connection import Connection
from api.page_arguments import PageArguments, paged
from api.pages import page_of
from api.references import given
from core.db import Tx
from core.discounts.available import AvailableDiscount as Available
from core.discounts.available import available_discounts
from core.discounts.refusals import DiscountTargetNotFound
from core.jobs.refusals import JobNotFound
from core.kernel.errors import Refusal
from core.subscriptions.refusals import SubscriptionNotFound
from core.tenancy import Capability


class OneTargetOnly(Refusal):
    """What may be given was asked for neither, or for both, of a subscription and a job."""

    code: ClassVar[str] = "ONE_TARGET_ONLY"


@strawberry.type(description="Reads of discounts.")
class DiscountsQuery:
    """Reads of discounts."""

    @strawberry.field(
        description="What you may give now to a subscription or to a job, by code. Nothing, "
        "where there is no such one, or its terms allow no discounts."
    )
    @requires(Capability.DISCOUNT_GRANT)
    async def available_discounts(
        self,
        info: Info,
        *,
        subscription: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="The subscription, by id or ref."),
        ] = strawberry.UNSET,
        job: Annotated[
            strawberry.ID | None, strawberry.argument(description="The job, by id or ref.")
        ] = strawberry.UNSET,
    ) -> list[AvailableDiscount]:
        """Return what may be given."""
        unit_id = info.context.principal.org_unit_id
        async with info.context.transaction() as tx:
            try:
                found = await _available(tx, given(subscription), given(job), unit_id)
            except (DiscountTargetNotFound, SubscriptionNotFound, JobNotFound):
                found = []
        return [AvailableDiscount.of(offer) for offer in found]

    @strawberry.field(description="Discounts that were given, in that order.")
    @requires(Capability.SUBSCRIPTION_READ)
    @paged
    async def discount_grants(
        self,
        info: Info,
        *,
        where: Annotated[
            DiscountGrantWhere | None, strawberry.argument(description="Which.")
        ] = strawberry.UNSET,
        asked: PageArguments,
    ) -> Connection[DiscountGrant] | None:
        """Return a page of grants."""
        page = asked.in_order(BY_CREATION)
        chosen = conditions(where, info.context.tenant_id)
        return await page_of(info, GRANTS, sort=BY_CREATION, page=page, where=chosen)


async def _available(
    tx: Tx, subscription: str | None, job: str | None, unit_id: UUID | None
) -> list[Available]:
    if (subscription is None) == (job is None):
        raise OneTargetOnly("Give either `subscription` or `job`.", path=("subscription",))
    if subscription is not None:
        key = await subscription_key(tx, subscription)
        return await available_discounts(tx, "subscription", key, unit_id=unit_id)
    assert job is not None
    return await available_discounts(tx, "job", await job_key(tx, job), unit_id=unit_id)
