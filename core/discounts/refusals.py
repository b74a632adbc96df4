"""What the verbs of discounts refuse."""

from __future__ import annotations

from typing import ClassVar

from core.kernel.errors import Refusal


class DiscountTargetNotFound(Refusal):
    """There is no such subscription or job, or not exactly one was named."""

    code: ClassVar[str] = "DISCOUNT_TARGET_NOT_FOUND"


class DiscountNotFound(Refusal):
    """No discount that was given has the id."""

    code: ClassVar[str] = "DISCOUNT_NOT_FOUND"


def unknown_grant() -> DiscountNotFound:
    """Return what answers an id that leads to no grant, or to none that the unit may see."""
    return DiscountNotFound("no discount that was given has this id", path=("grant",))


class DiscountNotOffered(Refusal):
    """The discount may not be given here and now; the message says why."""

    code: ClassVar[str] = "DISCOUNT_NOT_OFFERED"


class DiscountTooLate(Refusal):
    """The job is completed or cancelled, or the subscription has ended."""

    code: ClassVar[str] = "DISCOUNT_TOO_LATE"


class DiscountValueMissing(Refusal):
    """The discount has a range, from which a value must be picked."""

    code: ClassVar[str] = "DISCOUNT_VALUE_MISSING"


class DiscountValueFixed(Refusal):
    """The discount's value is fixed, or of the other kind than the one that was given."""

    code: ClassVar[str] = "DISCOUNT_VALUE_FIXED"


class DiscountOutOfRange(Refusal):
    """The value lies outside the discount's range."""

    code: ClassVar[str] = "DISCOUNT_OUT_OF_RANGE"


class DiscountDatesRefused(Refusal):
    """The dates lie outside the time in which the discount may reduce bills."""

    code: ClassVar[str] = "DISCOUNT_DATES_REFUSED"


class DiscountUsedUp(Refusal):
    """The discount was given as often, or in such a sum, as it may be."""

    code: ClassVar[str] = "DISCOUNT_USED_UP"


class DiscountNotPending(Refusal):
    """Only a discount that waits for approval can be changed or approved."""

    code: ClassVar[str] = "DISCOUNT_NOT_PENDING"


class DiscountCancelled(Refusal):
    """The discount is cancelled already."""

    code: ClassVar[str] = "DISCOUNT_CANCELLED"


class NotTheApprover(Refusal):
    """Another unit's staff approve this discount."""

    code: ClassVar[str] = "NOT_THE_APPROVER"
