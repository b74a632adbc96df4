"""Inputs and payloads of the mutations of subscriptions."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry

from api.features.accounts.payloads import AttributeInput
from api.features.subscriptions.types import Subscription
from api.graphql.errors import UserError, user_errors
from api.graphql.inputs import DryRunInput, IdempotentInput
from api.refusals import KEY_REFUSALS, NAME_REFUSALS, RefTaken
from core.accounts.attributes import InvalidAttribute
from core.accounts.open_account import AccountClosed
from core.catalogue.errors import NoPlanVersionEffective
from core.contact_details import InvalidText
from core.kernel.conditions import ConditionFailed
from core.periods.calendar import StartTooFarBack
from core.periods.repository import UsageBeyondEnd
from core.subscriptions.binding import PenaltyRefused
from core.subscriptions.lifecycle import SubscriptionEnded, WrongState
from core.subscriptions.packs import NeedsModule
from core.subscriptions.refusals import (
    ConditionNotMet,
    InvalidQuantity,
    ItemAlreadyThere,
    NoLongerOffered,
    NotRated,
    OtherKindOfTerms,
    PlanNotAllowed,
)
from core.subscriptions.subscribe import ItemsRefused

OF_A_PLAN: Any = (
    PlanNotAllowed,
    ConditionNotMet,
    ConditionFailed,
    NoLongerOffered,
    NoPlanVersionEffective,
    NotRated,
)
OF_AN_ITEM: Any = (InvalidQuantity, ItemAlreadyThere, NeedsModule)


@strawberry.input(description="A product to be subscribed to.")
class SubscriptionItemInput:
    """A product and a quantity."""

    product: strawberry.ID = strawberry.field(description="The product, by id or code.")
    quantity: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description="How many; 1 where left out. Leave it out where usage or a gauge gives it.",
    )
    module: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="For a pack: the module that it belongs to, by the code of its product.",
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
        *OF_AN_ITEM,
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
