"""Which price plans the caller may choose: for an account, a subscription or a job."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.types import ACCOUNT_ID
from api.features.catalogue.plans import PricePlan
from api.features.catalogue.terms import BILLING_TERMS_ID
from api.features.jobs.ids import JOB_ID
from api.features.subscriptions.types import SUBSCRIPTION_ID
from api.graphql.ids import IdKind
from api.references import OneNameOnly, given, key_of, reference
from api.refusals import NotFound, told_as_not_found
from core.db import Tx
from core.jobs.offered_plans import plans_for_job
from core.subscriptions.choices import Named
from core.subscriptions.offered_plans import plans_for_account, plans_for_subscription
from core.subscriptions.plan_choice import AvailablePlan
from core.tenancy import Capability


@strawberry.type(description="A price plan that the caller may choose.")
class AvailablePricePlan:
    """A plan, and the base plan of a conditional one."""

    price_plan: PricePlan = strawberry.field(description="The plan.")
    base_plan: PricePlan | None = strawberry.field(
        description="What prices where a conditional plan does not; null for other plans."
    )
    is_default: bool = strawberry.field(
        description="Whether the billing terms take it when none is named."
    )

    @classmethod
    def of(cls, found: AvailablePlan) -> AvailablePricePlan:
        """Show a plan that may be chosen."""
        return cls(
            price_plan=PricePlan.of(found.plan),
            base_plan=None if found.base is None else PricePlan.of(found.base),
            is_default=found.is_default,
        )


@strawberry.type(description="What may be chosen.")
class AvailablePlansQuery:
    """Lists of what may be chosen."""

    @strawberry.field(
        description="The price plans that the caller may choose now, by code: those that the "
        "billing terms allow and the conditional plans on top of them whose condition holds. "
        "Name one of `account`, `subscription` and `job`."
    )
    @requires(Capability.CATALOGUE_READ, customers=Capability.SUBSCRIPTION_READ)
    async def available_price_plans(
        self,
        info: Info,
        *,
        account: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="An account to be subscribed, by id or ref."),
        ] = strawberry.UNSET,
        subscription: Annotated[
            strawberry.ID | None, strawberry.argument(description="By id or ref.")
        ] = strawberry.UNSET,
        job: Annotated[
            strawberry.ID | None, strawberry.argument(description="By id or ref.")
        ] = strawberry.UNSET,
        billing_terms: Annotated[
            strawberry.ID | None,
            strawberry.argument(
                description="By id or code; needed for an account, else the present ones."
            ),
        ] = strawberry.UNSET,
    ) -> list[AvailablePricePlan]:
        """List the plans; what a list like this is asked about must exist."""
        asked = {"account": account, "subscription": subscription, "job": job}
        named = {what: text for what, text in asked.items() if given(text) is not None}
        if len(named) != 1:
            raise OneNameOnly("Give one of `account`, `subscription` and `job`.")
        ((what, text),) = named.items()
        unit_id = info.context.principal.org_unit_id
        with told_as_not_found():
            terms = _terms(given(billing_terms), is_needed=what == "account")
            async with info.context.transaction() as tx:
                found = await _plans(tx, what, str(text), terms=terms, unit_id=unit_id)
        return [AvailablePricePlan.of(one) for one in found]


async def _plans(
    tx: Tx, what: str, text: str, *, terms: Named | None, unit_id: UUID | None
) -> list[AvailablePlan]:
    key = await _key(tx, what, text)
    if what == "subscription":
        return await plans_for_subscription(tx, key, billing_terms=terms, unit_id=unit_id)
    if what == "job":
        return await plans_for_job(tx, key, billing_terms=terms, unit_id=unit_id)
    assert terms is not None  # refused before
    return await plans_for_account(tx, key, billing_terms=terms, unit_id=unit_id)


_KINDS: dict[str, IdKind] = {
    "account": ACCOUNT_ID,
    "subscription": SUBSCRIPTION_ID,
    "job": JOB_ID,
}


async def _key(tx: Tx, what: str, text: str) -> UUID:
    key = await key_of(tx, _KINDS[what], text, table=what, code="ref", path=(what,))
    if key is None:
        raise NotFound(f"there is no {what} {text!r}; check its id or ref", path=(what,))
    return key


def _terms(text: str | None, *, is_needed: bool) -> Named | None:
    path = ("billingTerms",)
    if text is None and is_needed:
        raise NotFound("name billing terms; an account has none of its own", path=path)
    return None if text is None else reference(BILLING_TERMS_ID, text, path=path)
