"""Changing subscriptions: subscribing, items, plans, and the end."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.arguments import given_attributes
from api.features.accounts.types import ACCOUNT_ID
from api.features.catalogue.plans import PRICE_PLAN_ID
from api.features.catalogue.terms import BILLING_TERMS_ID
from api.features.catalogue.types import PRODUCT_ID
from api.features.subscriptions.answers import (
    Changed,
    changed,
    item_key,
    run_change,
    subscription_key,
)
from api.features.subscriptions.payloads import (
    SubscriptionCancelInput,
    SubscriptionCancelPayload,
    SubscriptionCreateInput,
    SubscriptionCreatePayload,
    SubscriptionItemAddInput,
    SubscriptionItemAddPayload,
    SubscriptionItemChangeQuantityInput,
    SubscriptionItemChangeQuantityPayload,
    SubscriptionItemEndInput,
    SubscriptionItemEndPayload,
    SubscriptionPlanChangeInput,
    SubscriptionPlanChangePayload,
    SubscriptionReactivateInput,
    SubscriptionReactivatePayload,
)
from api.features.subscriptions.types import Subscription, SubscriptionItem
from api.graphql.errors import answers_refusals
from api.references import given, reference, reference_if_given
from core.db import Tx
from core.subscriptions.add_item import add_item
from core.subscriptions.cancel import cancel
from core.subscriptions.change_plan import change_plan
from core.subscriptions.change_quantity import change_quantity
from core.subscriptions.end_item import end_item
from core.subscriptions.offers import ONE
from core.subscriptions.reactivate import reactivate
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from core.tenancy import Capability


@strawberry.type(description="Changes of subscriptions.")
class SubscriptionsMutation:
    """Changes of subscriptions."""

    @strawberry.mutation(description="Subscribes an account.")
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(SubscriptionCreatePayload)
    async def subscription_create(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SubscriptionCreateInput, strawberry.argument(description="The subscription to be.")
        ],
    ) -> SubscriptionCreatePayload:
        """Create a subscription."""

        async def verb(tx: Tx) -> Changed:
            unit_id = info.context.principal.org_unit_id
            made = await subscribe(tx, _command(input), unit_id=unit_id)
            return await changed(tx, made.id)

        answer = await run_change(info, "subscriptionCreate", input, verb)
        return SubscriptionCreatePayload(subscription=Subscription.of(answer.subscription))

    @strawberry.mutation(description="Adds a product to a subscription, from now on.")
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(SubscriptionItemAddPayload)
    async def subscription_item_add(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SubscriptionItemAddInput, strawberry.argument(description="The product.")
        ],
    ) -> SubscriptionItemAddPayload:
        """Add an item."""

        async def verb(tx: Tx) -> Changed:
            key = await subscription_key(tx, input.subscription)
            product = reference(PRODUCT_ID, input.product, path=("product",))
            quantity = given(input.quantity)
            item = await add_item(
                tx,
                subscription_id=key,
                product=product,
                quantity=ONE if quantity is None else quantity,
            )
            return await changed(tx, key, item=item)

        answer = await run_change(info, "subscriptionItemAdd", input, verb)
        return SubscriptionItemAddPayload(
            item=_item(answer), subscription=Subscription.of(answer.subscription)
        )

    @strawberry.mutation(description="Changes the quantity of an item.")
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(SubscriptionItemChangeQuantityPayload)
    async def subscription_item_change_quantity(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SubscriptionItemChangeQuantityInput,
            strawberry.argument(description="The item and its quantity."),
        ],
    ) -> SubscriptionItemChangeQuantityPayload:
        """Change a quantity."""

        async def verb(tx: Tx) -> Changed:
            item_id, key = await item_key(tx, input.item)
            item = await change_quantity(tx, item_id=item_id, quantity=input.quantity)
            return await changed(tx, key, item=item, at=item.from_at)

        answer = await run_change(info, "subscriptionItemChangeQuantity", input, verb)
        return SubscriptionItemChangeQuantityPayload(
            item=_item(answer), subscription=Subscription.of(answer.subscription)
        )

    @strawberry.mutation(description="Lets an item end with the present period.")
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(SubscriptionItemEndPayload)
    async def subscription_item_end(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SubscriptionItemEndInput, strawberry.argument(description="The item.")
        ],
    ) -> SubscriptionItemEndPayload:
        """End an item."""

        async def verb(tx: Tx) -> Changed:
            item_id, key = await item_key(tx, input.item)
            ends_at = await end_item(tx, item_id=item_id)
            return await changed(tx, key, at=ends_at)

        answer = await run_change(info, "subscriptionItemEnd", input, verb)
        return SubscriptionItemEndPayload(
            ends_at=answer.at, subscription=Subscription.of(answer.subscription)
        )

    @strawberry.mutation(description="Changes the price plan, from the next period on.")
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(SubscriptionPlanChangePayload)
    async def subscription_plan_change(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SubscriptionPlanChangeInput, strawberry.argument(description="The plan.")
        ],
    ) -> SubscriptionPlanChangePayload:
        """Change the plan."""

        async def verb(tx: Tx) -> Changed:
            key = await subscription_key(tx, input.subscription)
            plan = reference(PRICE_PLAN_ID, input.price_plan, path=("pricePlan",))
            phase = await change_plan(
                tx,
                subscription_id=key,
                price_plan=plan,
                unit_id=info.context.principal.org_unit_id,
            )
            return await changed(tx, key, at=phase.from_at)

        answer = await run_change(info, "subscriptionPlanChange", input, verb)
        return SubscriptionPlanChangePayload(
            starts_at=answer.at, subscription=Subscription.of(answer.subscription)
        )

    @strawberry.mutation(
        description="Turns renewal off: it runs to the period's end. One that is suspended "
        "and has nothing paid ahead ends with the present day."
    )
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(SubscriptionCancelPayload)
    async def subscription_cancel(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SubscriptionCancelInput, strawberry.argument(description="Which.")
        ],
    ) -> SubscriptionCancelPayload:
        """Cancel a subscription."""

        async def verb(tx: Tx) -> Changed:
            key = await subscription_key(tx, input.subscription)
            await cancel(tx, subscription_id=key)
            return await changed(tx, key)

        answer = await run_change(info, "subscriptionCancel", input, verb)
        return SubscriptionCancelPayload(subscription=Subscription.of(answer.subscription))

    @strawberry.mutation(description="Turns renewal on again, until the end.")
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(SubscriptionReactivatePayload)
    async def subscription_reactivate(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SubscriptionReactivateInput, strawberry.argument(description="Which.")
        ],
    ) -> SubscriptionReactivatePayload:
        """Reactivate a subscription."""

        async def verb(tx: Tx) -> Changed:
            key = await subscription_key(tx, input.subscription)
            await reactivate(tx, subscription_id=key)
            return await changed(tx, key)

        answer = await run_change(info, "subscriptionReactivate", input, verb)
        return SubscriptionReactivatePayload(subscription=Subscription.of(answer.subscription))


def _item(answer: Changed) -> SubscriptionItem | None:
    return None if answer.item is None else SubscriptionItem.of(answer.item)


def _command(asked: SubscriptionCreateInput) -> Subscribe:
    return Subscribe(
        account=reference(ACCOUNT_ID, asked.account, path=("account",)),
        billing_terms=reference(BILLING_TERMS_ID, asked.billing_terms, path=("billingTerms",)),
        items=[
            NewItem(
                reference(PRODUCT_ID, item.product, path=("items", str(number), "product")),
                ONE if item.quantity in (None, strawberry.UNSET) else item.quantity,
            )
            for number, item in enumerate(asked.items)
        ],
        price_plan=reference_if_given(PRICE_PLAN_ID, asked.price_plan, path=("pricePlan",)),
        starts_at=given(asked.starts_at),
        ref=given(asked.ref),
        type=given(asked.type),
        agreement_date=given(asked.agreement_date),
        classification=given(asked.classification),
        attributes=given_attributes(given(asked.attributes) or ()),
    )
