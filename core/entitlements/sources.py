"""What the items of a subscription grant at an instant. Pure.

A source is one item's grant of one feature, with the time in which its amount may be used and,
where it grants nothing at present, the reason. During a trial the trial's grants stand in
place of the product's; a subscription that rests grants nothing. Every subscription grants
`support.ticket`, in a rest and after a trial too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.catalogue.features import Allowed
from core.catalogue.schema import GrantDefinition, TrialGrantDefinition
from core.entitlements.reasons import Reason
from core.entitlements.records import Held, Life, Source
from core.kernel.frequency import Frequency
from core.kernel.zones import local_day, start_of_day

TICKET: Final = "support.ticket"
"""What every subscription grants, whether or not the catalogue declares it."""


def sources_of(
    life: Life, items: Sequence[Held], *, allowed: Mapping[UUID, Allowed], at: datetime
) -> Iterator[Source]:
    """Return what a subscription grants at an instant of its account's time.

    One that has ended, or has not begun, grants nothing. A trial that is over grants what it
    did, closed, for it may still be ordered.
    """
    in_trial = life.state == "trial"
    is_past = life.ends_at is not None and life.ends_at <= at and not in_trial
    if life.state == "ended" or is_past or at < life.starts_at:
        return
    is_over = in_trial and life.trial_until is not None and life.trial_until <= at
    yield Source(TICKET, life.id, None, None, None, life.trial_from or life.starts_at, None)
    closed: Reason | None = "TRIAL_OVER" if is_over else None
    if life.is_resting:
        closed = "SUSPENDED"
    by_item: dict[UUID, list[Held]] = defaultdict(list)
    for held in items:
        by_item[held.item_id].append(held)
    # A trial that is over is asked what it granted in its last moment.
    asked = life.trial_until if is_over and life.trial_until is not None else at
    first = min(items, key=lambda each: (each.from_at, each.item_id), default=None)
    for item_id, revisions in by_item.items():
        yield from _of_item(
            life, sorted(revisions, key=lambda each: each.from_at), by_item=by_item,
            allowed=allowed, at=min(asked, at), closed=closed,
            is_first=first is not None and first.item_id == item_id,
        )  # fmt: skip


def _of_item(
    life: Life,
    revisions: Sequence[Held],
    *,
    by_item: Mapping[UUID, Sequence[Held]],
    allowed: Mapping[UUID, Allowed],
    at: datetime,
    closed: Reason | None,
    is_first: bool,
) -> Iterator[Source]:
    present = _present(revisions, at=at, closed=closed)
    if present is None:
        return
    module = None if present.module_item_id is None else by_item.get(present.module_item_id, ())
    if module is not None and _present(module, at=at, closed=closed) is None:
        return  # a pack ends with its module
    found = allowed.get(present.product_id, Allowed())
    if life.state == "trial" or present.is_trial:
        over = present.until_at is not None and present.until_at <= at and present.is_trial
        why: Reason | None = closed or ("TRIAL_OVER" if over else None)
        yield from _tried(life, present, found, closed=why, is_first=is_first)
        return
    own = [each for each in revisions if not each.is_trial]
    for grant in found.grants:
        yield from _granted(life, own, present, grant, at=at, closed=closed)


def _present(revisions: Sequence[Held], *, at: datetime, closed: Reason | None) -> Held | None:
    """Return the revision that holds; of a trial that has ended by itself, the last one."""
    for each in reversed(revisions):
        if each.holds(at):
            return each
    last = revisions[-1] if revisions else None
    if last is None or last.from_at > at:
        return None
    ended_with_trial = closed == "TRIAL_OVER" and last.until_at == at
    return last if last.is_trial or ended_with_trial else None


def _tried(
    life: Life, held: Held, found: Allowed, *, closed: Reason | None, is_first: bool
) -> Iterator[Source]:
    """Return what a trial grants: its own grants, in place of the product's."""
    is_whole = life.state == "trial"
    from_at = life.trial_from if is_whole and life.trial_from else held.from_at
    until_at = life.trial_until if is_whole else held.until_at
    given = life.trial_grants if is_whole else None
    for grant in trial_grants(found, given=given, is_first=is_first):
        yield Source(
            feature=grant.feature, subscription_id=life.id, item_id=held.item_id,
            product_id=held.product_id, granted=grant.amount, from_at=from_at,
            until_at=until_at, is_trial=True, closed=closed,
        )  # fmt: skip


def trial_grants(
    found: Allowed, *, given: Mapping[str, object] | None, is_first: bool
) -> Iterable[TrialGrantDefinition]:
    """Return what a trial of a product grants: what staff have given, or the product's.

    Staff give amounts by feature, null for any amount: `{"email.send": "500"}`. They are the
    subscription's, so that its first item has them and the others nothing.
    """
    if given is None:
        return found.trial.grants if found.trial is not None else ()
    if not is_first:
        return ()
    return [
        TrialGrantDefinition(feature=feature, unlimited=True)
        if amount is None
        else TrialGrantDefinition(feature=feature, amount=Decimal(str(amount)))
        for feature, amount in given.items()
    ]


def _granted(
    life: Life,
    revisions: Sequence[Held],
    present: Held,
    grant: GrantDefinition,
    *,
    at: datetime,
    closed: Reason | None,
) -> Iterator[Source]:
    """Return the sources of one grant: one for each time in which an amount may be used."""
    for from_at, until_at, units in _times(life, revisions, present, grant):
        if until_at is not None and until_at <= at:
            continue
        amount = grant.amount
        if amount is not None and grant.per == "unit":
            amount *= units
        is_licence = present.kind == "licence" and grant.per == "unit"
        yield Source(
            feature=grant.feature, subscription_id=life.id, item_id=present.item_id,
            product_id=present.product_id, granted=None if grant.unlimited else amount,
            from_at=from_at, until_at=until_at, renews=grant.renews == "period",
            needs_payment=grant.needs_payment, needs_seat=is_licence,
            seats=int(present.quantity) if is_licence else 0, closed=closed,
        )  # fmt: skip


def _times(
    life: Life, revisions: Sequence[Held], present: Held, grant: GrantDefinition
) -> Iterator[tuple[datetime, datetime | None, Decimal]]:
    """Return from when until when an amount may be used, and for how many units.

    `renews: period`: the fees period that holds. `valid_for`: what was bought at one time
    expires at one time, so two more packs have a time of their own. Otherwise the item's.
    """
    start = max(revisions[0].from_at, life.starts_at)
    if grant.renews == "period":
        if life.period_from is not None:
            yield max(life.period_from, start), life.period_until, present.quantity
        return
    if not grant.valid_for:
        yield start, None if present.is_sold_once else present.until_at, present.quantity
        return
    length = Frequency.parse_length(grant.valid_for)
    bought = Decimal(0)
    for each in revisions:
        more = each.quantity - bought if grant.per == "unit" else each.quantity
        if each.from_at > present.from_at or more <= 0 or (bought and grant.per != "unit"):
            continue
        begins = max(each.from_at, life.starts_at)
        day = length.after(local_day(begins, life.timezone), 1)
        yield begins, start_of_day(day, life.timezone), more
        bought = each.quantity
