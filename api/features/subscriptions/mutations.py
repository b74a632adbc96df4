"""Changing subscriptions: subscribing, items, plans, and the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import strawberry
from strawberry.utils.str_converters import to_camel_case

from api.access import requires, sellers_alone
from api.context import ApiContext, Info
from api.features.accounts.arguments import given_attributes
from api.features.accounts.types import ACCOUNT_ID
from api.features.catalogue.plans import PRICE_PLAN_ID
from api.features.catalogue.terms import BILLING_TERMS_ID
from api.features.catalogue.types import PRODUCT_ID
from api.features.previews.priming import prime_next_invoice
from api.features.subscriptions.answers import (
    Changed,
    changed,
    run_change,
    subscription_key,
)
from api.features.subscriptions.payloads import (
    SubscriptionCancelInput,
    SubscriptionCancelPayload,
    SubscriptionCreateInput,
    SubscriptionCreatePayload,
    SubscriptionItemInput,
    SubscriptionReactivateInput,
    SubscriptionReactivatePayload,
)
from api.features.subscriptions.types import Subscription
from api.graphql.errors import answers_refusals
from api.references import given, reference, reference_if_given
from core.db import Tx
from core.subscriptions.cancel import cancel
from core.subscriptions.offers import ONE
from core.subscriptions.reactivate import reactivate
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from core.tenancy import Capability


@strawberry.type(description="Changes of subscriptions.")
class SubscriptionsMutation:
    """Changes of subscriptions."""

    @strawberry.mutation(description="Subscribes an account.")
    @requires(Capability.SUBSCRIPTION_WRITE, customers=True)
    @answers_refusals(SubscriptionCreatePayload)
    async def subscription_create(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            SubscriptionCreateInput, strawberry.argument(description="The subscription to be.")
        ],
    ) -> SubscriptionCreatePayload:
        """Create a subscription."""
        check_wishes(info.context, input)

        async def verb(tx: Tx) -> Changed:
            unit_id = info.context.principal.org_unit_id
            made = await subscribe(tx, _command(input), unit_id=unit_id)
            await prime_next_invoice(info, tx, made.id)
            return await changed(tx, made.id)

        answer = await run_change(info, operation="subscriptionCreate", given=input, verb=verb)
        return SubscriptionCreatePayload(subscription=Subscription.of(answer.subscription))

    @strawberry.mutation(
        description="Turns renewal off: it runs to the period's end. One that is suspended "
        "and has nothing paid ahead ends with the present day."
    )
    @requires(Capability.SUBSCRIPTION_WRITE, customers=True)
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

        answer = await run_change(info, operation="subscriptionCancel", given=input, verb=verb)
        return SubscriptionCancelPayload(subscription=Subscription.of(answer.subscription))

    @strawberry.mutation(description="Turns renewal on again, until the end.")
    @requires(Capability.SUBSCRIPTION_WRITE, customers=True)
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

        answer = await run_change(
            info, operation="subscriptionReactivate", given=input, verb=verb
        )
        return SubscriptionReactivatePayload(subscription=Subscription.of(answer.subscription))


_OF_THE_SELLER: Final = (
    "starts_at", "agreement_date", "ref", "type", "classification", "attributes",
)  # fmt: skip
"""What a customer who subscribes does not say: conditions of prices read some of it."""


def check_wishes(context: ApiContext, asked: object) -> None:
    """Refuse what a customer may not say of a subscription to be.

    Raises:
        Forbidden: they say it.
    """
    for name in _OF_THE_SELLER:
        if given(getattr(asked, name, None)) is not None:
            sellers_alone(context, path=(to_camel_case(name),))


def _command(asked: SubscriptionCreateInput) -> Subscribe:
    return Subscribe(
        account=reference(ACCOUNT_ID, asked.account, path=("account",)),
        billing_terms=reference(BILLING_TERMS_ID, asked.billing_terms, path=("billingTerms",)),
        items=new_items(asked.items),
        price_plan=reference_if_given(PRICE_PLAN_ID, asked.price_plan, path=("pricePlan",)),
        starts_at=given(asked.starts_at),
        ref=given(asked.ref),
        type=given(asked.type),
        agreement_date=given(asked.agreement_date),
        classification=given(asked.classification),
        attributes=given_attributes(given(asked.attributes) or ()),
    )


def new_items(asked: Sequence[SubscriptionItemInput]) -> list[NewItem]:
    """Return the products that an input names; a module by its own id or code."""
    return [
        NewItem(
            reference(PRODUCT_ID, item.product, path=("items", str(number), "product")),
            ONE if item.quantity in (None, strawberry.UNSET) else item.quantity,
            given(item.module),
        )
        for number, item in enumerate(asked)
    ]
