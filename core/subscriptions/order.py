"""Order a subscription that is tried, or whose trial is over: it goes on as the same one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from core.accounts.open_account import open_account
from core.catalogue.compile import TermsVersion
from core.db import Tx
from core.kernel.ids import new_id
from core.kernel.periods import local_day
from core.periods.calendar import first_periods
from core.periods.repository import open_first_periods
from core.periods.schedule import Schedule, anchor_under
from core.subscriptions import repository
from core.subscriptions.basket import Chosen, NewItem, chosen_items, told_items
from core.subscriptions.binding import with_binding
from core.subscriptions.candidates import PresentSubscription
from core.subscriptions.choices import Named, chosen_terms, offer_of, products_of
from core.subscriptions.offers import Offer, check_currency, check_plan, held_until
from core.subscriptions.plan_choice import chosen_offer, require_selectable
from core.subscriptions.records import Item, Phase, Subscription
from core.subscriptions.standing import Standing, standing
from core.subscriptions.trace import leave_trace
from core.wallets.repository import open_wallets


@dataclass(frozen=True, slots=True)
class Order:
    """What is ordered; terms, plan and items are those that were tried, where left out.

    The terms in their present version, and the plan in the one that is sold now.
    """

    subscription_id: UUID
    billing_terms: Named | None = None
    price_plan: Named | None = None
    items: Sequence[NewItem] | None = None
    agreement_date: date | None = None


async def order(tx: Tx, command: Order, *, unit_id: UUID | None = None) -> Subscription:
    """Let a subscription that is or was on trial begin now, and return it.

    It stays the same subscription: members, usage and history are kept, and an item of a
    product that was tried goes on under its id. What was tried and is not ordered ends now.
    Its periods, its binding and the length of its terms are counted from now, and so is its
    agreement date, where none is given.

    Raises:
        SubscriptionNotFound, SubscriptionEnded, AccountClosed
        WrongState: it was never on trial, or is ordered already.
        CatalogueEntryUnknown, NoPlanVersionEffective, PlanNotAllowed, NoLongerOffered,
        OtherKindOfTerms, ConditionNotMet, ConditionFailed, ItemsRefused, InvalidQuantity,
        NotRated, ItemAlreadyThere, NeedsModule, PenaltyRefused
        CurrencyMismatch: the plan is in another currency than the one that was tried.
    """
    current = await standing(tx, command.subscription_id, verb="order")
    await open_account(tx, current.account.id)
    tried = await offer_of(tx, current.phase)
    terms = await chosen_terms(tx, command.billing_terms or current.terms.terms_id)
    offer = await _offer(tx, current, command, tried=tried, terms=terms, unit_id=unit_id)
    wanted, known = await _wanted(tx, current, command.items)
    chosen = await chosen_items(tx, wanted, offer=offer, terms=terms, known=known)
    begun = await _begun(tx, current, command, terms=terms, offer=offer)
    await repository.set_ordered(tx, begun)
    await _end_tried(tx, current)
    await _store_phase(tx, current, offer=offer, terms=terms)
    for one in chosen:
        await repository.add_item(tx, _item(current, one))
    await _open_periods(tx, current, begun, terms=terms)
    if terms.kind == "prepaid":
        await open_wallets(tx, [current.id])
    await leave_trace(
        tx,
        action="subscription.ordered",
        subscription_id=current.id,
        account_id=current.account.id,
        details={
            "pricePlan": offer.plan.code,
            "billingTerms": terms.code,
            "startsAt": begun.starts_at,
            "triedUntil": begun.trial_until,
            "items": told_items(chosen),
        },
    )
    return begun


async def _offer(
    tx: Tx,
    current: Standing,
    command: Order,
    *,
    tried: Offer,
    terms: TermsVersion,
    unit_id: UUID | None,
) -> Offer:
    """Return the plan that is named, or the tried one where the terms allow it."""
    name = command.price_plan
    if name is None and (tried.plan.base_plan_id or tried.plan.id) in terms.plans:
        name = tried.plan.id
    offer = await chosen_offer(tx, name, terms=terms, at=current.now, unit_id=unit_id)
    check_plan(offer, terms=terms)
    check_currency(offer, currency=current.subscription.currency)
    candidate = PresentSubscription(current.id, terms)
    await require_selectable(tx, offer, candidate=candidate)
    return offer


async def _wanted(
    tx: Tx, current: Standing, items: Sequence[NewItem] | None
) -> tuple[Sequence[NewItem], Mapping[UUID, UUID]]:
    """Return what is ordered, and the items that were tried, by product.

    Without a choice it is everything that was tried to the present, or to the trial's end.
    """
    tried = _tried(current)
    products = await products_of(tx, tried)
    known = {item.product_id: item.item_id for item in tried}
    if items is not None:
        return items, known
    codes = {item.item_id: products[item.product_id].code for item in tried}
    every = [
        NewItem(
            item.product_id,
            item.quantity,
            None if item.module_item_id is None else codes.get(item.module_item_id),
        )
        for item in tried
    ]
    return every, known


def _tried(current: Standing) -> list[Item]:
    """Return the items on trial that hold now, or held to the trial's end."""
    until = current.subscription.trial_until
    return [
        item
        for item in current.items
        if item.holds(current.now) or (item.until_at == until and item.from_at <= current.now)
    ]


