"""Inputs and payloads of changes of items and plans."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

from api.features.catalogue.living_enums import ChangeActs, FewerActs
from api.features.changes.charged import ChargedPayload
from api.features.subscriptions.payloads import OF_A_PLAN, OF_AN_ITEM
from api.features.subscriptions.types import Subscription, SubscriptionItem
from api.graphql.errors import UserError, user_errors
from api.graphql.inputs import DryRunInput, IdempotentInput
from api.refusals import KEY_REFUSALS, NAME_REFUSALS
from core.changes.change_plan import CannotActNow
from core.changes.charging import BillingInProgress, CannotBeBilled
from core.kernel.money import CurrencyMismatch
from core.licences.seats import SeatsInUse
from core.subscriptions.lifecycle import SubscriptionEnded, WrongState
from core.subscriptions.refusals import (
    AmendmentAhead,
    InvalidQuantity,
    NoLongerOffered,
    NothingToChange,
    NotRated,
    OtherFamily,
    OtherKindOfTerms,
)
from core.subscriptions.trials import NotTryable, TrialRefused, TrialUsed

CHARGING: Any = (BillingInProgress, CannotBeBilled)


@strawberry.input(
    description="A product to be added to a subscription, from now on. The days that are left "
    "are charged at once, where the terms bill in advance and say so."
)
class SubscriptionItemAddInput(IdempotentInput, DryRunInput):
    """A product."""

    subscription: strawberry.ID = strawberry.field(description="By id or ref.")
    product: strawberry.ID = strawberry.field(description="The product, by id or code.")
    quantity: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="How many; 1 where left out."
    )
    module: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="The item that a pack belongs to, by its id or its product's code; it may "
        "be left out where only one of the modules that it needs is there.",
    )
    trial: bool = strawberry.field(
        default=False,
        description="Whether it is tried: it owes nothing, and ends by itself unless it is "
        "ordered.",
    )
    days: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="How many times 24 hours it is tried, in place of what the product says; "
        "needs the scope trial.grant.",
    )
    again: bool = strawberry.field(
        default=False,
        description="Another trial of what the account has tried already; needs trial.grant.",
    )


@strawberry.type(description="The new item, or why there is none.")
class SubscriptionItemAddPayload(ChargedPayload):
    """What subscriptionItemAdd did."""

    item: SubscriptionItem | None = strawberry.field(description="The item.", default=None)
    subscription: Subscription | None = strawberry.field(
        description="The subscription.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SubscriptionItemAdd",
        NotRated,
        NoLongerOffered,
        *OF_AN_ITEM,
        NotTryable,
        TrialUsed,
        TrialRefused,
        *CHARGING,
        SubscriptionEnded,
        WrongState,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(
    description="Another quantity of an item. More acts at once, and is charged at once where "
    "the terms bill in advance and say so; fewer acts by `when`."
)
class SubscriptionItemChangeQuantityInput(IdempotentInput, DryRunInput):
    """An item's quantity."""

    item: strawberry.ID = strawberry.field(
        description="The item, by id, or by its product's code where `subscription` is given."
    )
    subscription: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Whose item it is, by id or ref."
    )
    quantity: Decimal = strawberry.field(description="How many from then on.")
    when: FewerActs | None = strawberry.field(
        default=strawberry.UNSET,
        description="When fewer units act; as the terms say, where left out.",
    )


@strawberry.type(description="The revision that holds the quantity, or why nothing changed.")
class SubscriptionItemChangeQuantityPayload(ChargedPayload):
    """What subscriptionItemChangeQuantity did."""

    item: SubscriptionItem | None = strawberry.field(description="The item.", default=None)
    subscription: Subscription | None = strawberry.field(
        description="The subscription.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SubscriptionItemChangeQuantity",
        InvalidQuantity,
        NothingToChange,
        SeatsInUse,
        *CHARGING,
        SubscriptionEnded,
        WrongState,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(
    description="An item that ends, and with it the packs that belong to it: by `when`."
)
class SubscriptionItemEndInput(IdempotentInput, DryRunInput):
    """An item."""

    item: strawberry.ID = strawberry.field(
        description="The item, by id, or by its product's code where `subscription` is given."
    )
    subscription: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Whose item it is, by id or ref."
    )
    when: FewerActs | None = strawberry.field(
        default=strawberry.UNSET,
        description="When it ends; as the terms say of fewer units, where left out.",
    )


@strawberry.type(description="When the item ends, or why nothing changed.")
class SubscriptionItemEndPayload(ChargedPayload):
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
        *CHARGING,
        SubscriptionEnded,
        WrongState,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="The quantity of an item in a change of the plan.")
class PlanChangeItemInput:
    """An item's quantity."""

    item: strawberry.ID = strawberry.field(
        description="The item, by id or by its product's code."
    )
    quantity: Decimal = strawberry.field(description="How many from then on.")


@strawberry.input(
    description="Another price plan of the same family, other billing terms and other "
    "quantities, in one change; what is left out stays. The present plan alone withdraws a "
    "change that has not begun."
)
class SubscriptionPlanChangeInput(IdempotentInput, DryRunInput):
    """What is to hold."""

    subscription: strawberry.ID = strawberry.field(description="By id or ref.")
    price_plan: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="By id or code. Left out: the present one where the terms allow it, else "
        "their default.",
    )
    billing_terms: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="By id or code; the present ones, if left out."
    )
    items: list[PlanChangeItemInput] | None = strawberry.field(
        default=strawberry.UNSET, description="Quantities that change with it; at most 100."
    )
    when: ChangeActs | None = strawberry.field(
        default=strawberry.UNSET,
        description="When it acts. Left out: as the present terms say of an upgrade, where the "
        "items would cost more for a whole period than now, and else of a downgrade.",
    )


@strawberry.type(description="The subscription with its phases, or why nothing changed.")
class SubscriptionPlanChangePayload(ChargedPayload):
    """What subscriptionPlanChange did."""

    starts_at: datetime | None = strawberry.field(
        description="From when the choice holds.", default=None
    )
    when: ChangeActs | None = strawberry.field(description="How it acts.", default=None)
    subscription: Subscription | None = strawberry.field(
        description="The subscription.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SubscriptionPlanChange",
        OtherFamily,
        AmendmentAhead,
        CurrencyMismatch,
        OtherKindOfTerms,
        *OF_A_PLAN,
        InvalidQuantity,
        NothingToChange,
        SeatsInUse,
        CannotActNow,
        *CHARGING,
        SubscriptionEnded,
        WrongState,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )
