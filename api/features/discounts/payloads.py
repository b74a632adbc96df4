"""Inputs and payloads of the mutations of discounts."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import strawberry

from api.features.discounts.types import DiscountGrant
from api.graphql.errors import UserError, user_errors
from api.graphql.inputs import DryRunInput, IdempotentInput
from api.refusals import KEY_REFUSALS, NAME_REFUSALS
from core.contact_details import InvalidText
from core.discounts.refusals import (
    DiscountCancelled,
    DiscountDatesRefused,
    DiscountNotOffered,
    DiscountNotPending,
    DiscountOutOfRange,
    DiscountTooLate,
    DiscountUsedUp,
    DiscountValueFixed,
    DiscountValueMissing,
    NotTheApprover,
)
from core.kernel.money import CurrencyMismatch

_OF_A_VALUE: Any = (DiscountValueFixed, DiscountOutOfRange, DiscountUsedUp)
_OF_TIME: Any = (DiscountNotOffered, DiscountDatesRefused)


@strawberry.input(
    description="A discount to give, to a subscription or to a job: exactly one of both."
)
class DiscountGrantInput(IdempotentInput, DryRunInput):
    """What is given to whom."""

    definition: strawberry.ID = strawberry.field(description="The discount, by id or code.")
    subscription: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The subscription, by id or ref."
    )
    job: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The job, by id or ref."
    )
    percent: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="The percentage picked from a range."
    )
    amount: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="The money picked from a range."
    )
    currency: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The currency that you mean; another one than the bill's is refused.",
    )
    effective_from: datetime | None = strawberry.field(
        default=strawberry.UNSET,
        description="From when it reduces charges; the definition's start, where left out.",
    )
    expires_at: datetime | None = strawberry.field(
        default=strawberry.UNSET,
        description="Until when, exclusive; the definition's end, where left out.",
    )
    note: str | None = strawberry.field(
        default=strawberry.UNSET, description="Why it is given; up to 500 characters."
    )


@strawberry.type(description="The discount that was given, or why none was.")
class DiscountGrantPayload:
    """What discountGrant did."""

    grant: DiscountGrant | None = strawberry.field(
        description="The discount, approved, or pending until its unit approves it.",
        default=None,
    )
    user_errors: list[UserError] = user_errors(
        "DiscountGrant",
        DiscountTooLate,
        *_OF_TIME,
        CurrencyMismatch,
        DiscountValueMissing,
        *_OF_A_VALUE,
        InvalidText,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="Changes of a discount that waits; what is left out stays.")
class DiscountAmendInput(IdempotentInput, DryRunInput):
    """What is to be different."""

    grant: strawberry.ID = strawberry.field(description="The discount that was given, by id.")
    percent: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="Another percentage from the range."
    )
    amount: Decimal | None = strawberry.field(
        default=strawberry.UNSET, description="Another amount from the range."
    )
    effective_from: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="From when it reduces charges."
    )
    expires_at: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="Until when, exclusive."
    )
    note: str | None = strawberry.field(
        default=strawberry.UNSET, description="Why it is given; up to 500 characters."
    )


@strawberry.type(description="The discount as it waits now, or why nothing changed.")
class DiscountAmendPayload:
    """What discountAmend did."""

    grant: DiscountGrant | None = strawberry.field(description="The discount.", default=None)
    user_errors: list[UserError] = user_errors(
        "DiscountAmend",
        DiscountNotPending,
        *_OF_TIME,
        *_OF_A_VALUE,
        InvalidText,
        *NAME_REFUSALS,
        *KEY_REFUSALS,
    )


@strawberry.input(description="A discount that waits, to be approved.")
class DiscountApproveInput(IdempotentInput, DryRunInput):
    """A grant."""

    grant: strawberry.ID = strawberry.field(description="The discount that was given, by id.")


@strawberry.type(description="The approved discount, or why nothing changed.")
class DiscountApprovePayload:
    """What discountApprove did."""

    grant: DiscountGrant | None = strawberry.field(description="The discount.", default=None)
    user_errors: list[UserError] = user_errors(
        "DiscountApprove", NotTheApprover, DiscountNotPending, *NAME_REFUSALS, *KEY_REFUSALS
    )


@strawberry.input(description="A discount to end; refusing one that waits is the same.")
class DiscountCancelInput(IdempotentInput, DryRunInput):
    """A grant."""

    grant: strawberry.ID = strawberry.field(description="The discount that was given, by id.")


@strawberry.type(description="The cancelled discount, or why nothing changed.")
class DiscountCancelPayload:
    """What discountCancel did."""

    grant: DiscountGrant | None = strawberry.field(description="The discount.", default=None)
    user_errors: list[UserError] = user_errors(
        "DiscountCancel", DiscountCancelled, *NAME_REFUSALS, *KEY_REFUSALS
    )
