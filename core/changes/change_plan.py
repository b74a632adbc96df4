"""Change the plan, the terms and quantities of a subscription in one change.

Where it acts with the next period, nothing is charged today. `reset` gives back all that is
unused and begins a new period that day; `prorate` keeps the periods, gives back what is
unused of the items whose price changes and charges the new price for the days that are left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Final, NamedTuple
from uuid import UUID

from core.billing_cycles.pricing import Pricing
from core.catalogue.compile import TermsVersion
from core.catalogue.records import Product
from core.catalogue.schema.terms import ChangeActs
from core.changes.charging import (
    CannotBeBilled,
    Outcome,
    charge_now,
    refuse_while_billed,
    settle,
)
from core.changes.reshaping import Aim, acts_later, prorated, reset
from core.changes.worth import Side, recurs, total_of
from core.credit_notes.unused import give_back
from core.db import Tx
from core.kernel.errors import Refusal
from core.licences.seats import require_free, set_seats
from core.subscriptions.amend_terms import keep_usage_out
from core.subscriptions.candidates import PresentSubscription
from core.subscriptions.change_plan import change_plan, check_family
from core.subscriptions.choices import Named, chosen_terms, offer_of, products_of
from core.subscriptions.offers import (
    Offer,
    check_currency,
    check_plan,
    check_quantity,
    check_rated,
)
from core.subscriptions.plan_choice import chosen_offer, require_selectable
from core.subscriptions.records import Phase
from core.subscriptions.refusals import NothingToChange, OtherKindOfTerms
from core.subscriptions.standing import Standing, standing
from core.subscriptions.trace import leave_trace

REASON: Final = "Another plan"
_PATH: Final = ("pricePlan",)

_PRESENT: Final = """
SELECT v.body ->> 'upgrade' AS upgrade, v.body ->> 'downgrade' AS downgrade, s.state
FROM subscription s
JOIN subscription_phase p ON p.tenant_id = $1 AND p.subscription_id = s.id
JOIN billing_terms_version v ON v.tenant_id = $1 AND v.id = p.billing_terms_version_id
WHERE s.tenant_id = $1 AND s.id = $2 AND p.until_at IS NULL
"""
_PARKED: Final = """
SELECT EXISTS (SELECT FROM billing_period
    WHERE tenant_id = $1 AND subscription_id = $2 AND state = 'parked')
