"""Inputs and payloads of the mutations of subscriptions."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry

from api.features.accounts.payloads import AttributeInput
from api.features.subscriptions.types import Subscription, SubscriptionItem
from api.graphql.errors import UserError, user_errors
from api.graphql.inputs import DryRunInput, IdempotentInput
from api.refusals import KEY_REFUSALS, NAME_REFUSALS, RefTaken
from core.accounts.attributes import InvalidAttribute
from core.catalogue.errors import NoPlanVersionEffective
from core.contact_details import InvalidText
from core.kernel.conditions import ConditionFailed
from core.kernel.money import CurrencyMismatch
from core.periods.calendar import StartTooFarBack
from core.periods.repository import UsageBeyondEnd
from core.subscriptions.binding import PenaltyRefused
from core.subscriptions.lifecycle import SubscriptionEnded, WrongState
from core.subscriptions.refusals import (
    AmendmentAhead,
    ConditionNotMet,
    InvalidQuantity,
    ItemAlreadyThere,
    NoLongerOffered,
    NothingToChange,
    NotRated,
    OtherFamily,
    OtherKindOfTerms,
    PlanNotAllowed,
)
from core.subscriptions.subscribe import AccountClosed, ItemsRefused

OF_A_PLAN: Any = (
    PlanNotAllowed,
    ConditionNotMet,
    ConditionFailed,
    NoLongerOffered,
    NoPlanVersionEffective,
    NotRated,
)
_OF_AN_ITEM: Any = (InvalidQuantity, ItemAlreadyThere)


@strawberry.input(description="A product to be subscribed to.")
class SubscriptionItemInput:
    """A product and a quantity."""

    product: strawberry.ID = strawberry.field(description="The product, by id or code.")
    quantity: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description="How many; 1 where left out. Leave it out where usage or a gauge gives it.",
    )


@strawberry.input(description="A subscription to be.")
class SubscriptionCreateInput(IdempotentInput, DryRunInput):
    """What to subscribe an account to."""

    account: strawberry.ID = strawberry.field(description="The account, by id or ref.")
    billing_terms: strawberry.ID = strawberry.field(description="By id or code.")
    price_plan: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="By id or code; without it, the terms' default."
    )
    items: list[SubscriptionItemInput] = strawberry.field(description="1 to 100 products.")
    starts_at: datetime | None = strawberry.field(
        default=strawberry.UNSET,
        description="When it starts; now, where left out. The time since a start in the past "
        "is billed by the next closing.",
    )
    ref: str | None = strawberry.field(
        default=strawberry.UNSET, description="Your own reference; it can name it."
    )
    type: str | None = strawberry.field(
        default=strawberry.UNSET, description="Your own word for its kind."
    )
    agreement_date: date | None = strawberry.field(
        default=strawberry.UNSET, description="When it was agreed; today, where left out."
    )
    classification: str | None = strawberry.field(
        default=strawberry.UNSET, description="Your own grouping."
    )
    attributes: list[AttributeInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="Attributes of your own, which conditions read; at most 100.",
    )


@strawberry.type(description="The new subscription, or why there is none.")
class SubscriptionCreatePayload:
    """What subscriptionCreate did."""

    subscription: Subscription | None = strawberry.field(
        description="The subscription.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SubscriptionCreate",
        RefTaken,
        *OF_A_PLAN,
        *_OF_AN_ITEM,
        PenaltyRefused,
        ItemsRefused,
        AccountClosed,
        OtherKindOfTerms,
        StartTooFarBack,
        InvalidText,
        InvalidAttribute,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="A product to be added to a subscription, from now on.")
class SubscriptionItemAddInput(IdempotentInput, DryRunInput):
    """A product."""

    subscription: strawberry.ID = strawberry.field(description="By id or ref.")
    product: strawberry.ID = strawberry.field(description="The product, by id or code.")
    quantity: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="How many; 1 where left out."
    )


@strawberry.type(description="The new item, or why there is none.")
class SubscriptionItemAddPayload:
    """What subscriptionItemAdd did."""

    item: SubscriptionItem | None = strawberry.field(description="The item.", default=None)
    subscription: Subscription | None = strawberry.field(
        description="The subscription.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SubscriptionItemAdd",
        NotRated,
        NoLongerOffered,
        *_OF_AN_ITEM,
        SubscriptionEnded,
        WrongState,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(
    description="Another quantity of an item: more acts at once, fewer from the next period."
)
class SubscriptionItemChangeQuantityInput(IdempotentInput, DryRunInput):
    """An item's quantity."""

    item: strawberry.ID = strawberry.field(description="The item, by id.")
    quantity: Decimal = strawberry.field(description="How many from then on.")


