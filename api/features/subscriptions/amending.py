"""Amending the billing terms or the price plan of a subscription, from a date on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from api.access import requires
from api.context import Info
from api.features.catalogue.plans import PRICE_PLAN_ID
from api.features.catalogue.terms import BILLING_TERMS_ID
from api.features.subscriptions.answers import (
    Changed,
    changed,
    run_change,
    subscription_key,
)
from api.features.subscriptions.payloads import OF_A_PLAN
from api.features.subscriptions.types import Subscription
from api.graphql.errors import UserError, answers_refusals, user_errors
from api.graphql.inputs import DryRunInput, IdempotentInput
from api.references import given, reference_if_given
from api.refusals import KEY_REFUSALS, NAME_REFUSALS
from core.db import Tx
from core.kernel.money import CurrencyMismatch
from core.subscriptions.amend_terms import amend_terms
from core.subscriptions.lifecycle import SubscriptionEnded, WrongState
from core.subscriptions.refusals import (
    AmendmentDateRefused,
    NothingToChange,
    OtherKindOfTerms,
)
from core.tenancy import Capability


@strawberry.input(
    description="Other billing terms, another price plan, or newer versions of them, from a "
    "date on. A period that holds the date is cut there: usage before it, and fees of the days "
    "before, keep the old ones; what was billed in advance stays as billed."
)
class SubscriptionAmendTermsInput(IdempotentInput, DryRunInput):
    """What is to hold, and from when on."""

    subscription: strawberry.ID = strawberry.field(description="By id or ref.")
    billing_terms: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="By id or code, in their current version; the present version, where left "
        "out. Naming the present ones moves to their current version.",
    )
    price_plan: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="By id or code, any that the terms allow. Where left out, the present "
        "version of the plan if the terms allow it, else their default.",
    )
    from_: datetime | None = strawberry.field(
        default=strawberry.UNSET,
        name="from",
        description="The first instant of it: now, where left out; at most a year ahead, and "
        "not before what is billed.",
    )


@strawberry.type(description="The subscription with its phases, or why nothing changed.")
class SubscriptionAmendTermsPayload:
    """What subscriptionAmendTerms did."""

    starts_at: datetime | None = strawberry.field(
        description="From when the amendment holds.", default=None
    )
    subscription: Subscription | None = strawberry.field(
        description="The subscription.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SubscriptionAmendTerms",
        AmendmentDateRefused,
        OtherKindOfTerms,
        CurrencyMismatch,
        *OF_A_PLAN,
        NothingToChange,
        SubscriptionEnded,
        WrongState,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.type(description="Amendments of subscriptions.")
class AmendTermsMutation:
    """Amendments of subscriptions."""

    @strawberry.mutation(
        description="Amends the billing terms or the price plan, from a date on."
    )
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(SubscriptionAmendTermsPayload)
    async def subscription_amend_terms(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SubscriptionAmendTermsInput, strawberry.argument(description="What is to hold.")
        ],
    ) -> SubscriptionAmendTermsPayload:
        """Amend the terms."""

        async def verb(tx: Tx) -> Changed:
            key = await subscription_key(tx, input.subscription)
            phase = await amend_terms(
                tx,
                subscription_id=key,
                price_plan=reference_if_given(
                    PRICE_PLAN_ID, input.price_plan, path=("pricePlan",)
                ),
                billing_terms=reference_if_given(
                    BILLING_TERMS_ID, input.billing_terms, path=("billingTerms",)
                ),
                from_at=given(input.from_),
                unit_id=info.context.principal.org_unit_id,
            )
            return await changed(tx, key, at=phase.from_at)

        answer = await run_change(
            info, operation="subscriptionAmendTerms", given=input, verb=verb
        )
        return SubscriptionAmendTermsPayload(
            starts_at=answer.at, subscription=Subscription.of(answer.subscription)
        )
