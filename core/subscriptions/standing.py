"""A locked subscription with everything that a change of it is decided by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.accounts import repository as accounts
from core.accounts.clock import account_now
from core.accounts.records import Account
from core.catalogue.compile import TermsVersion
from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx
from core.freeze_lock import share_freeze
from core.periods.repository import paid_ahead_until
from core.periods.schedule import Schedule, fees_period_at
from core.subscriptions import repository
from core.subscriptions.lifecycle import Shown, State, Verb, after, state_at
from core.subscriptions.records import Item, Phase, Subscription
from core.subscriptions.refusals import ItemNotFound, SubscriptionNotFound
from core.subscriptions.rests import Rest, rests_of


@dataclass(frozen=True, slots=True)
class Standing:
    """The subscription, its account, and its phases and items over all time.

    `state` is the present one, and `next_state` where the verb leads; `now` is the
    account's time. `rests` are all of them. `paid_ahead_until` is the end of the period
    that was bought in advance, where that is still ahead.
    """

    subscription: Subscription
    account: Account
    state: State
    next_state: Shown
    now: datetime
    phases: tuple[Phase, ...]
    items: tuple[Item, ...]
    terms: TermsVersion
    rests: tuple[Rest, ...] = ()
    paid_ahead_until: datetime | None = None

    @property
    def id(self) -> UUID:
        """The subscription's id."""
        return self.subscription.id

    @property
    def is_begun(self) -> bool:
        """Tell whether the subscription's time has come."""
        return self.subscription.starts_at <= self.now

    @property
    def schedule(self) -> Schedule:
        """The schedule under the present terms."""
        return self.schedule_under(self.phase, self.terms)

    def schedule_under(self, phase: Phase, terms: TermsVersion) -> Schedule:
        """Return the schedule that a phase sets."""
        anchor = phase.anchor or self.subscription.anchor
        return Schedule.of(terms, anchor=anchor, zone=self.subscription.timezone)

    def phase_before(self, instant: datetime) -> Phase | None:
        """Return the last phase that begins before an instant."""
        begun = [phase for phase in self.phases if phase.from_at < instant]
        return begun[-1] if begun else None

    @property
    def at_once(self) -> datetime:
        """When a change acts at the earliest: now, or at the start where that is ahead."""
        return max(self.now, self.subscription.starts_at)

    @property
    def next_period(self) -> datetime:
        """When the next fees period starts: the first one, where that is ahead.

        What was bought in advance is paid: nothing ends or shrinks before it is over. A trial
        has no periods: what ends or shrinks does so at once.
        """
        if self.state == "trial":
            return self.at_once
        if self.paid_ahead_until is not None:
            return self.paid_ahead_until
        if not self.is_begun:
            return self.subscription.starts_at
        return fees_period_at(self.now, self.schedule).end

    @property
    def phase(self) -> Phase:
        """The phase that holds now, or the first one where the start is ahead.

        Of a trial that is over, the last one.
        """
        return _phase_at(self.phases, self.at_once)

    def present_items(self) -> list[Item]:
        """Return the item revisions that hold now, or will from a start that is ahead on."""
        return [item for item in self.items if item.holds(self.at_once)]

    def lasting_items(self, instant: datetime) -> list[Item]:
        """Return the item revisions that hold at an instant or begin later."""
        return [item for item in self.items if item.until_at is None or item.until_at > instant]

    def present_item(self, item_id: UUID) -> Item:
        """Return an item's revision that holds now, or refuse."""
        for item in self.present_items():
            if item.item_id == item_id:
                return item
        raise ItemNotFound("the item is not active; name one that is", path=("item",))

    def later_revisions(self, item_id: UUID) -> list[Item]:
        """Return the revisions of an item that are chosen but have not begun."""
        return [
            item
            for item in self.items
            if item.item_id == item_id and item.from_at > self.at_once
        ]


async def require_subscription_of_item(tx: Tx, item_id: UUID) -> UUID:
    """Return the subscription that an item belongs to, or refuse.

    Raises:
        ItemNotFound: there is no such item.
    """
    found = await repository.subscription_of_item(tx, item_id)
    if found is None:
        raise ItemNotFound("there is no such item; check its id", path=("item",))
    return found


async def standing(tx: Tx, subscription_id: UUID, *, verb: Verb) -> Standing:
    """Lock a subscription, read it, and decide whether its state allows the verb.

    The tenant's freeze lock is taken first, shared and in a statement of its own, so that
    what is read next is not frozen before this transaction ends.

    Raises:
        SubscriptionNotFound, SubscriptionEnded, WrongState
    """
    await share_freeze(tx)
    locked = await repository.lock_subscription(tx, subscription_id)
    if locked is None:
        raise SubscriptionNotFound(
            "there is no such subscription; check its id", path=("subscription",)
        )
    account = await accounts.account(tx, locked.account_id)
    assert account is not None  # a foreign key
    now = account_now(tx, account)
    rests = (await rests_of(tx, [locked.id])).get(locked.id, [])
    is_resting = any(rest.holds(now) for rest in rests)
    state = state_at(locked.state, ends_at=locked.ends_at, now=now, is_resting=is_resting)
    next_state = after(state, verb)
    phases = (await repository.phases_of(tx, [locked.id]))[locked.id]
    begun = max(now, locked.starts_at)
    terms_id = _phase_at(phases, begun).billing_terms_version_id
    return Standing(
        subscription=locked,
        account=account,
        state=state,
        next_state=next_state,
        now=now,
        phases=tuple(phases),
        items=tuple((await repository.items_of(tx, [locked.id]))[locked.id]),
        terms=(await load_terms_versions(tx, [terms_id]))[terms_id],
        rests=tuple(rests),
        paid_ahead_until=await paid_ahead_until(tx, locked.id, at=begun),
    )


def _phase_at(phases: Sequence[Phase], instant: datetime) -> Phase:
    return next((phase for phase in phases if phase.holds(instant)), phases[-1])


async def terms_of(tx: Tx, phase: Phase) -> TermsVersion:
    """Return the version of the terms that a phase holds."""
    terms_id = phase.billing_terms_version_id
    return (await load_terms_versions(tx, [terms_id]))[terms_id]
