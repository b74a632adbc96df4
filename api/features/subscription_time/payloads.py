"""Inputs and payloads of binding and resting."""

from __future__ import annotations

from datetime import datetime

import strawberry

from api.features.subscription_time.types import SubscriptionRest
from api.features.subscriptions.types import Subscription
from api.graphql.errors import UserError, user_errors
from api.graphql.inputs import DryRunInput, IdempotentInput
from api.refusals import KEY_REFUSALS, NAME_REFUSALS
from core.contact_details import InvalidText
from core.kernel.frequency import FrequencyRefused
from core.subscriptions.bind import BindingRefused
from core.subscriptions.binding import PenaltyRefused
from core.subscriptions.lifecycle import SubscriptionEnded, WrongState
from core.subscriptions.refusals import NoLongerOffered, NotRated
from core.subscriptions.resting_limits import RestingLimit
from core.subscriptions.resume import NotResting
from core.subscriptions.suspend import RestingNotAllowed, RestRefused


@strawberry.input(description="A subscription that rests for a while.")
class SubscriptionSuspendInput(IdempotentInput, DryRunInput):
    """A rest."""

    subscription: strawberry.ID = strawberry.field(description="By id or ref.")
    from_at: datetime | None = strawberry.field(
        name="from",
        default=strawberry.UNSET,
        description="Its first instant; now, if left out.",
    )
    until: datetime | None = strawberry.field(
        default=strawberry.UNSET,
        description="The first instant behind it. Left out: until it is resumed, or as long "
        "as the terms allow.",
    )
    note: str = strawberry.field(default="", description="A word of your own.")


@strawberry.type(description="The rest, or why there is none.")
class SubscriptionSuspendPayload:
    """What subscriptionSuspend did."""

    rest: SubscriptionRest | None = strawberry.field(description="The rest.", default=None)
    subscription: Subscription | None = strawberry.field(
        description="The subscription.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SubscriptionSuspend",
        RestingNotAllowed,
        RestRefused,
        RestingLimit,
        InvalidText,
        SubscriptionEnded,
        WrongState,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="A subscription that goes on now.")
class SubscriptionResumeInput(IdempotentInput, DryRunInput):
    """A subscription."""

    subscription: strawberry.ID = strawberry.field(description="By id or ref.")


@strawberry.type(description="When the rest ended, or why nothing changed.")
class SubscriptionResumePayload:
    """What subscriptionResume did."""

    resumed_at: datetime | None = strawberry.field(
        description="The first instant behind the rest: its beginning, where it was "
        "withdrawn before it began.",
        default=None,
    )
    subscription: Subscription | None = strawberry.field(
        description="The subscription.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SubscriptionResume",
        NotResting,
        SubscriptionEnded,
        WrongState,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="A minimum term: until a day, or for a term from now on.")
class SubscriptionBindInput(IdempotentInput, DryRunInput):
    """A binding."""

    subscription: strawberry.ID = strawberry.field(description="By id or ref.")
    until: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="Until the beginning of this local day."
    )
    term: str | None = strawberry.field(
        default=strawberry.UNSET, description="For so long from now on: `12 months`."
    )
    penalty_product: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="What ending early costs, by id or code: an expense. Left out: what it "
        "cost before.",
    )


@strawberry.type(description="The bound subscription, or why nothing changed.")
class SubscriptionBindPayload:
    """What subscriptionBind did."""

    subscription: Subscription | None = strawberry.field(
        description="The subscription.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "SubscriptionBind",
        BindingRefused,
        FrequencyRefused,
        PenaltyRefused,
        NotRated,
        NoLongerOffered,
        SubscriptionEnded,
        WrongState,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )
