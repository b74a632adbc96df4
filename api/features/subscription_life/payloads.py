"""Inputs and payloads of trials, orders, and ending now."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from api.features.accounts.payloads import AttributeInput
from api.features.changes.charged import ChargedPayload
from api.features.subscriptions.payloads import OF_A_PLAN, SubscriptionItemInput
from api.features.subscriptions.types import Subscription, SubscriptionItem
from api.graphql.errors import UserError, user_errors
from api.graphql.inputs import DryRunInput, IdempotentInput
from api.refusals import KEY_REFUSALS, NAME_REFUSALS, RefTaken
from core.accounts.attributes import InvalidAttribute
from core.accounts.open_account import AccountClosed
from core.changes.charging import BillingInProgress, CannotBeBilled
from core.contact_details import InvalidText
from core.kernel.money import CurrencyMismatch
from core.licences.seats import SeatsInUse
from core.periods.repository import UsageBeyondEnd
from core.subscriptions.basket import ItemsRefused
from core.subscriptions.binding import PenaltyRefused
from core.subscriptions.lifecycle import SubscriptionEnded, WrongState
from core.subscriptions.order_item import NotOnTrial
from core.subscriptions.packs import NeedsModule
from core.subscriptions.refusals import (
    InvalidQuantity,
    ItemAlreadyThere,
    NoLongerOffered,
    NotRated,
    OtherKindOfTerms,
)
from core.subscriptions.trials import NotTryable, TrialRefused, TrialUsed

_OF_ITEMS: Any = (ItemsRefused, InvalidQuantity, ItemAlreadyThere, NeedsModule)
_OF_CHARGING: Any = (SeatsInUse, BillingInProgress, CannotBeBilled)


@strawberry.input(description="How much of a feature a trial allows.")
class TrialGrantInput:
    """An amount of a feature."""

    feature: str = strawberry.field(description="Code of the feature.")
    amount: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="How much in all; any amount, where left out."
    )


@strawberry.input(description="A subscription that is tried from now on.")
class SubscriptionTrialStartInput(IdempotentInput, DryRunInput):
    """What an account tries. `days`, `grants` and `again` need the scope trial.grant."""

    account: strawberry.ID = strawberry.field(description="The account, by id or ref.")
    billing_terms: strawberry.ID = strawberry.field(
        description="By id or code; an order takes them where it names no others."
    )
    price_plan: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="By id or code; without it, the terms' default."
    )
    items: list[SubscriptionItemInput] = strawberry.field(description="1 to 100 products.")
    days: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="How many times 24 hours; as the product says, where left out.",
    )
    grants: list[TrialGrantInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="What it allows, in place of what the products' trials do.",
    )
    again: bool = strawberry.field(
        default=False, description="Another trial of what the account has tried already."
    )
    ref: str | None = strawberry.field(
        default=strawberry.UNSET, description="Your own reference; it can name it."
    )
    type: str | None = strawberry.field(
        default=strawberry.UNSET, description="Your own word for its kind."
    )
    classification: str | None = strawberry.field(
        default=strawberry.UNSET, description="Your own grouping."
    )
    attributes: list[AttributeInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="Attributes of your own, which conditions read; at most 100.",
    )


@strawberry.type(description="The subscription on trial, or why there is none.")
class SubscriptionTrialStartPayload:
    """What subscriptionTrialStart did."""

    subscription: Subscription | None = strawberry.field(
        description="The subscription.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SubscriptionTrialStart",
        NotTryable,
        TrialUsed,
        TrialRefused,
        RefTaken,
        *OF_A_PLAN,
        *_OF_ITEMS,
        AccountClosed,
        OtherKindOfTerms,
        InvalidText,
        InvalidAttribute,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="More days of a trial, other amounts, or both.")
class SubscriptionTrialExtendInput(IdempotentInput, DryRunInput):
    """A trial."""

    subscription: strawberry.ID = strawberry.field(description="By id or ref.")
    days: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="How many more, from its end; from now, where it is over.",
    )
    grants: list[TrialGrantInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="What it allows in all, in place of everything it allowed before.",
    )


@strawberry.type(description="The subscription on trial, or why nothing changed.")
class SubscriptionTrialExtendPayload:
    """What subscriptionTrialExtend did."""

    subscription: Subscription | None = strawberry.field(
        description="The subscription.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SubscriptionTrialExtend",
        TrialRefused,
        WrongState,
        SubscriptionEnded,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(
    description="A subscription on trial, or whose trial is over, that begins now. What is "
    "left out is as it was tried."
)
class SubscriptionOrderInput(IdempotentInput, DryRunInput):
    """An order."""

    subscription: strawberry.ID = strawberry.field(description="By id or ref.")
    billing_terms: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="By id or code."
    )
    price_plan: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="By id or code."
    )
    items: list[SubscriptionItemInput] | None = strawberry.field(
        default=strawberry.UNSET,
        description="1 to 100 products; what was tried and is not among them ends.",
    )
    agreement_date: date | None = strawberry.field(
        default=strawberry.UNSET, description="When it was agreed; today, where left out."
    )
    bill_now: bool = strawberry.field(
        default=True,
        description="Whether what the terms bill in advance is charged at once; by the next "
        "closing otherwise.",
    )
    payment_method: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="A payment method of the account, which becomes its default: a card is "
        "charged, a transfer is awaited.",
    )


@strawberry.type(description="The subscription that begins, or why nothing changed.")
class SubscriptionOrderPayload(ChargedPayload):
    """What subscriptionOrder did."""

    subscription: Subscription | None = strawberry.field(
        description="The same subscription.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SubscriptionOrder",
        *OF_A_PLAN,
        *_OF_ITEMS,
        *_OF_CHARGING,
        CurrencyMismatch,
        PenaltyRefused,
        AccountClosed,
        OtherKindOfTerms,
        WrongState,
        SubscriptionEnded,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="An item on trial, or whose trial is over, that is kept.")
class SubscriptionItemOrderInput(IdempotentInput, DryRunInput):
    """An item."""

    item: strawberry.ID = strawberry.field(description="The item, by id.")
    quantity: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="How many; as tried, where left out."
    )


@strawberry.type(description="The item that is kept, or why nothing changed.")
class SubscriptionItemOrderPayload(ChargedPayload):
    """What subscriptionItemOrder did."""

    item: SubscriptionItem | None = strawberry.field(description="The item.", default=None)
    subscription: Subscription | None = strawberry.field(
        description="The subscription.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SubscriptionItemOrder",
        NotOnTrial,
        NotRated,
        NoLongerOffered,
        InvalidQuantity,
        ItemAlreadyThere,
        *_OF_CHARGING,
        WrongState,
        SubscriptionEnded,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="A subscription that ends now.")
class SubscriptionEndInput(IdempotentInput, DryRunInput):
    """A subscription."""

    subscription: strawberry.ID = strawberry.field(description="By id or ref.")
    credit: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Whether what is paid and not used is given back; by its billing terms, "
        "where left out.",
    )


@strawberry.type(description="The subscription with its end, or why nothing changed.")
class SubscriptionEndPayload(ChargedPayload):
    """What subscriptionEnd did."""

    subscription: Subscription | None = strawberry.field(
        description="The subscription.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SubscriptionEnd",
        UsageBeyondEnd,
        BillingInProgress,
        WrongState,
        SubscriptionEnded,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )
