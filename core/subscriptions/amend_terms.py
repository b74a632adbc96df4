"""Amend the billing terms or the price plan of a subscription, from a date on.

Any plan that the terms allow may be chosen, not only one of the family. Where the date lies
inside a period, the period is cut there: usage before it belongs to the old side, and fees
count whole local days, the day of the change on the new side. Tiers, batches and free units
start again behind a cut. Fees that were billed in advance stay as billed until their end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from core.catalogue.compile import TermsVersion
from core.database_errors import Unavailable
from core.db import Tx
from core.freeze_lock import try_freeze
from core.kernel.clock import in_utc
from core.kernel.ids import new_id
from core.periods.cuts import StreamCut, cut_instant, cut_stream
from core.periods.cutting import is_settled_from, periods_beyond, store_cuts
from core.periods.repository import extend_periods
from core.periods.rows import StoredPeriod
from core.periods.schedule import Schedule, anchor_under
from core.subscriptions import repository
from core.subscriptions.candidates import PresentSubscription
from core.subscriptions.choices import Named, chosen_terms, offer_of, products_of
from core.subscriptions.offers import Offer, check_currency, check_plan, check_rated
from core.subscriptions.plan_choice import chosen_offer, require_selectable
from core.subscriptions.records import Phase
from core.subscriptions.refusals import (
    AmendmentDateRefused,
    NothingToChange,
    OtherKindOfTerms,
)
from core.subscriptions.standing import Standing, standing, terms_of
from core.subscriptions.trace import leave_trace

FURTHEST_AHEAD: Final = timedelta(days=366)
"""How far ahead an amendment may be dated: the periods until then are made at once."""

FREEZE_TRIES: Final = 5

_DATE: Final = ("from",)


@dataclass(frozen=True, slots=True)
class _Amendment:
    """What is to hold from when on, and what held before."""

    at: datetime
    before: Phase
    terms_before: TermsVersion
    terms: TermsVersion
    offer: Offer


async def amend_terms(
    tx: Tx,
    *,
    subscription_id: UUID,
    price_plan: Named | None = None,
    billing_terms: Named | None = None,
    from_at: datetime | None = None,
    unit_id: UUID | None = None,
) -> Phase:
    """Let other terms, another plan, or newer versions of them hold from a date on.

    Named terms act in their current version, so that naming the present ones moves to the
    newer version; without a plan the present version of the plan stays where the terms
    allow it, and else it is their default one. Without terms the present version of them
    stays. Without a date it is now, or the start where that is ahead. Amendments from that
    date on that were chosen before are replaced. Returns the phase.

    Usage is kept out while the periods are cut: every event is in one of them.

    Raises:
        SubscriptionNotFound, SubscriptionEnded, WrongState
        CatalogueEntryUnknown: also what `unit_id` may not choose.
        NothingToChange, NoLongerOffered, OtherKindOfTerms, PlanNotAllowed,
        ConditionNotMet, ConditionFailed, CurrencyMismatch, NoPlanVersionEffective, NotRated
        AmendmentDateRefused: time behind it is billed, or it is not within the
            subscription's time or a year ahead.
        Unavailable: usage is being stored at this moment; try again.
    """
    await keep_usage_out(tx)
    current = await standing(tx, subscription_id, verb="amend_terms")
    at = _acts_at(current, from_at)
    asked = await _amendment(
        tx, current, at=at, price_plan=price_plan, billing_terms=billing_terms, unit_id=unit_id
    )
    await _check(tx, current, asked)
    phase = await _replace_phases(tx, current, asked)
    if asked.terms.term != asked.terms_before.term:
        # A length that is newly agreed is counted from the amendment.
        term_from = None if asked.terms.term is None else asked.at
        await repository.set_term(tx, current.id, term_from=term_from)
    await _cut_periods(tx, current, asked, phase)
    await leave_trace(
        tx,
        action="subscription.terms_amended",
        subscription_id=current.id,
        account_id=current.account.id,
        details={
            "before": (await offer_of(tx, asked.before)).plan.code,
            "pricePlan": asked.offer.plan.code,
            "billingTermsBefore": asked.terms_before.code,
            "billingTerms": asked.terms.code,
            "from": at,
        },
    )
    return phase


async def keep_usage_out(tx: Tx) -> None:
    """Take the tenant's freeze lock alone, before anything else is locked.

    Raises:
        Unavailable: usage is being stored at this moment; try again.
    """
    for _attempt in range(FREEZE_TRIES):
        if await try_freeze(tx):
            return
    raise Unavailable("usage is being stored at this moment; try again")


def _acts_at(current: Standing, from_at: datetime | None) -> datetime:
    subscription = current.subscription
    at = current.at_once if from_at is None else in_utc(from_at)
    if from_at is not None and not current.is_begun:
        at = max(at, subscription.starts_at)
    if at < subscription.starts_at:
        told = f"the subscription starts at {subscription.starts_at.isoformat()}"
        raise AmendmentDateRefused(f"{told}; give a date from then on", path=_DATE)
    if subscription.ends_at is not None and at >= subscription.ends_at:
        told = f"the subscription ends at {subscription.ends_at.isoformat()}"
        raise AmendmentDateRefused(f"{told}; give an earlier date", path=_DATE)
    if at > current.now + FURTHEST_AHEAD:
        raise AmendmentDateRefused(
            f"give a date at most {FURTHEST_AHEAD.days} days ahead", path=_DATE
        )
    return at


async def _amendment(
    tx: Tx,
    current: Standing,
    *,
    at: datetime,
    price_plan: Named | None,
    billing_terms: Named | None,
    unit_id: UUID | None,
) -> _Amendment:
    held = next(phase for phase in current.phases if phase.holds(at))
    terms_before = await terms_of(tx, held)
    terms = terms_before if billing_terms is None else await chosen_terms(tx, billing_terms)
    if terms.kind != terms_before.kind:
        raise OtherKindOfTerms(
            f"billing terms {terms.code} are {terms.kind} and those held are"
            f" {terms_before.kind}; make a new subscription",
            path=("billingTerms",),
        )
    present = await offer_of(tx, held)
    is_kept = price_plan is None and _is_allowed(present, terms)
    offer = (
        present
        if is_kept
        else await chosen_offer(tx, price_plan, terms=terms, at=at, unit_id=unit_id)
    )
    is_same = offer.version.id == present.version.id and offer.base_id == present.base_id
    is_last = current.phases[-1].id == held.id
    if is_same and terms.id == terms_before.id and is_last:
        raise NothingToChange("the subscription has these terms and this plan already")
    return _Amendment(at, held, terms_before, terms, offer)


def _is_allowed(offer: Offer, terms: TermsVersion) -> bool:
    return (offer.plan.base_plan_id or offer.plan.id) in terms.plans


async def _check(tx: Tx, current: Standing, asked: _Amendment) -> None:
    check_plan(asked.offer, terms=asked.terms)
    check_currency(asked.offer, currency=current.subscription.currency)
    items = current.lasting_items(asked.at)
    for product in (await products_of(tx, items)).values():
        check_rated(product, asked.offer, terms=asked.terms, path=("pricePlan",))
    candidate = PresentSubscription(current.id, asked.terms)
    if asked.offer.version.id != asked.before.price_plan_version_id:
        await require_selectable(tx, asked.offer, candidate=candidate)


async def _replace_phases(tx: Tx, current: Standing, asked: _Amendment) -> Phase:
    """Let the phase before end at the date, and one begin in place of all behind it."""
    await repository.remove_phases(
        tx, [phase for phase in current.phases if phase.from_at >= asked.at]
    )
    last = current.phase_before(asked.at)
    if last is not None:
        await repository.end_phase(tx, last, until_at=asked.at)
    phase = Phase(
        id=new_id(),
        subscription_id=current.id,
        price_plan_version_id=asked.offer.version.id,
        billing_terms_version_id=asked.terms.id,
        from_at=asked.at,
        until_at=current.subscription.ends_at,
        base_plan_version_id=asked.offer.base_id,
        anchor=anchor_under(
            asked.terms,
            starts_at=current.subscription.starts_at,
            zone=current.subscription.timezone,
        ),
    )
    await repository.add_phase(tx, phase)
    return phase


async def _cut_periods(tx: Tx, current: Standing, asked: _Amendment, phase: Phase) -> None:
    """Cut the open periods at the date and plan those behind it by the new terms."""
    before = current.schedule_under(asked.before, asked.terms_before)
    behind = current.schedule_under(phase, asked.terms)
    # Where the date is ahead, the periods until then are the old terms'.
    await extend_periods(tx, [current.id], schedules={current.id: before}, until=asked.at)
    periods = await periods_beyond(tx, current.id, at=asked.at)
    await _refuse_settled(tx, current, periods, at=asked.at)
    cuts = [
        _cut(
            current, [one for one in periods if one.stream == stream], asked.at, before, behind
        )
        for stream in ("fees", "usage")
    ]
    await store_cuts(
        tx,
        cuts,
        account_id=current.account.id,
        subscription_id=current.id,
        is_test=current.account.test_clock is not None,
    )
    # Usage that a long closing delay lets in finds its periods planned by these terms.
    await extend_periods(tx, [current.id], schedules={current.id: behind})


def _cut(
    current: Standing,
    periods: list[StoredPeriod],
    at: datetime,
    before: Schedule,
    behind: Schedule,
) -> StreamCut:
    return cut_stream(
        periods[0].stream,
        periods,
        at=cut_instant(periods, at=at),
        before=before,
        behind=behind,
        now=current.now,
        ends_at=current.subscription.ends_at,
    )


async def _refuse_settled(
    tx: Tx, current: Standing, periods: list[StoredPeriod], *, at: datetime
) -> None:
    """Refuse a date behind which something is billed, but for fees billed in advance."""
    taken = [
        one
        for one in periods
        if one.state != "open" and one.due_at > one.starts_at and not one.is_advance
    ]
    if taken:
        until = max(one.ends_at for one in taken)
        raise AmendmentDateRefused(
            f"the time until {until.isoformat()} is billed or being billed; give a later date",
            path=_DATE,
        )
    if await is_settled_from(tx, current.id, at=at):
        raise AmendmentDateRefused(
            f"usage after {at.isoformat()} is billed or paid already; give a later date",
            path=_DATE,
        )
