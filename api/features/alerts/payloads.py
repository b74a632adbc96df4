"""Inputs and payloads of the mutations of alerts."""

from __future__ import annotations

from decimal import Decimal

import strawberry

from api.features.alerts.types import Alert, AlertMeasure
from api.graphql.errors import UserError, user_errors
from api.graphql.inputs import IdempotentInput
from api.graphql.scalars import CurrencyCode
from api.refusals import KEY_REFUSALS, NAME_REFUSALS
from core.alerts.refusals import (
    InvalidBudget,
    InvalidThresholds,
    NotMeasurable,
    TooManyAlerts,
    WatchOneThing,
)
from core.contact_details import InvalidText
from core.kernel.money import CurrencyMismatch, UnknownCurrency


@strawberry.input(
    description="What is to be watched: of one account, one subscription, every subscription "
    "that holds a product or is on a plan, or, with none of the four, of all."
)
class AlertDefineInput(IdempotentInput):
    """An alert."""

    name: str = strawberry.field(description="What to call it.")
    measure: AlertMeasure = strawberry.field(description="What to measure.")
    thresholds: list[Decimal] = strawberry.field(
        description="1 to 10, ascending: amounts, quantities, or percents of the budget or of "
        "what is granted."
    )
    account: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Each subscription of this account, by id or ref."
    )
    subscription: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="This subscription, by id or ref."
    )
    holds: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="Each subscription that holds this product, by id or code.",
    )
    price_plan: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="Each subscription on this plan, by id or code.",
    )
    product: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="The usage service whose quantity is measured, by id or code.",
    )
    feature: str | None = strawberry.field(
        default=strawberry.UNSET, description="The feature whose allowance is measured."
    )
    currency: CurrencyCode | None = strawberry.field(
        default=strawberry.UNSET,
        description="The currency of amounts; that of what is watched where left out.",
    )
    budget: Decimal | None = strawberry.field(
        default=strawberry.UNSET,
        description="An amount or a quantity; thresholds are then percents of it.",
    )


@strawberry.input(description="What is different of an alert; what is left out stays.")
class AlertUpdateInput(IdempotentInput):
    """An alert, and what is different."""

    alert: strawberry.ID = strawberry.field(description="Which, by id.")
    name: str | None = strawberry.field(
        default=strawberry.UNSET, description="What to call it."
    )
    thresholds: list[Decimal] | None = strawberry.field(
        default=strawberry.UNSET, description="1 to 10, ascending, in place of all it has."
    )
    budget: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="Another budget, where it has one."
    )


@strawberry.input(description="An alert that is to watch no longer.")
class AlertRemoveInput(IdempotentInput):
    """An alert."""

    alert: strawberry.ID = strawberry.field(description="Which, by id.")


@strawberry.type(description="The alert, or why there is none.")
class AlertDefinePayload:
    """What alertDefine did."""

    alert: Alert | None = strawberry.field(description="The alert.", default=None)
    user_errors: list[UserError] = user_errors(
        "AlertDefine",
        InvalidText,
        InvalidThresholds,
        InvalidBudget,
        WatchOneThing,
        NotMeasurable,
        TooManyAlerts,
        CurrencyMismatch,
        UnknownCurrency,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.type(description="The alert as it is now, or why nothing changed.")
class AlertUpdatePayload:
    """What alertUpdate did."""

    alert: Alert | None = strawberry.field(description="The alert.", default=None)
    user_errors: list[UserError] = user_errors(
        "AlertUpdate",
        InvalidText,
        InvalidThresholds,
        InvalidBudget,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.type(description="The removed alert, or why nothing changed.")
class AlertRemovePayload:
    """What alertRemove did."""

    alert: Alert | None = strawberry.field(description="The alert.", default=None)
    user_errors: list[UserError] = user_errors("AlertRemove", *NAME_REFUSALS, *KEY_REFUSALS)