@strawberry.type(description="The revision that holds the quantity, or why nothing changed.")
class SubscriptionItemChangeQuantityPayload:
    """What subscriptionItemChangeQuantity did."""

    item: SubscriptionItem | None = strawberry.field(description="The item.", default=None)
    subscription: Subscription | None = strawberry.field(
        description="The subscription.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SubscriptionItemChangeQuantity",
        InvalidQuantity,
        NothingToChange,
            SubscriptionEnded,
        WrongState,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="An item that ends with the present period.")
class SubscriptionItemEndInput(IdempotentInput, DryRunInput):
    """An item."""

    item: strawberry.ID = strawberry.field(description="The item, by id.")


@strawberry.type(description="When the item ends, or why nothing changed.")
class SubscriptionItemEndPayload:
    """What subscriptionItemEnd did."""

    ends_at: datetime | None = strawberry.field(
        description="The first instant without the item.", default=None
    )
    subscription: Subscription | None = strawberry.field(
        description="The subscription.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SubscriptionItemEnd",
        NothingToChange,
        SubscriptionEnded,
        WrongState,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(
    description="Another price plan of the same family, from the next period on; the present "
    "one withdraws a change that has not begun."
)
class SubscriptionPlanChangeInput(IdempotentInput, DryRunInput):
    """A plan."""

    subscription: strawberry.ID = strawberry.field(description="By id or ref.")
    price_plan: strawberry.ID = strawberry.field(description="By id or code.")


@strawberry.type(description="The subscription with its phases, or why nothing changed.")
class SubscriptionPlanChangePayload:
    """What subscriptionPlanChange did."""

    starts_at: datetime | None = strawberry.field(
        description="From when the plan holds.", default=None
    )
    subscription: Subscription | None = strawberry.field(
        description="The subscription.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SubscriptionPlanChange",
        OtherFamily,
        AmendmentAhead,
        CurrencyMismatch,
        *OF_A_PLAN,
        NothingToChange,
        SubscriptionEnded,
        WrongState,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="A subscription whose renewal ends.")
class SubscriptionCancelInput(IdempotentInput, DryRunInput):
    """A subscription."""

    subscription: strawberry.ID = strawberry.field(description="By id or ref.")


@strawberry.type(description="The subscription with its end, or why nothing changed.")
class SubscriptionCancelPayload:
    """What subscriptionCancel did."""

    subscription: Subscription | None = strawberry.field(
        description="The subscription.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SubscriptionCancel",
        WrongState,
        SubscriptionEnded,
        UsageBeyondEnd,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="A subscription that goes on after all.")
class SubscriptionReactivateInput(IdempotentInput, DryRunInput):
    """A subscription."""

    subscription: strawberry.ID = strawberry.field(description="By id or ref.")


@strawberry.type(description="The subscription that goes on, or why nothing changed.")
class SubscriptionReactivatePayload:
    """What subscriptionReactivate did."""

    subscription: Subscription | None = strawberry.field(
        description="The subscription.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SubscriptionReactivate", WrongState, SubscriptionEnded, *NAME_REFUSALS, *KEY_REFUSALS
    )