async def _begun(
    tx: Tx, current: Standing, command: Order, *, terms: TermsVersion, offer: Offer
) -> Subscription:
    owner, now = current.subscription, current.now
    assert owner.trial_from is not None  # it is on trial
    assert owner.trial_until is not None
    is_cut = owner.trial_from < now < owner.trial_until
    begun = replace(
        owner,
        state=current.next_state,
        starts_at=now,
        ends_at=None,
        anchor=anchor_under(terms, starts_at=now, zone=owner.timezone),
        agreement_date=command.agreement_date or local_day(now, owner.timezone),
        trial_until=now if is_cut else owner.trial_until,
        term_from=None if terms.term is None else now,
    )
    return await with_binding(tx, begun, terms=terms, offer=offer)


async def _end_tried(tx: Tx, current: Standing) -> None:
    """Let the trial's items and its phase end now, where they are not over."""
    for item in current.lasting_items(current.now):
        if item.from_at < current.now:
            await repository.end_item(tx, item, until_at=current.now)
        else:
            await repository.remove_item(tx, item)
    for phase in current.phases:
        if phase.from_at >= current.now:
            await repository.remove_phases(tx, [phase])
        elif phase.until_at is None or phase.until_at > current.now:
            await repository.end_phase(tx, phase, until_at=current.now)


async def _store_phase(tx: Tx, current: Standing, *, offer: Offer, terms: TermsVersion) -> None:
    await repository.add_phase(
        tx,
        Phase(
            new_id(),
            current.id,
            offer.version.id,
            terms.id,
            current.now,
            until_at=None,
            base_plan_version_id=offer.base_id,
        ),
    )


def _item(current: Standing, one: Chosen) -> Item:
    """Return the revision that is ordered: the next one of an item that was tried."""
    before = [item.revision for item in current.items if item.item_id == one.item_id]
    return Item(
        item_id=one.item_id,
        revision=max(before, default=0) + 1,
        subscription_id=current.id,
        product_id=one.product.id,
        quantity=one.quantity,
        from_at=current.now,
        until_at=held_until(one.product, from_at=current.now, ends_at=None),
        module_item_id=one.module_item_id,
    )


async def _open_periods(
    tx: Tx, current: Standing, begun: Subscription, *, terms: TermsVersion
) -> None:
    schedule = Schedule.of(terms, anchor=begun.anchor, zone=begun.timezone)
    await open_first_periods(
        tx,
        first_periods(schedule, starts_at=begun.starts_at, now=current.now),
        account_id=begun.account_id,
        subscription_id=begun.id,
        is_test=current.account.test_clock is not None,
    )
