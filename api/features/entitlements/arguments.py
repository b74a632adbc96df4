"""What is asked of an account, from the schema's inputs to the core's questions."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import strawberry

from api.features.accounts.types import MEMBER_ID
from api.references import given
from core.entitlements.can import Asked, Window


@strawberry.input(description="Whose window has to be open.")
class EntitlementWindowInput:
    """A business number and a recipient, say."""

    key: str = strawberry.field(
        description="What is replayed together on the channel: the business number."
    )
    recipient: str = strawberry.field(
        name="with", description="The recipient, as events write them."
    )


@strawberry.input(description="One question: so much of a feature, by whom.")
class EntitlementCheckInput:
    """A check."""

    feature: str = strawberry.field(description="Code of the feature, such as email.send.")
    amount: Decimal = strawberry.field(
        default=Decimal(1), description="How much, or how many more; above 0."
    )
    member: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="The member who would do it; left out, the account itself, which holds no "
        "licence.",
    )
    window: EntitlementWindowInput | None = strawberry.field(
        default=strawberry.UNSET,
        description="With whom, for features that need an open window.",
    )


def questions(checks: Sequence[EntitlementCheckInput]) -> tuple[Asked, ...]:
    """Return what checks ask.

    Raises:
        IdMalformed, IdOfOtherType: a member's id is none.
    """
    return tuple(
        _question(each, path=("checks", str(number))) for number, each in enumerate(checks)
    )


def _question(check: EntitlementCheckInput, *, path: tuple[str, ...]) -> Asked:
    member, window = given(check.member), given(check.window)
    return Asked(
        check.feature,
        check.amount,
        None if member is None else MEMBER_ID.parse(member, path=(*path, "member")),
        None if window is None else Window(window.key, window.recipient),
    )
