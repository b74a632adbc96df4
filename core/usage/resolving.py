"""Which subscription and product an event is metered by. Pure.

Exactly one item active at the event's time must meter its channel and unit; a subscription
that the sender names narrows the choice.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from core.accounts.naming import AccountTime
from core.usage.prerating import Priced
from core.usage.rating import PlanRates, ServiceRates
from core.usage.records import (
    Checked,
    Metering,
    Named,
    Verdict,
    rejected,
)
from core.usage_catalogues.offering import NoOffer, Offering


class DatedTable(NamedTuple):
    """An `on_event_date` table that prices a product of a subscription in a phase."""

    from_at: datetime
    until_at: datetime | None
    starts: Sequence[datetime]
    numbers: Sequence[int]

    def slot_at(self, instant: datetime) -> int:
        """Return the slot that holds at an instant; the first one also before its date."""
        return self.numbers[max(0, bisect_right(self.starts, instant) - 1)]


class Resolved(NamedTuple):
    """An event with its account, and what meters it; a free one needs no product.

    `priced` is its own price, where its channel is priced event by event.
    """

    checked: Checked
    account_id: UUID
    subscription_id: UUID | None
    product_id: UUID | None
    slot: int
    priced: Priced | None = None

    @property
    def named_subscription_id(self) -> UUID | None:
        """The subscription, where the sender named one: it is part of the content then."""
        return None if self.checked.report.subscription is None else self.subscription_id


class Resolver:
    """Resolves one batch by what was read for it."""

    def __init__(
        self,
        *,
        accounts: Mapping[Named, AccountTime],
        meterings: Iterable[Metering],
        tables: Mapping[tuple[UUID, UUID], Sequence[DatedTable]],
        now: datetime,
        future: timedelta,
        offering: Offering | None = None,
        plans: PlanRates | None = None,
    ) -> None:
        self._offering = offering
        self._plans = plans
        self._services = ServiceRates()
        self._accounts = accounts
        self._tables = tables
        self._now = now
        self._future = future
        self._by_meter: defaultdict[tuple[UUID, str, str], list[Metering]] = defaultdict(list)
        self._by_channel: defaultdict[tuple[UUID, str], list[Metering]] = defaultdict(list)
        for metering in meterings:
            account_id, channel = metering.account_id, metering.channel
            self._by_meter[account_id, channel, metering.unit].append(metering)
            self._by_channel[account_id, channel].append(metering)

    def resolve(self, checked: Checked) -> Resolved | Verdict:
        """Return what meters an event, or the verdict that rejects it.

        The order of the reasons is fixed: the account, the time, then the subscription.
        """
        account = self._accounts.get(checked.report.account)
        if account is None:
            message = f"there is no account {checked.report.account}; check its id or ref"
            return rejected("UNKNOWN_ACCOUNT", message, path=("account",))
        now = account.test_clock or self._now
        if checked.occurred_at > now + self._future:
            return _in_the_future(checked.occurred_at, now)
        if checked.measure is None:
            return self._free(checked, account.id)
        if checked.service is not None:
            return self._ordered(checked, account.id)
        return self._metered(checked, account.id, unit=checked.measure.unit)

    def _metered(self, checked: Checked, account_id: UUID, *, unit: str) -> Resolved | Verdict:
        """Return the item that meters an event."""
        candidates: Sequence[Metering] = self._by_meter.get(
            (account_id, checked.report.channel, unit), ()
        )
        named = checked.report.subscription
        if named is not None:
            candidates = _named(candidates, named)
        metering = chosen(candidates, at=checked.occurred_at, channel=checked.report.channel)
        if isinstance(metering, Verdict):
            return metering
        if metering.is_trial:
            return Resolved(checked, account_id, metering.subscription_id, None, 0)
        slot = self._slot(metering, checked.occurred_at)
        priced = None if checked.facts is None else self._by_plan(checked, metering, slot)
        if isinstance(priced, Verdict):
            return priced
        product_id = None if priced is not None and priced.is_free else metering.product_id
        return Resolved(checked, account_id, metering.subscription_id, product_id, slot, priced)

    def _ordered(self, checked: Checked, account_id: UUID) -> Resolved | Verdict:
        """Return the service that an order means, at the price that it has."""
        service, facts, report = checked.service, checked.facts, checked.report
        assert self._offering is not None
        assert service is not None
        assert facts is not None
        found = self._offering.find(
            account_id,
            service,
            facts=facts,
            at=checked.occurred_at,
            subscription=report.subscription,
            catalogue_id=report.catalogue_id,
        )
        if isinstance(found, NoOffer):
            return _not_offered(found, report.channel)
        priced = self._services.price(found, checked)
        if isinstance(priced, Verdict):
            return priced
        product_id = None if priced.is_free else found.product_id
        return Resolved(checked, account_id, found.holder.id, product_id, 0, priced)

    def _by_plan(self, checked: Checked, metering: Metering, slot: int) -> Priced | Verdict:
        assert self._plans is not None
        return self._plans.price(checked, metering, slot=slot)

    def account_id(self, checked: Checked) -> UUID | None:
        """Return the account that an event names, if there is one."""
        account = self._accounts.get(checked.report.account)
        return None if account is None else account.id

    def named_subscription(self, checked: Checked) -> UUID | None:
        """Return the subscription that an event names, if its account has it."""
        named, account_id = checked.report.subscription, self.account_id(checked)
        if named is None or account_id is None:
            return None
        if checked.service is not None and self._offering is not None:
            holders = self._offering.holders(account_id, named)
            return holders[0].id if holders else None
        of_channel = self._by_channel.get((account_id, checked.report.channel), ())
        found = _named(of_channel, named)
        return found[0].subscription_id if found else None

    def _free(self, checked: Checked, account_id: UUID) -> Resolved | Verdict:
        named = checked.report.subscription
        if named is None:
            return Resolved(checked, account_id, None, None, 0)
        found = _named(self._by_channel.get((account_id, checked.report.channel), ()), named)
        if not found:
            return _no_subscription(checked.report.channel)
        return Resolved(checked, account_id, found[0].subscription_id, None, 0)

    def _slot(self, metering: Metering, at: datetime) -> int:
        if not self._tables:
            return 0
        for table in self._tables.get((metering.subscription_id, metering.product_id), ()):
            if table.from_at <= at and (table.until_at is None or at < table.until_at):
                return table.slot_at(at)
        return 0


def chosen(candidates: Sequence[Metering], *, at: datetime, channel: str) -> Metering | Verdict:
    """Return the one metering that holds at an instant, or why there is not exactly one."""
    holding: Metering | None = None
    for one in candidates:
        if not _holds(one, at):
            continue
        if holding is None:
            holding = one
        elif one.subscription_id != holding.subscription_id or (
            one.product_id != holding.product_id
        ):
            return _ambiguous(holding, one)
    return holding if holding is not None else _none_holds(candidates, at=at, channel=channel)


def _holds(one: Metering, at: datetime) -> bool:
    return (
        one.from_at <= at
        and (one.until_at is None or at < one.until_at)
        and (one.ends_at is None or at < one.ends_at)
    )


def _none_holds(candidates: Sequence[Metering], *, at: datetime, channel: str) -> Verdict:
    ends = [one.ends_at for one in candidates if one.ends_at is not None and one.ends_at <= at]
    if ends:
        message = f"the subscription ended at {max(ends).isoformat()}; "
        message += "check occurredAt, or name a subscription that runs at that time"
        return rejected("SUBSCRIPTION_ENDED", message, path=("occurredAt",))
    if candidates and all(at < one.from_at for one in candidates):
        first = min(one.from_at for one in candidates)
        message = f"the subscription takes this usage from {first.isoformat()} on; "
        message += "check occurredAt"
        return rejected("TOO_OLD", message, path=("occurredAt",))
    return _no_subscription(channel)


def _named(candidates: Sequence[Metering], named: Named) -> list[Metering]:
    if isinstance(named, UUID):
        return [one for one in candidates if one.subscription_id == named]
    return [one for one in candidates if one.subscription_ref == named]


def _not_offered(found: NoOffer, channel: str) -> Verdict:
    around = found.field in {"subscription", "occurredAt"}
    path = (found.field,) if around else ("event", channel, found.field)
    return rejected(found.reason, found.message, path=path)


def _no_subscription(channel: str) -> Verdict:
    return rejected(
        "NO_SUBSCRIPTION",
        f"no subscription of the account has an item that meters {channel} at that time; "
        "add one, or name another subscription",
        path=("subscription",),
    )


def _ambiguous(one: Metering, other: Metering) -> Verdict:
    if one.subscription_id != other.subscription_id:
        message = "more than one subscription of the account meters it; name one"
    else:
        message = "two items of the subscription meter it; end one of them"
    return rejected("AMBIGUOUS_SUBSCRIPTION", message, path=("subscription",))


def _in_the_future(occurred_at: datetime, now: datetime) -> Verdict:
    return rejected(
        "IN_THE_FUTURE",
        f"{occurred_at.isoformat()} is more than 5 minutes ahead of {now.isoformat()}; "
        "check the sender's clock, or send it again then",
        path=("occurredAt",),
    )
