"""Inputs and payloads of the mutations of buying in advance."""

from __future__ import annotations

from typing import Any

import strawberry

from api.features.buy_in_advance.types import AdvanceRequest
from api.features.invoices.types import Invoice
from api.graphql.errors import UserError, user_errors
from api.graphql.inputs import DryRunInput, IdempotentInput
from api.refusals import KEY_REFUSALS, NAME_REFUSALS
from core.buy_in_advance.refusals import (
    DurationNotOffered,
    NoActiveDefinition,
    NothingToBillInAdvance,
    NotLongerThanFrequency,
    PrepaidNotInAdvance,
    RequestSettled,
    RequestWaits,
)
from core.contact_details import InvalidText
from core.kernel.frequency import FrequencyRefused
from core.subscriptions.lifecycle import SubscriptionEnded, WrongState

_OF_A_DURATION: Any = (
    NoActiveDefinition,
    DurationNotOffered,
    NotLongerThanFrequency,
    PrepaidNotInAdvance,
    FrequencyRefused,
)


@strawberry.input(description="What to bill in advance.")
class BuyInAdvanceRequestInput(IdempotentInput, DryRunInput):
    """A subscription and a duration."""

    subscription: strawberry.ID = strawberry.field(description="By id or ref.")
    duration: str = strawberry.field(description="For how long: `12 months`, `year`, P1Y.")
    bill_now: bool = strawberry.field(
        default=False,
        description="Bill it at once, on an invoice of its own; otherwise the next billing "
        "takes it.",
    )
    note: str = strawberry.field(default="", description="A word of your own.")


@strawberry.type(description="The request, or why there is none.")
class BuyInAdvanceRequestPayload:
    """What buyInAdvanceRequest did."""

    request: AdvanceRequest | None = strawberry.field(description="The request.", default=None)
    invoice: Invoice | None = strawberry.field(
        description="The invoice, where it was to be billed at once.", default=None
    )
    user_errors: list[UserError] = user_errors(
        "BuyInAdvanceRequest",
        RequestWaits,
        *_OF_A_DURATION,
        NothingToBillInAdvance,
        SubscriptionEnded,
        WrongState,
        InvalidText,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="Another duration for a request that waits.")
class BuyInAdvanceAmendInput(IdempotentInput, DryRunInput):
    """A request and a duration."""

    request: strawberry.ID = strawberry.field(description="The request, by id.")
    duration: str = strawberry.field(description="For how long: `12 months`, `year`, P1Y.")


@strawberry.type(description="The request as amended, or why it is not.")
class BuyInAdvanceAmendPayload:
    """What buyInAdvanceAmend did."""

    request: AdvanceRequest | None = strawberry.field(description="The request.", default=None)
    user_errors: list[UserError] = user_errors(
        "BuyInAdvanceAmend",
        RequestSettled,
        *_OF_A_DURATION,
        SubscriptionEnded,
        WrongState,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="A request that waits and is withdrawn.")
class BuyInAdvanceCancelInput(IdempotentInput, DryRunInput):
    """A request."""

    request: strawberry.ID = strawberry.field(description="The request, by id.")


@strawberry.type(description="The request as cancelled, or why it is not.")
class BuyInAdvanceCancelPayload:
    """What buyInAdvanceCancel did."""

    request: AdvanceRequest | None = strawberry.field(description="The request.", default=None)
    user_errors: list[UserError] = user_errors(
        "BuyInAdvanceCancel", RequestSettled, *NAME_REFUSALS, *KEY_REFUSALS
    )
