"""What several verbs of a subscription refuse."""

from __future__ import annotations

from typing import ClassVar

from core.kernel.errors import Refusal


class SubscriptionNotFound(Refusal):
    """No subscription of this tenant has the id or ref."""

    code: ClassVar[str] = "SUBSCRIPTION_NOT_FOUND"


class SubscriptionRefTaken(Refusal):
    """Another subscription has the ref."""

    code: ClassVar[str] = "SUBSCRIPTION_REF_TAKEN"


class ItemNotFound(Refusal):
    """No item that goes on has the id."""

    code: ClassVar[str] = "ITEM_NOT_FOUND"


class ItemAlreadyThere(Refusal):
    """The subscription has an item of the product, or one that meters the same usage."""

    code: ClassVar[str] = "ITEM_ALREADY_THERE"


class InvalidQuantity(Refusal):
    """A quantity is no positive number within the bounds, or the product takes none."""

    code: ClassVar[str] = "INVALID_QUANTITY"


class NotRated(Refusal):
    """The price plan has no rate by which the product could be priced."""

    code: ClassVar[str] = "NOT_RATED"


class NoLongerOffered(Refusal):
    """A product, a price plan or billing terms are retired."""

    code: ClassVar[str] = "NO_LONGER_OFFERED"


class PlanNotAllowed(Refusal):
    """The billing terms do not list the price plan, or need one to be named."""

    code: ClassVar[str] = "PLAN_NOT_ALLOWED"


class ConditionNotMet(Refusal):
    """A conditional plan may be chosen only while its condition holds."""

    code: ClassVar[str] = "CONDITION_NOT_MET"


class OtherFamily(Refusal):
    """A plan is changed within its family only."""

    code: ClassVar[str] = "OTHER_FAMILY"


class NothingToChange(Refusal):
    """What was asked for holds already."""

    code: ClassVar[str] = "NOTHING_TO_CHANGE"


class AmendmentDateRefused(Refusal):
    """Amended terms cannot act from the date: it is billed, over, or too far ahead."""

    code: ClassVar[str] = "AMENDMENT_DATE_REFUSED"


class AmendmentAhead(Refusal):
    """Terms that are amended from a later date stand in the way."""

    code: ClassVar[str] = "AMENDMENT_AHEAD"


class OtherKindOfTerms(Refusal):
    """Terms of this kind cannot bill what they are chosen for."""

    code: ClassVar[str] = "OTHER_KIND_OF_TERMS"
