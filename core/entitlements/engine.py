"""The one decision: may this be done, or had, by this account and this member? Pure.

What is granted is summed over everything the account has. Consumption takes from amounts;
members, companies, contacts and gauges are counted as they are, and held against the sum.
Where it is not allowed the answer names the first reason without which it would be, what is
left, and what kind of step helps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, NamedTuple
from uuid import UUID

from core.catalogue.schema import FeatureDefinition
from core.entitlements.reasons import LIFTABLE, MESSAGES, Reason
from core.entitlements.records import Source
from core.entitlements.sources import TICKET

NOTHING: Final = Decimal(0)
ONE: Final = Decimal(1)
HOLDERS: Final = frozenset({"owner", "administrator"})
"""Who opens every module of the account."""

Help = Literal[
    "buy", "pay", "assign_licence", "give_access", "resume", "order", "send_template"
]
HELPS: Final[Mapping[Reason, Help]] = {
    "NO_GRANT": "buy",
    "USED_UP": "buy",
    "HELD": "buy",
    "SUSPENDED": "resume",
    "TRIAL_OVER": "order",
    "NEEDS_PAYMENT": "pay",
    "NO_LICENCE": "assign_licence",
    "NO_ACCESS": "give_access",
    "WINDOW_CLOSED": "send_template",
}


class Person(NamedTuple):
    """A member, and the modules on which they have a right."""

    role: str
    modules: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that decides what an account may do at an instant of its time.

    `counted` is what there is of features that count something else than consumption, by
    feature.
    """

    account_id: UUID
    at: datetime
    features: Mapping[str, FeatureDefinition]
    sources: tuple[Source, ...]
    counted: Mapping[str, Decimal] = field(default_factory=dict)
    members: Mapping[UUID, Person] = field(default_factory=dict)

    def of(self, feature: str) -> list[Source]:
        """Return what grants a feature, open or closed."""
        return [source for source in self.sources if source.feature == feature]


@dataclass(frozen=True, slots=True)
class Check:
    """What is asked: so much of a feature, for a member or the account itself.

    `is_open` tells whether the window with the recipient is, for features that need one.
    """

    feature: str
    amount: Decimal = ONE
    member_id: UUID | None = None
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it is allowed; why not, what is left, and what helps.

    `remaining` None: any amount. `billed` is how many of the amount are charged by
    consumption, being more than is granted.
    """

    feature: str
    allowed: bool
    reason: Reason | None = None
    message: str = ""
    remaining: Decimal | None = NOTHING
    billed: Decimal = NOTHING
    help: Help | None = None


def decide(standing: Standing, check: Check) -> Verdict:
    """Answer one check; amounts are above 0."""
    feature = feature_of(standing, check.feature)
    if feature is None:
        return _refused(check, "UNKNOWN_FEATURE", NOTHING)
    if check.member_id is not None and check.member_id not in standing.members:
        return _refused(check, "UNKNOWN_MEMBER", NOTHING)
    usable = usable_sources(standing, check)
    counted = standing.counted.get(check.feature, NOTHING)
    left = remaining(feature, usable, counted=counted)
    if not _fits(feature, usable, amount=check.amount, counted=counted):
        return _refused(check, _why_not(standing, check, feature), left)
    if feature.window and not check.is_open:
        return _refused(check, "WINDOW_CLOSED", left)
    beyond = NOTHING if left is None else max(check.amount - left, NOTHING)
    billed = beyond if feature.beyond == "bills" else NOTHING
    return Verdict(check.feature, allowed=True, remaining=left, billed=billed)


def usable_sources(standing: Standing, check: Check) -> list[Source]:
    """Return what grants the feature to who asks, at present."""
    found = standing.of(check.feature)
    return [each for each in found if hindrance(standing, each, check) is None]


def _why_not(standing: Standing, check: Check, feature: FeatureDefinition) -> Reason:
    """Return the first reason without which it would be allowed."""
    counted = standing.counted.get(check.feature, NOTHING)
    why = [(each, hindrance(standing, each, check)) for each in standing.of(check.feature)]
    present = [reason for reason in LIFTABLE if any(each == reason for _, each in why)]
    for reason in present:
        lifted = [source for source, each in why if each in {None, reason}]
        if _fits(feature, lifted, amount=check.amount, counted=counted):
            return reason
    if all(each is not None for _, each in why):
        return present[0] if present else "NO_GRANT"
    return "HELD" if feature.beyond == "holds" else "USED_UP"


def feature_of(standing: Standing, code: str) -> FeatureDefinition | None:
    """Return an active feature; tickets are one whether or not the catalogue says so."""
    found = standing.features.get(code)
    if found is None and code == TICKET:
        return FeatureDefinition(code=TICKET, name="Tickets")
    return found if found is not None and found.state == "active" else None


def hindrance(standing: Standing, source: Source, check: Check) -> Reason | None:
    """Return why a source grants nothing to who asks; None: it does."""
    if source.closed is not None:
        return source.closed
    if source.needs_seat and check.member_id not in source.holders:
        return "NO_LICENCE"
    if source.modules and check.member_id is not None:
        person = standing.members[check.member_id]
        if person.role not in HOLDERS and not source.modules & person.modules:
            return "NO_ACCESS"
    return None


def remaining(
    feature: FeatureDefinition, usable: Iterable[Source], *, counted: Decimal
) -> Decimal | None:
    """Return how much is left of what sources grant; None: any amount."""
    total = NOTHING
    for source in usable:
        amount = source.left if feature.counts == "consumption" else source.granted
        if amount is None:
            return None
        total += amount
    return total if feature.counts == "consumption" else max(total - counted, NOTHING)


def _fits(
    feature: FeatureDefinition, usable: Sequence[Source], *, amount: Decimal, counted: Decimal
) -> bool:
    if not usable:
        return False
    left = remaining(feature, usable, counted=counted)
    return left is None or left >= amount or feature.beyond == "bills"


def _refused(check: Check, reason: Reason, left: Decimal | None) -> Verdict:
    shown = "any amount" if left is None else f"{left.normalize():f}"
    message = MESSAGES[reason].format(
        feature=check.feature, left=shown, amount=f"{check.amount.normalize():f}"
    )
    return Verdict(
        check.feature,
        allowed=False,
        reason=reason,
        message=message,
        remaining=left,
        help=HELPS.get(reason),
    )
