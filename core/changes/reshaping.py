"""What another plan does to phases, items and periods: later, by a reset, or prorated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from core.catalogue.compile import TermsVersion
from core.catalogue.records import Product
from core.changes.charging import BillingInProgress
from core.changes.worth import Side, amount_of, recurs
from core.credit_notes.unused import Unused
from core.db import Tx
from core.kernel.ids import new_id
from core.kernel.zones import local_day
from core.periods.calendar import RUNNING_STREAMS
from core.periods.cuts import StreamCut, cut_instant, cut_stream
from core.periods.cutting import is_settled_from, periods_beyond, store_cuts
from core.periods.repository import extend_periods
from core.periods.resetting import shorten_billed
from core.periods.schedule import anchor_under
from core.subscriptions import repository
from core.subscriptions.change_quantity import revise
from core.subscriptions.end_item import end_revisions
from core.subscriptions.offers import Offer
from core.subscriptions.records import Item, Phase
from core.subscriptions.standing import Standing

Reshaped = tuple[Phase, list[Unused]]


@dataclass(frozen=True, slots=True)
class Aim:
    """What held before, what is to hold, and the quantities that change, by item."""

    present: Offer
    offer: Offer
    terms: TermsVersion
    quantities: Mapping[UUID, Decimal]
    products: Mapping[UUID, Product]


async def acts_later(tx: Tx, current: Standing, aim: Aim, *, at: datetime) -> Phase:
    """Let it hold from the end of the present fees period on, or from a start ahead."""
    anchor = current.phase.anchor
    if aim.terms.id != current.terms.id:
        anchor = anchor_under(aim.terms, starts_at=at, zone=current.subscription.timezone)
    phase = await _replace_phases(tx, current, aim, at=at, anchor=anchor)
    for item_id, quantity in aim.quantities.items():
        await _revise_later(tx, current, item_id, quantity=quantity, at=at)
    await _cut(tx, current, aim, phase, at=at, is_reset=False)
    return phase


async def reset(tx: Tx, current: Standing, aim: Aim) -> Reshaped:
    """Begin new periods today; everything that is paid beyond now is unused.

    What was chosen for the next period acts with it.
    """
    at = current.now
    zone = current.subscription.timezone
    phase = await _replace_phases(tx, current, aim, at=at, anchor=local_day(at, zone))
    for item in current.present_items():
        later = current.later_revisions(item.item_id)
        wanted = aim.quantities.get(item.item_id, (later or [item])[-1].quantity)
        if item.until_at is not None and not later and recurs(item, aim.products):
            await end_revisions(tx, current, item.item_id, at=at)
        elif later or wanted != item.quantity:
            await revise(tx, current, item, quantity=wanted, fewer="at_once")
    await _cut(tx, current, aim, phase, at=at, is_reset=True)
    items = dict.fromkeys(item.item_id for item in current.items if recurs(item, aim.products))
    return phase, [Unused(item_id, at) for item_id in items]


async def prorated(
    tx: Tx, current: Standing, aim: Aim, *, sides: tuple[Side, Side]
) -> Reshaped:
    """Keep the periods; what is paid of items with another price is unused from today on."""
    at = current.now
    phase = await _replace_phases(tx, current, aim, at=at, anchor=current.phase.anchor)
    unused: list[Unused] = []
    for item in current.present_items():
        wanted = aim.quantities.get(item.item_id, item.quantity)
        if item.item_id in aim.quantities:
            await revise(tx, current, item, quantity=wanted, fewer="at_once")
        if not recurs(item, aim.products):
            continue
        if _has_other_price(item, wanted, sides=sides):
            unused.append(Unused(item.item_id, at))
        elif wanted < item.quantity:
            unused.append(Unused(item.item_id, at, item.quantity - wanted))
    await _cut(tx, current, aim, phase, at=at, is_reset=False)
    return phase, unused


def _has_other_price(item: Item, wanted: Decimal, *, sides: tuple[Side, Side]) -> bool:
    """Tell whether the plans price the item otherwise, at its old or its new quantity."""
    return any(
        amount_of(sides[0], item.product_id, quantity)
        != amount_of(sides[1], item.product_id, quantity)
        for quantity in (item.quantity, wanted)
    )


async def _replace_phases(
    tx: Tx, current: Standing, aim: Aim, *, at: datetime, anchor: date | None
) -> Phase:
    """Let what held before end at an instant, and one phase begin in place of all behind."""
    await repository.remove_phases(tx, [one for one in current.phases if one.from_at >= at])
    last = current.phase_before(at)
    if last is not None:
        await repository.end_phase(tx, last, until_at=at)
    phase = Phase(
        id=new_id(),
        subscription_id=current.id,
        price_plan_version_id=aim.offer.version.id,
        billing_terms_version_id=aim.terms.id,
        from_at=at,
        until_at=current.subscription.ends_at,
        base_plan_version_id=aim.offer.base_id,
        anchor=anchor,
    )
    await repository.add_phase(tx, phase)
    if aim.terms.id != current.terms.id:
        term_from = None if aim.terms.term is None else at
        await repository.set_term(tx, current.id, term_from=term_from)
    return phase


async def _revise_later(
    tx: Tx, current: Standing, item_id: UUID, *, quantity: Decimal, at: datetime
) -> None:
    """Write the revision that begins at a later instant, in place of any chosen before."""
    present = current.present_item(item_id)
    later = current.later_revisions(item_id)
    until_at = later[-1].until_at if later else present.until_at
    for revision in later:
        await repository.remove_item(tx, revision)
    if present.from_at >= at:
        await repository.set_item(tx, replace(present, quantity=quantity, until_at=until_at))
        return
    if quantity == present.quantity:
        await repository.end_item(tx, present, until_at=until_at)
        return
    await repository.end_item(tx, present, until_at=at)
    changed = replace(
        present, quantity=quantity, from_at=at, until_at=until_at,
        revision=present.revision + 1,
    )  # fmt: skip
    await repository.add_item(tx, changed)


async def _cut(
    tx: Tx, current: Standing, aim: Aim, phase: Phase, *, at: datetime, is_reset: bool
) -> None:
    """Cut the periods at the instant, and plan those behind it by what is to hold.

    Billed fees stay as they are, or end there with a reset. A trial has no periods.
    """
    if current.state == "trial":
        return
    before = current.schedule
    # Where the instant is ahead, or closings have fallen behind it.
    await extend_periods(tx, [current.id], schedules={current.id: before}, until=at)
    periods = await periods_beyond(tx, current.id, at=at)
    if await is_settled_from(tx, current.id, at=at):
        raise BillingInProgress("usage of this moment is billed already; try again in a moment")
    behind = current.schedule_under(phase, aim.terms)
    cuts: list[StreamCut] = []
    for stream in RUNNING_STREAMS:
        own = [one for one in periods if one.stream == stream]
        kept = [one for one in own if one.state == "open"] if is_reset else own
        cut = cut_stream(
            stream,
            kept,
            at=at if is_reset else cut_instant(own, at=at),
            before=before,
            behind=behind,
            now=current.now,
            ends_at=current.subscription.ends_at,
        )
        cuts.append(await shorten_billed(tx, own, cut, at=at) if is_reset else cut)
    await store_cuts(
        tx,
        cuts,
        account_id=current.account.id,
        subscription_id=current.id,
        is_test=current.account.test_clock is not None,
    )
    await extend_periods(tx, [current.id], schedules={current.id: behind})
