"""What becomes of an event: its verdict, the reasons of a rejection, both contents.

The reasons are listed once. They are the enum of verdicts, and the refusals of
`usageAmend`, which has one event and therefore answers in `userErrors`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import Enum
from typing import Any, Final

import strawberry

from core.kernel.errors import ManyProblems, Problem, Refusal
from core.usage.records import Verdict

_REASONS: Final[dict[str, str]] = {
    "UNKNOWN_ACCOUNT": "There is no account with this id or ref.",
    "NO_SUBSCRIPTION": "No subscription of the account meters this at that time.",
    "AMBIGUOUS_SUBSCRIPTION": "Several subscriptions meter it: name one.",
    "SUBSCRIPTION_ENDED": "The subscription had ended by then.",
    "IN_THE_FUTURE": "It lies more than five minutes ahead of the account's clock.",
    "TOO_OLD": "It lies before the periods that the subscription has.",
    "CONFLICT": "Its id is stored with another content; both are shown.",
    "INVALID_VALUE": "A value is out of bounds; the path leads to it.",
    "PLUGIN_FAILED": "The channel's plugin could not measure it.",
    "SUBSCRIPTION_RESTING": "The subscription is suspended at that time.",
    "SERVICE_NOT_OFFERED": "No usage catalogue offers the service to the subscription then.",
    "SERVICE_NOT_ORDERABLE": "The service cannot be ordered at that time.",
    "NO_TERMED_SERVICE": "The subscription has no active termed service to order it on.",
    "NOT_PRICED": "The plan has no rate by which a single event can be priced.",
    "OTHER_CURRENCY": "A third party priced it in another currency than its price plan's.",
    "WALLET_SHORT": "The subscription's wallet cannot pay it; top it up.",
}


@strawberry.enum(description="What became of an event.")
class UsageOutcome(Enum):
    """The three verdicts."""

    ACCEPTED = strawberry.enum_value("accepted", description="It is stored.")
    DUPLICATE = strawberry.enum_value(
        "duplicate", description="It was stored before with the same content; counted once."
    )
    REJECTED = strawberry.enum_value(
        "rejected", description="It is not stored; `reason` and `message` say why."
    )


# The functional form cannot be read by a type checker.
_Reason: Any = Enum(  # type: ignore[misc]
    "UsageReason",
    {
        name: strawberry.enum_value(name, description=description)
        for name, description in _REASONS.items()
    },
    module=__name__,
)
UsageReason: Any = strawberry.enum(_Reason, description="Why an event was rejected.")

REFUSALS: Final[tuple[Any, ...]] = tuple(
    type(f"Usage{name.title().replace('_', '')}", (), {"code": name, "__doc__": description})
    for name, description in _REASONS.items()
    if name != "CONFLICT"
)
"""The reasons as `user_errors` lists them; an amendment cannot contradict what it amends."""

OUTCOMES: Final[dict[str, UsageOutcome]] = {
    str(member.value): member for member in UsageOutcome
}
REASONS: Final[dict[str, Any]] = dict(UsageReason.__members__)


@strawberry.type(description="How many events of a batch got which verdict.")
class UsageCounts:
    """A batch in numbers; received = accepted + duplicate + rejected."""

    received: int = strawberry.field(description="Events that were sent.")
    accepted: int = strawberry.field(description="Events stored now.")
    free: int = strawberry.field(description="Accepted ones that are not billed.")
    duplicate: int = strawberry.field(description="Events stored before.")
    rejected: int = strawberry.field(description="Events not stored.")


def counts_of(verdicts: Sequence[Verdict]) -> UsageCounts:
    """Count verdicts."""
    outcomes = Counter(verdict.outcome for verdict in verdicts)
    return UsageCounts(
        received=len(verdicts),
        accepted=outcomes["accepted"],
        free=sum(verdict.is_free for verdict in verdicts),
        duplicate=outcomes["duplicate"],
        rejected=outcomes["rejected"],
    )


def as_refusal(verdict: Verdict, *, path: tuple[str, ...]) -> Refusal:
    """Return a rejection as the refusal of a mutation; `path` leads to the report."""
    assert verdict.reason is not None, "only a rejection is refused"
    return ManyProblems([Problem(verdict.reason, verdict.message, (*path, *verdict.sent_path))])
