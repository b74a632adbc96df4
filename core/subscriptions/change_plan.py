"""Change the price plan within its family, from the first of the next period.

A commitment level is such a plan. The last choice before the change wins.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from core.db import Tx
from core.kernel.ids import new_id
from core.periods.schedule import next_common_start
from core.subscriptions import repository
from core.subscriptions.candidates import PresentSubscription
from core.subscriptions.choices import Named, offer_of, products_of
from core.subscriptions.offers import Offer, check_currency, check_plan, check_rated
from core.subscriptions.plan_choice import chosen_offer, require_selectable
from core.subscriptions.records import Phase
from core.subscriptions.refusals import (
    AmendmentAhead,
    NothingToChange,
    OtherFamily,
    PlanNotAllowed,
)
from core.subscriptions.standing import Standing, standing
from core.subscriptions.trace import leave_trace

_PATH = ("pricePlan",)


async def change_plan(
    tx: Tx, *, subscription_id: UUID, price_plan: Named, unit_id: UUID | None = None
) -> Phase:
    """Choose a price plan for the time from the next period on, and return its phase.

    It takes the version sold then. A choice made before replaces nothing that has begun;
    choosing the present plan withdraws a change that has not, and returns its phase.
    With none to withdraw, choosing the present plan moves to a newer version of it.
    Where the start is still ahead, the subscription begins with the chosen plan. Plans that
    `unit_id` may not choose are unknown to it.

    Raises:
        SubscriptionNotFound, SubscriptionEnded, WrongState, CatalogueEntryUnknown,
        NothingToChange, NoLongerOffered, PlanNotAllowed, CurrencyMismatch, OtherFamily,
        NoPlanVersionEffective, NotRated, ConditionNotMet, ConditionFailed
        AmendmentAhead: amended terms or an amended plan act before or after it.
    """
    current = await standing(tx, subscription_id, verb="change_plan")
    present = await offer_of(tx, current.phase)
    chosen = [phase for phase in current.phases if phase.from_at > current.at_once]
    at = _acts_at(current)
    offer = await chosen_offer(tx, price_plan, terms=current.terms, at=at, unit_id=unit_id)
    plan = offer.plan
    _refuse_amended(current, chosen, at=at)
    is_moved = any(phase.price_plan_version_id == offer.version.id for phase in chosen)
    if plan.id == present.plan.id and chosen and not is_moved:
        phase = await _withdraw(tx, current, chosen)
    elif plan.id == present.plan.id and (is_moved or offer.version.id == present.version.id):
        raise NothingToChange(
            "the subscription has this version of the price plan already", path=_PATH
        )
    else:
        await _check(tx, current, present=present, offer=offer, at=at)
        phase = await _replace_from(tx, current, offer=offer, at=at)
    await leave_trace(
        tx,
        action="subscription.plan_changed",
        subscription_id=current.id,
        account_id=current.account.id,
        details={
            "before": present.plan.code,
            "pricePlan": plan.code,
            "from": phase.from_at,
        },
    )
    return phase


def _acts_at(current: Standing) -> datetime:
    """Return when the next periods of fees and of usage start together."""
    if not current.is_begun:
        return current.subscription.starts_at
    at = next_common_start(current.now, current.schedule)
    if at is None:
        raise PlanNotAllowed(
            "no period of fees starts together with one of usage; make a new subscription",
            path=_PATH,
        )
    return at


async def _check(
    tx: Tx, current: Standing, *, present: Offer, offer: Offer, at: datetime
) -> None:
    check_plan(offer, terms=current.terms)
    check_currency(offer, currency=current.subscription.currency)
    check_family(offer, present=present)
    for product in (await products_of(tx, current.lasting_items(at))).values():
        check_rated(product, offer, terms=current.terms, path=_PATH)
    candidate = PresentSubscription(current.id, current.terms)
    await require_selectable(tx, offer, candidate=candidate)


def check_family(offer: Offer, *, present: Offer) -> None:
    """Refuse a plan of another family than the present one's.

    Raises:
        OtherFamily
    """
    is_other = offer.plan.id != present.plan.id
    if is_other and (offer.plan.family is None or offer.plan.family != present.plan.family):
        family = present.plan.family
        told = (
            f"price plan {present.plan.code} has no family, so no plan may take its place; give"
            f" it and {offer.plan.code} the same `family` in the catalogue"
            if family is None
            else f"price plan {offer.plan.code} is not of the family {family};"
            " choose one that is"
        )
        raise OtherFamily(told, path=_PATH)


def _refuse_amended(current: Standing, chosen: list[Phase], *, at: datetime) -> None:
    """Refuse while amended terms, or a plan that acts within a period, lie ahead.

    Their periods are cut already; amending again replaces them as a whole.
    """
    for phase in chosen:
        is_amended = phase.billing_terms_version_id != current.phase.billing_terms_version_id
        if is_amended or phase.from_at < at:
            raise AmendmentAhead(
                f"an amendment acts from {phase.from_at.isoformat()}; amend the terms from that"
                " date instead",
                path=_PATH,
            )


async def _withdraw(tx: Tx, current: Standing, chosen: list[Phase]) -> Phase:
    await repository.remove_phases(tx, chosen)
    await repository.end_phase(tx, current.phase, until_at=None)
    return current.phase


async def _replace_from(tx: Tx, current: Standing, *, offer: Offer, at: datetime) -> Phase:
    """Let the present phase end and the chosen one begin, in place of one chosen before."""
    await repository.remove_phases(
        tx, [phase for phase in current.phases if phase.from_at >= at]
    )
    if current.phase.from_at < at:
        await repository.end_phase(tx, current.phase, until_at=at)
    phase = Phase(
        id=new_id(),
        subscription_id=current.id,
        price_plan_version_id=offer.version.id,
        billing_terms_version_id=current.phase.billing_terms_version_id,
        from_at=at,
        until_at=None,
        base_plan_version_id=offer.base_id,
        anchor=current.phase.anchor,
    )
    await repository.add_phase(tx, phase)
    return phase