"""


class CannotActNow(Refusal):
    """A change of this kind cannot act at once; choose another `when`."""

    code: ClassVar[str] = "CANNOT_ACT_NOW"


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """What is to hold: what is left out stays. `quantities` are by item.

    `when` is when it acts; without it the terms say so, for an upgrade and a downgrade each.
    """

    subscription_id: UUID
    price_plan: Named | None = None
    billing_terms: Named | None = None
    quantities: Mapping[UUID, Decimal] = field(default_factory=dict)
    when: ChangeActs | None = None


class PlanChanged(NamedTuple):
    """The phase that holds the choice, how it acts, and what was charged or given back."""

    phase: Phase
    when: ChangeActs
    outcome: Outcome


async def change_plan_now(
    tx: Tx, asked: ChangePlan, *, unit_id: UUID | None = None, pricing: Pricing
) -> PlanChanged:
    """Change the plan, the terms and quantities; commit right afterwards.

    A plan of the same family only. It is an upgrade where the items cost more for a whole
    period than now (`core.changes.worth`). Plans that `unit_id` may not choose are unknown.

    Raises:
        Everything that `change_plan` is refused for, and OtherKindOfTerms, InvalidQuantity,
        ItemNotFound, SeatsInUse
        CannotActNow: prices by other frequencies, or terms that do not prorate.
        BillingInProgress, CannotBeBilled
        Unavailable: usage is being stored at this moment; try again.
    """
    if await _is_plain(tx, asked):
        assert asked.price_plan is not None
        phase = await change_plan(
            tx, subscription_id=asked.subscription_id, price_plan=asked.price_plan,
            unit_id=unit_id,
        )  # fmt: skip
        settled = await settle(tx, subscription_id=asked.subscription_id, at=phase.from_at)
        return PlanChanged(phase, "period_end", settled)
    await keep_usage_out(tx)
    current = await standing(tx, asked.subscription_id, verb="change_plan")
    await refuse_while_billed(tx, current.id)
    aim = await _aim(tx, current, asked, at=current.at_once, unit_id=unit_id)
    when = asked.when or await _policy(tx, current, aim, pricing=pricing)
    if when == "period_end" or not current.is_begun:
        at = current.next_period
        aim = await _aim(tx, current, asked, at=at, unit_id=unit_id)
        await _check(tx, current, aim, at=at)
        phase = await acts_later(tx, current, aim, at=at)
        outcome = await settle(tx, subscription_id=current.id, at=current.now)
        when = "period_end"
    else:
        await _check(tx, current, aim, at=current.now)
        phase, outcome = await _at_once(tx, current, aim, when=when, pricing=pricing)
    await _set_seats(tx, current, aim, is_now=phase.from_at <= current.at_once)
    await _leave_trace(tx, current, aim, phase=phase, when=when)
    return PlanChanged(phase, when, outcome)


async def _is_plain(tx: Tx, asked: ChangePlan) -> bool:
    """Tell whether just another plan is to hold from the next period on."""
    if asked.price_plan is None or asked.billing_terms is not None or asked.quantities:
        return False
    if asked.when is not None:
        return asked.when == "period_end"
    present = await tx.fetchrow(_PRESENT, tx.tenant_id, asked.subscription_id)
    if present is None:
        return True  # the verb says what is amiss
    policies = {present["upgrade"], present["downgrade"]} - {None, "period_end"}
    return not policies and present["state"] != "trial"


async def _aim(
    tx: Tx, current: Standing, asked: ChangePlan, *, at: datetime, unit_id: UUID | None
) -> Aim:
    present = await offer_of(tx, current.phase)
    terms = current.terms
    if asked.billing_terms is not None:
        terms = await chosen_terms(tx, asked.billing_terms)
    if terms.kind != current.terms.kind:
        raise OtherKindOfTerms(
            f"billing terms {terms.code} are {terms.kind} and those held are"
            f" {current.terms.kind}; make a new subscription",
            path=("billingTerms",),
        )
    is_kept = asked.price_plan is None and (
        (present.plan.base_plan_id or present.plan.id) in terms.plans
    )
    offer = present
    if not is_kept:
        offer = await chosen_offer(tx, asked.price_plan, terms=terms, at=at, unit_id=unit_id)
    products = await products_of(tx, current.items)
    quantities = _quantities(current, asked, products)
    is_same = (offer.version.id, offer.base_id, terms.id) == (
        present.version.id, present.base_id, current.terms.id,
    )  # fmt: skip
    is_last = current.phases[-1].id == current.phase.id
    if is_same and is_last and not quantities:
        raise NothingToChange(
            "the subscription has this plan, these terms and quantities already", path=_PATH
        )
    return Aim(present, offer, terms, quantities, products)


def _quantities(
    current: Standing, asked: ChangePlan, products: Mapping[UUID, Product]
) -> dict[UUID, Decimal]:
    """Return the quantities that are not those that hold and will hold, by item."""
    found: dict[UUID, Decimal] = {}
    for place, (item_id, quantity) in enumerate(asked.quantities.items()):
        item = current.present_item(item_id)
        path = ("items", str(place), "quantity")
        check_quantity(quantity, products[item.product_id], path=path)
        if quantity != item.quantity or current.later_revisions(item_id):
            found[item_id] = quantity
    return found


async def _policy(tx: Tx, current: Standing, aim: Aim, *, pricing: Pricing) -> ChangeActs:
    """Return what the present terms say of an upgrade, or of what is none."""
    items = [item for item in current.present_items() if recurs(item, aim.products)]
    before = total_of(
        side_of(aim.present, current.terms, pricing),
        [(item.product_id, item.quantity) for item in items],
    )
    after = total_of(
        side_of(aim.offer, aim.terms, pricing),
        [(item.product_id, aim.quantities.get(item.item_id, item.quantity)) for item in items],
    )
    return current.terms.upgrade if after > before else current.terms.downgrade


def side_of(offer: Offer, terms: TermsVersion, pricing: Pricing) -> Side:
    """Return what prices items under a plan and terms."""
    plan = pricing.compiled(offer.version)
    if offer.base is not None:
        plan = plan.over(pricing.compiled(offer.base))
    return Side(plan, terms.frequency)


async def _check(tx: Tx, current: Standing, aim: Aim, *, at: datetime) -> None:
    check_plan(aim.offer, terms=aim.terms)
    check_currency(aim.offer, currency=current.subscription.currency)
    check_family(aim.offer, present=aim.present)
    for item in current.lasting_items(at):
        check_rated(aim.products[item.product_id], aim.offer, terms=aim.terms, path=_PATH)
    if aim.offer.version.id != aim.present.version.id:
        candidate = PresentSubscription(current.id, aim.terms)
        await require_selectable(tx, aim.offer, candidate=candidate)


async def _at_once(
    tx: Tx, current: Standing, aim: Aim, *, when: ChangeActs, pricing: Pricing
) -> tuple[Phase, Outcome]:
    """Let it act now, with its money; a trial has no periods and owes nothing."""
    if await tx.fetchval(_PARKED, tx.tenant_id, current.id):
        raise CannotBeBilled("a billing of the subscription waits; settle what parks it first")
    if when == "reset":
        phase, unused = await reset(tx, current, aim)
    else:
        _refuse_prorating(current, aim)
        sides = (
            side_of(aim.present, current.terms, pricing),
            side_of(aim.offer, aim.terms, pricing),
        )
        phase, unused = await prorated(tx, current, aim, sides=sides)
    notes = await give_back(
        tx, subscription_id=current.id, unused=unused, reason=REASON, at=current.now
    )
    invoice_ids = await charge_now(tx, current.id, pricing=pricing, at=current.now)
    outcome = await settle(
        tx, subscription_id=current.id, notes=notes, invoice_ids=invoice_ids, at=current.now
    )
    return phase, outcome


def _refuse_prorating(current: Standing, aim: Aim) -> None:
    if aim.terms.frequency != current.terms.frequency:
        raise CannotActNow(
            f"a price by the {current.terms.frequency} and one by the {aim.terms.frequency}"
            " share no period; reset it, or wait for the period's end",
            path=("when",),
        )
    if "none" in (aim.terms.proration, current.terms.proration):
        raise CannotActNow(
            "the terms do not prorate; reset it, or wait for the period's end", path=("when",)
        )


async def _set_seats(tx: Tx, current: Standing, aim: Aim, *, is_now: bool) -> None:
    for item_id, quantity in aim.quantities.items():
        if is_now:
            await set_seats(tx, item_id, current.id, quantity)
        else:
            await require_free(tx, item_id, seats=quantity)


async def _leave_trace(
    tx: Tx, current: Standing, aim: Aim, *, phase: Phase, when: ChangeActs
) -> None:
    await leave_trace(
        tx,
        action="subscription.plan_changed",
        subscription_id=current.id,
        account_id=current.account.id,
        details={
            "before": aim.present.plan.code,
            "pricePlan": aim.offer.plan.code,
            "billingTermsBefore": current.terms.code,
            "billingTerms": aim.terms.code,
            "quantities": {str(key): f"{one:f}" for key, one in aim.quantities.items()},
            "from": phase.from_at,
            "when": when,
        },
    )
