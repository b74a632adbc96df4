"""Changing items and plans, with what that charges and gives back at once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.catalogue.living_enums import ChangeActs
from api.features.catalogue.plans import PRICE_PLAN_ID
from api.features.catalogue.terms import BILLING_TERMS_ID
from api.features.catalogue.types import PRODUCT_ID
from api.features.changes.answers import ChangedNow, changed_now, run_change_now
from api.features.changes.items import item_named, item_of
from api.features.changes.payloads import (
    PlanChangeItemInput,
    SubscriptionItemAddInput,
    SubscriptionItemAddPayload,
    SubscriptionItemChangeQuantityInput,
    SubscriptionItemChangeQuantityPayload,
    SubscriptionItemEndInput,
    SubscriptionItemEndPayload,
    SubscriptionPlanChangeInput,
    SubscriptionPlanChangePayload,
)
from api.features.invoices.pricing import pricing_of
from api.features.subscriptions.answers import subscription_key
from api.features.subscriptions.types import ITEM_ID, Subscription, SubscriptionItem
from api.graphql.errors import answers_refusals
from api.references import given, reference, reference_if_given
from core.changes.add_item import add_item_now
from core.changes.change_plan import ChangePlan, change_plan_now
from core.changes.change_quantity import change_quantity_now
from core.changes.end_item import end_item_now
from core.db import Tx
from core.subscriptions.offers import ONE
from core.subscriptions.refusals import InvalidQuantity
from core.subscriptions.trials import TrialWish
from core.tenancy import Capability

MOST_ITEMS: Final = 100


@strawberry.type(description="Changes of subscriptions that charge or give back at once.")
class ChangesMutation:
    """Changes of items and plans."""

    @strawberry.mutation(description="Adds a product to a subscription, from now on.")
    @requires(Capability.SUBSCRIPTION_WRITE, customers=True)
    @answers_refusals(SubscriptionItemAddPayload)
    async def subscription_item_add(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SubscriptionItemAddInput, strawberry.argument(description="The product.")
        ],
    ) -> SubscriptionItemAddPayload:
        """Add an item."""

        async def verb(tx: Tx) -> ChangedNow:
            key = await subscription_key(tx, input.subscription)
            quantity = given(input.quantity)
            item, outcome = await add_item_now(
                tx,
                subscription_id=key,
                product=reference(PRODUCT_ID, input.product, path=("product",)),
                quantity=ONE if quantity is None else quantity,
                module=reference_if_given(ITEM_ID, input.module, path=("module",)),
                trial=_wish(info, input),
                pricing=pricing_of(info.context.application),
            )
            return await changed_now(tx, key, outcome, item=item)

        answer = await run_change_now(
            info, operation="subscriptionItemAdd", given=input, verb=verb
        )
        return SubscriptionItemAddPayload(
            item=_item(answer),
            subscription=Subscription.of(answer.change.subscription),
            **answer.charged.shown(),
        )

    @strawberry.mutation(description="Changes the quantity of an item.")
    @requires(Capability.SUBSCRIPTION_WRITE, customers=True)
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

        async def verb(tx: Tx) -> ChangedNow:
            item_id, key = await item_named(tx, input.item, subscription=input.subscription)
            item, outcome = await change_quantity_now(
                tx,
                item_id=item_id,
                quantity=input.quantity,
                when=_text(input.when),
                pricing=pricing_of(info.context.application),
            )
            return await changed_now(tx, key, outcome, item=item, at=item.from_at)

        answer = await run_change_now(
            info, operation="subscriptionItemChangeQuantity", given=input, verb=verb
        )
        return SubscriptionItemChangeQuantityPayload(
            item=_item(answer),
            subscription=Subscription.of(answer.change.subscription),
            **answer.charged.shown(),
        )

    @strawberry.mutation(
        description="Lets an item end, and the packs that belong to it: with the present "
        "period, or at once."
    )
    @requires(Capability.SUBSCRIPTION_WRITE, customers=True)
    @answers_refusals(SubscriptionItemEndPayload)
    async def subscription_item_end(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SubscriptionItemEndInput, strawberry.argument(description="The item.")
        ],
    ) -> SubscriptionItemEndPayload:
        """End an item."""

        async def verb(tx: Tx) -> ChangedNow:
            item_id, key = await item_named(tx, input.item, subscription=input.subscription)
            ends_at, outcome = await end_item_now(tx, item_id=item_id, when=_text(input.when))
            return await changed_now(tx, key, outcome, at=ends_at)

        answer = await run_change_now(
            info, operation="subscriptionItemEnd", given=input, verb=verb
        )
        return SubscriptionItemEndPayload(
            ends_at=answer.change.at,
            subscription=Subscription.of(answer.change.subscription),
            **answer.charged.shown(),
        )

    @strawberry.mutation(
        description="Changes the price plan, the billing terms and quantities in one change: "
        "with the next period, with a new period today, or prorated."
    )
    @requires(Capability.SUBSCRIPTION_WRITE, customers=True)
    @answers_refusals(SubscriptionPlanChangePayload)
    async def subscription_plan_change(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SubscriptionPlanChangeInput, strawberry.argument(description="What is to hold.")
        ],
    ) -> SubscriptionPlanChangePayload:
        """Change the plan."""

        async def verb(tx: Tx) -> ChangedNow:
            asked = await _asked(tx, input)
            phase, when, outcome = await change_plan_now(
                tx,
                asked,
                unit_id=info.context.principal.org_unit_id,
                pricing=pricing_of(info.context.application),
            )
            key = asked.subscription_id
            return await changed_now(tx, key, outcome, at=phase.from_at, when=when)

        answer = await run_change_now(
            info, operation="subscriptionPlanChange", given=input, verb=verb
        )
        return SubscriptionPlanChangePayload(
            starts_at=answer.change.at,
            when=None if answer.when is None else ChangeActs(answer.when),
            subscription=Subscription.of(answer.change.subscription),
            **answer.charged.shown(),
        )


def _item(answer: ChangedNow) -> SubscriptionItem | None:
    item = answer.change.item
    return None if item is None else SubscriptionItem.of(item)


def _text(member: Any) -> Any:
    """Return the core's own text of an enum's member, if one is given."""
    found = given(member)
    return None if found is None else found.value


def _wish(info: Info, asked: SubscriptionItemAddInput) -> TrialWish | None:
    """Return what a trial is to be; days and another trial are for who may give them."""
    if not asked.trial:
        return None
    days = given(asked.days)
    if days is not None or asked.again:
        info.context.principal.require(Capability.TRIAL_GRANT)
    return TrialWish(days=days, again=asked.again)


async def _asked(tx: Tx, asked: SubscriptionPlanChangeInput) -> ChangePlan:
    key = await subscription_key(tx, asked.subscription)
    return ChangePlan(
        subscription_id=key,
        price_plan=reference_if_given(PRICE_PLAN_ID, asked.price_plan, path=("pricePlan",)),
        billing_terms=reference_if_given(
            BILLING_TERMS_ID, asked.billing_terms, path=("billingTerms",)
        ),
        quantities=await _quantities(tx, key, given(asked.items) or ()),
        when=_text(asked.when),
    )


async def _quantities(
    tx: Tx, subscription_id: UUID, items: Sequence[PlanChangeItemInput]
) -> dict[UUID, Decimal]:
    if len(items) > MOST_ITEMS:
        raise InvalidQuantity(f"give at most {MOST_ITEMS} items", path=("items",))
    found: dict[UUID, Decimal] = {}
    for place, one in enumerate(items):
        path = ("items", str(place), "item")
        key = await item_of(tx, one.item, subscription_id=subscription_id, path=path)
        if key in found:
            raise InvalidQuantity("name each item once", path=path)
        found[key] = one.quantity
    return found
