"""What is agreed for a length of time: when it ends, and by when notice has to be given. Pure.

Terms with a `term` are agreed for it again and again, counted from the order by the calendar;
without one, for one fees period at a time. A term ends with the fees period that holds its
last instant, so that no period is divided. Notice is counted back from that end by the
calendar: with 30 days before 1 May, 1 April is the last day. Later, renewal goes on for one
more term.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from core.catalogue.compile import TermsVersion
from core.catalogue.records import Product
from core.kernel.frequency import Frequency
from core.kernel.periods import Period
from core.kernel.zones import local_day, start_of_day
from core.periods.schedule import Schedule, fees_period_at
from core.subscriptions.records import Item
from core.subscriptions.standing import Standing

MOST_TERMS: Final = 40_000
"""Terms of a day each make a hundred years."""
DAY: Final = timedelta(days=1)
NONE: Final = Decimal(0)


class Agreed(NamedTuple):
    """The time that is agreed for, and the first instant at which notice comes too late.

    That is its end where the terms ask for no notice.
    """

    period: Period
    notice_until: datetime


def agreed_at(
    instant: datetime, terms: TermsVersion, *, schedule: Schedule, term_from: datetime
) -> Agreed:
    """Return what is agreed for at an instant that is not before `term_from`."""
    period = _period(instant, terms.term, schedule=schedule, term_from=term_from)
    if terms.notice is None:
        return Agreed(period, period.end)
    zone = schedule.zone
    last_day = terms.notice.after(local_day(period.end, zone), -1)
    return Agreed(period, start_of_day(last_day + DAY, zone))


def _period(
    instant: datetime, term: Frequency | None, *, schedule: Schedule, term_from: datetime
) -> Period:
    if term is None:
        return fees_period_at(instant, schedule)
    start, first_day = term_from, local_day(term_from, schedule.zone)
    for number in range(1, MOST_TERMS):
        end = _with_period(start_of_day(term.after(first_day, number), schedule.zone), schedule)
        if instant < end:
            return Period(start, end)
        start = end
    raise ValueError(f"{instant} lies more than {MOST_TERMS} terms after {term_from}")


def _with_period(instant: datetime, schedule: Schedule) -> datetime:
    """Return an instant, or the end of the fees period that it lies within."""
    whole = fees_period_at(instant, schedule)
    return instant if whole.start == instant else whole.end


class Notice(NamedTuple):
    """When renewal ends that is turned off now, and whether that is a term later.

    `until` is by when it had to be turned off for the present term.
    """

    ends_at: datetime
    is_late: bool
    until: datetime


def notice_now(current: Standing, products: Iterable[tuple[Item, Product]]) -> Notice:
    """Return when a subscription ends whose renewal is turned off now.

    `products` are what it has now: up to so many licences, the terms may ask for no notice.
    """
    agreed = agreed_for(current, current.now)
    limit = current.terms.no_notice_up_to
    is_excused = limit is not None and licences(products) <= limit
    if is_excused or current.now < agreed.notice_until:
        return Notice(agreed.period.end, is_late=False, until=agreed.notice_until)
    following = agreed_for(current, agreed.period.end)
    return Notice(following.period.end, is_late=True, until=agreed.notice_until)


def licences(products: Iterable[tuple[Item, Product]]) -> Decimal:
    """Count the units of licences."""
    return sum((item.quantity for item, product in products if product.kind == "licence"), NONE)


def agreed_for(current: Standing, instant: datetime) -> Agreed:
    """Return what a subscription is agreed for at an instant under its present terms."""
    return agreed_at(
        instant, current.terms, schedule=current.schedule, term_from=term_start(current)
    )


def term_start(current: Standing) -> datetime:
    """Return from when the terms' length is counted: the order, or since they are amended."""
    known = current.subscription.term_from
    if known is not None and known <= current.at_once:
        return known
    return current.phase.from_at


class Commitment(NamedTuple):
    """Units that are charged at least, until an instant."""

    units: Decimal
    until: datetime


def commitment_now(
    current: Standing, item: Item, *, products: Iterable[tuple[Item, Product]]
) -> Commitment | None:
    """Return what the term commits to of an item that is made fewer now.

    The units that it had when the term began, to the term's end: to that of the next one,
    where notice comes too late. None where the terms commit to none, or the item came later.
    """
    terms = current.terms
    if not terms.minimum_quantity or terms.term is None or not current.is_begun:
        return None
    start = agreed_for(current, current.now).period.start
    held = [
        one
        for one in current.items
        if one.item_id == item.item_id and one.holds(start) and not one.is_trial
    ]
    if not held:
        return None
    return Commitment(held[0].quantity, notice_now(current, products).ends_at)
