"""Inputs and payloads of the mutations of orders."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from api.features.orders.types import UsageDirective, UsageOrder
from api.features.usage.verdicts import REFUSALS
from api.graphql.errors import UserError, user_errors
from api.graphql.inputs import DryRunInput, IdempotentInput
from api.refusals import KEY_REFUSALS, NAME_REFUSALS
from core.orders.records import NotOrderable, OrderInThePast, OrderNotScheduled


def _said(description: str) -> str:
    field: str = strawberry.field(default="", description=description)
    return field


@strawberry.input(description="A service that a subscription orders.")
class UsageOrderInput(IdempotentInput, DryRunInput):
    """What is ordered, how, and for when."""

    subscription: strawberry.ID = strawberry.field(
        description="The subscription, by id or ref."
    )
    service: strawberry.ID = strawberry.field(
        description="A usage service that is available to it, by id or code."
    )
    udr_type: strawberry.ID = strawberry.field(
        description="The type of usage record, by id or code: it lists what may be said."
    )
    termed_service: str = _said("The code of the product that it is taken on; found if empty.")
    method: str = _said("How it is used.")
    device: str = _said("On what it is used.")
    source_system: str = _said("The system that it is ordered on.")
    source_category: str = _said("What kind of place it is ordered from.")
    destination_category: str = _said("What kind of place it is provided to.")
    amount: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="How much, in the type's unit; 1 if left out."
    )
    ordered_for: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="When it is provided; now if left out."
    )
    directive: UsageDirective = strawberry.field(
        default=UsageDirective.BILL, description="What it is on the bill."
    )


@strawberry.type(description="The order, or why nothing was ordered.")
class UsageOrderPayload:
    """What usageOrder did."""

    order: UsageOrder | None = strawberry.field(description="The order.", default=None)
    user_errors: list[UserError] = user_errors(
        "UsageOrder",
        OrderInThePast,
        NotOrderable,
        *NAME_REFUSALS,
        *REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="An order that is to be given up.")
class UsageOrderCancelInput(IdempotentInput, DryRunInput):
    """An order that has not become an event."""

    order: strawberry.ID = strawberry.field(description="The order's id.")


@strawberry.type(description="The cancelled order, or why it goes on.")
class UsageOrderCancelPayload:
    """What usageOrderCancel did."""

    order: UsageOrder | None = strawberry.field(description="The order.", default=None)
    user_errors: list[UserError] = user_errors(
        "UsageOrderCancel", OrderNotScheduled, *NAME_REFUSALS, *KEY_REFUSALS
    )
