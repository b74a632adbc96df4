"""Binding subscriptions, and letting them rest."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.access import requires
from api.context import Info
from api.features.catalogue.types import PRODUCT_ID
from api.features.subscription_time.payloads import (
    SubscriptionBindInput,
    SubscriptionBindPayload,
    SubscriptionResumeInput,
    SubscriptionResumePayload,
    SubscriptionSuspendInput,
    SubscriptionSuspendPayload,
)
from api.features.subscription_time.types import SubscriptionRest
from api.features.subscriptions.answers import (
    Changed,
    changed,
    run_change,
    subscription_key,
)
from api.features.subscriptions.types import Subscription
from api.graphql.errors import answers_refusals
from api.references import given, reference_if_given
from core.db import Tx
from core.subscriptions.bind import Bind, bind
from core.subscriptions.resume import resume
from core.subscriptions.suspend import Suspend, suspend
from core.tenancy import Capability


@strawberry.type(description="Changes of how long subscriptions are bound, and when they rest.")
class SubscriptionTimeMutation:
    """Binding and resting."""

    @strawberry.mutation(
        description="Lets a subscription rest, within the limits of its terms. Days that are "
        "not billed yet are not owed, unless the terms bill rests."
    )
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(SubscriptionSuspendPayload)
    async def subscription_suspend(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SubscriptionSuspendInput, strawberry.argument(description="The rest.")
        ],
    ) -> SubscriptionSuspendPayload:
        """Suspend a subscription."""

        async def verb(tx: Tx) -> Changed:
            key = await subscription_key(tx, input.subscription)
            rest = await suspend(
                tx, Suspend(key, given(input.from_at), given(input.until), input.note)
            )
            return await changed(tx, key, at=rest.from_at)

        answer = await run_change(info, operation="subscriptionSuspend", given=input, verb=verb)
        rest = next((one for one in answer.rests if one.from_at == answer.at), None)
        return SubscriptionSuspendPayload(
            rest=None if rest is None else SubscriptionRest.of(rest),
            subscription=Subscription.of(answer.subscription),
        )

    @strawberry.mutation(
        description="Ends the present rest, or withdraws the next one that was agreed."
    )
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(SubscriptionResumePayload)
    async def subscription_resume(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SubscriptionResumeInput, strawberry.argument(description="Which.")
        ],
    ) -> SubscriptionResumePayload:
        """Resume a subscription."""

        async def verb(tx: Tx) -> Changed:
            key = await subscription_key(tx, input.subscription)
            rest = await resume(tx, subscription_id=key)
            return await changed(tx, key, at=rest.until_at)

        answer = await run_change(info, operation="subscriptionResume", given=input, verb=verb)
        return SubscriptionResumePayload(
            resumed_at=answer.at, subscription=Subscription.of(answer.subscription)
        )

    @strawberry.mutation(
        description="Binds a subscription to a minimum term, or lets it end later; it is "
        "never shortened."
    )
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(SubscriptionBindPayload)
    async def subscription_bind(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SubscriptionBindInput, strawberry.argument(description="How long.")
        ],
    ) -> SubscriptionBindPayload:
        """Bind a subscription."""

        async def verb(tx: Tx) -> Changed:
            key = await subscription_key(tx, input.subscription)
            penalty = reference_if_given(
                PRODUCT_ID, input.penalty_product, path=("penaltyProduct",)
            )
            await bind(tx, Bind(key, given(input.until), given(input.term), penalty))
            return await changed(tx, key)

        answer = await run_change(info, operation="subscriptionBind", given=input, verb=verb)
        return SubscriptionBindPayload(subscription=Subscription.of(answer.subscription))
