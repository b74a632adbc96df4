"""Trying, ordering, and ending subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

import strawberry

from api.access import requires, sellers_alone
from api.context import Info
from api.features.accounts.arguments import given_attributes
from api.features.accounts.types import ACCOUNT_ID
from api.features.catalogue.plans import PRICE_PLAN_ID
from api.features.catalogue.terms import BILLING_TERMS_ID
from api.features.changes.answers import ChangedNow, changed_now, run_change_now
from api.features.invoices.pricing import pricing_of
from api.features.payments.ids import PAYMENT_METHOD_ID
from api.features.subscription_life.payloads import (
    SubscriptionEndInput,
    SubscriptionEndPayload,
    SubscriptionItemOrderInput,
    SubscriptionItemOrderPayload,
    SubscriptionOrderInput,
    SubscriptionOrderPayload,
    SubscriptionTrialExtendInput,
    SubscriptionTrialExtendPayload,
    SubscriptionTrialStartInput,
    SubscriptionTrialStartPayload,
    TrialGrantInput,
)
from api.features.subscriptions.answers import (
    Changed,
    changed,
    item_key,
    run_change,
    subscription_key,
)
from api.features.subscriptions.mutations import check_wishes, new_items
from api.features.subscriptions.types import Subscription, SubscriptionItem
from api.graphql.errors import answers_refusals
from api.references import given, reference, reference_if_given
from core.changes.end import end_now
from core.changes.order import Paying, order_item_now, order_now
from core.db import Tx
from core.subscriptions.extend_trial import extend_trial
from core.subscriptions.order import Order
from core.subscriptions.start_trial import start_trial
from core.subscriptions.subscribe import Subscribe
from core.subscriptions.trials import TrialRefused, TrialWish
from core.tenancy import Capability

MOST_GRANTS: Final = 100
"""Features that one trial may name."""


@strawberry.type(description="Trials, orders, and ending now.")
class SubscriptionLifeMutation:
    """Trials, orders, and ending now."""

    @strawberry.mutation(
        description="Lets an account try a subscription: nothing is billed, and it is over by "
        "itself. An account tries a product once; other days and amounts, and another trial, "
        "need the scope trial.grant."
    )
    @requires(Capability.SUBSCRIPTION_WRITE, customers=True)
    @answers_refusals(SubscriptionTrialStartPayload)
    async def subscription_trial_start(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SubscriptionTrialStartInput, strawberry.argument(description="What to try.")
        ],
    ) -> SubscriptionTrialStartPayload:
        """Start a trial."""
        if (given(input.days), given(input.grants), input.again) != (None, None, False):
            info.context.principal.require(Capability.TRIAL_GRANT)
        check_wishes(info.context, input)

        async def verb(tx: Tx) -> Changed:
            wish = TrialWish(given(input.days), _grants(given(input.grants)), input.again)
            unit_id = info.context.principal.org_unit_id
            made = await start_trial(tx, _trial(input), wish=wish, unit_id=unit_id)
            return await changed(tx, made.id)

        answer = await run_change(
            info, operation="subscriptionTrialStart", given=input, verb=verb
        )
        return SubscriptionTrialStartPayload(subscription=Subscription.of(answer.subscription))

    @strawberry.mutation(
        description="Adds days to a trial, also to one that is over, or allows other amounts."
    )
    @requires(Capability.TRIAL_GRANT)
    @answers_refusals(SubscriptionTrialExtendPayload)
    async def subscription_trial_extend(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SubscriptionTrialExtendInput, strawberry.argument(description="The trial.")
        ],
    ) -> SubscriptionTrialExtendPayload:
        """Extend a trial."""

        async def verb(tx: Tx) -> Changed:
            key = await subscription_key(tx, input.subscription)
            await extend_trial(
                tx,
                subscription_id=key,
                days=given(input.days),
                grants=_grants(given(input.grants)),
            )
            return await changed(tx, key)

        answer = await run_change(
            info, operation="subscriptionTrialExtend", given=input, verb=verb
        )
        return SubscriptionTrialExtendPayload(subscription=Subscription.of(answer.subscription))

    @strawberry.mutation(
        description="Lets a subscription that is or was on trial begin now, as the same one: "
        "members, usage and history are kept. What its terms bill in advance is charged at "
        "once."
    )
    @requires(Capability.SUBSCRIPTION_WRITE, customers=True)
    @answers_refusals(SubscriptionOrderPayload)
    async def subscription_order(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SubscriptionOrderInput, strawberry.argument(description="The order.")
        ],
    ) -> SubscriptionOrderPayload:
        """Order a subscription."""
        if given(input.agreement_date) is not None:
            sellers_alone(info.context, path=("agreementDate",))

        async def verb(tx: Tx) -> ChangedNow:
            key = await subscription_key(tx, input.subscription)
            method = given(input.payment_method)
            path = ("paymentMethod",)
            ordered = await order_now(
                tx,
                _order(input, key=key),
                paying=Paying(
                    input.bill_now,
                    None if method is None else PAYMENT_METHOD_ID.parse(method, path=path),
                ),
                pricing=pricing_of(info.context.application),
                unit_id=info.context.principal.org_unit_id,
            )
            return await changed_now(tx, key, ordered.outcome)

        answer = await run_change_now(
            info, operation="subscriptionOrder", given=input, verb=verb
        )
        subscription = Subscription.of(answer.change.subscription)
        return SubscriptionOrderPayload(subscription=subscription, **answer.charged.shown())

    @strawberry.mutation(
        description="Keeps an item that is or was on trial, from now on, under the same id."
    )
    @requires(Capability.SUBSCRIPTION_WRITE, customers=True)
    @answers_refusals(SubscriptionItemOrderPayload)
    async def subscription_item_order(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SubscriptionItemOrderInput, strawberry.argument(description="The item.")
        ],
    ) -> SubscriptionItemOrderPayload:
        """Order an item."""

        async def verb(tx: Tx) -> ChangedNow:
            item_id, key = await item_key(tx, input.item)
            ordered = await order_item_now(
                tx,
                item_id=item_id,
                quantity=given(input.quantity),
                pricing=pricing_of(info.context.application),
            )
            return await changed_now(tx, key, ordered.outcome, item=ordered.item)

        answer = await run_change_now(
            info, operation="subscriptionItemOrder", given=input, verb=verb
        )
        item = answer.change.item
        return SubscriptionItemOrderPayload(
            item=None if item is None else SubscriptionItem.of(item),
            subscription=Subscription.of(answer.change.subscription),
            **answer.charged.shown(),
        )

    @strawberry.mutation(
        description="Ends a subscription now. What was used until then is billed by the next "
        "closing; what is paid and not used is given back where asked, or where its billing "
        "terms say so."
    )
    @requires(Capability.SUBSCRIPTION_WRITE, customers=True)
    @answers_refusals(SubscriptionEndPayload)
    async def subscription_end(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SubscriptionEndInput, strawberry.argument(description="Which.")
        ],
    ) -> SubscriptionEndPayload:
        """End a subscription."""
        if given(input.credit) is not None:
            sellers_alone(info.context, path=("credit",))

        async def verb(tx: Tx) -> ChangedNow:
            key = await subscription_key(tx, input.subscription)
            ended = await end_now(tx, subscription_id=key, credit=given(input.credit))
            return await changed_now(tx, key, ended.outcome)

        answer = await run_change_now(info, operation="subscriptionEnd", given=input, verb=verb)
        subscription = Subscription.of(answer.change.subscription)
        return SubscriptionEndPayload(subscription=subscription, **answer.charged.shown())


def _grants(asked: Sequence[TrialGrantInput] | None) -> dict[str, Decimal | None] | None:
    if asked is None:
        return None
    if len(asked) > MOST_GRANTS:
        raise TrialRefused(
            f"give at most {MOST_GRANTS} grants", path=("grants", str(MOST_GRANTS))
        )
    found: dict[str, Decimal | None] = {}
    for place, one in enumerate(asked):
        if one.feature in found:
            path = ("grants", str(place), "feature")
            raise TrialRefused(f"{one.feature!r} is given twice; name each once", path=path)
        found[one.feature] = given(one.amount)
    return found


def _trial(asked: SubscriptionTrialStartInput) -> Subscribe:
    return Subscribe(
        account=reference(ACCOUNT_ID, asked.account, path=("account",)),
        billing_terms=reference(BILLING_TERMS_ID, asked.billing_terms, path=("billingTerms",)),
        items=new_items(asked.items),
        price_plan=reference_if_given(PRICE_PLAN_ID, asked.price_plan, path=("pricePlan",)),
        ref=given(asked.ref),
        type=given(asked.type),
        classification=given(asked.classification),
        attributes=given_attributes(given(asked.attributes) or ()),
    )


def _order(asked: SubscriptionOrderInput, *, key: UUID) -> Order:
    items = given(asked.items)
    return Order(
        subscription_id=key,
        billing_terms=reference_if_given(
            BILLING_TERMS_ID, asked.billing_terms, path=("billingTerms",)
        ),
        price_plan=reference_if_given(PRICE_PLAN_ID, asked.price_plan, path=("pricePlan",)),
        items=None if items is None else new_items(items),
        agreement_date=given(asked.agreement_date),
    )
