"""Which price plans may be chosen: by the terms, the caller's unit, and a plan's conditions.

The list that is offered and the verbs that take a plan decide here alike. A conditional
plan comes with its base plan, which the terms allow; its `select_when` is asked about the
subscription (or job) as it would be.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from core.catalogue.compile import TermsVersion
from core.catalogue.plan_versions import load_plan_versions
from core.catalogue.records import PricePlan
from core.catalogue.repository import (
    conditional_plans_of,
    head_by_id,
    heads_by_ids,
    plan_version_at,
    plan_versions_at,
    unknown_entry,
)
from core.db import Tx
from core.facts import reads_segments
from core.kernel.condition_context import documented_schema
from core.kernel.conditions import Condition
from core.kernel.errors import Refusal
from core.subscriptions.choices import Named, named
from core.subscriptions.offers import Offer, check_plan
from core.subscriptions.refusals import ConditionNotMet, NoLongerOffered, PlanNotAllowed
from core.tenancy.visibility import hidden

Context = Mapping[str, object]

_PATH: Final = ("pricePlan",)


class Candidate(Protocol):
    """What would hold a plan, as `select_when` reads it."""

    async def context(self, tx: Tx, *, plan: str, with_segments: bool) -> Context:
        """Return the facts as they would be with the plan of this code."""


@dataclass(frozen=True, slots=True)
class AvailablePlan:
    """A plan that may be chosen; `base` is that of a conditional one."""

    plan: PricePlan
    base: PricePlan | None
    is_default: bool


async def chosen_offer(
    tx: Tx, name: Named | None, *, terms: TermsVersion, at: datetime, unit_id: UUID | None
) -> Offer:
    """Return the plan, or the terms' default one, with the version sold at an instant.

    A conditional plan brings its base plan's version along. What staff of the unit may not
    choose is refused in the very words for what does not exist.

    Raises:
        CatalogueEntryUnknown, NoLongerOffered, NoPlanVersionEffective
        PlanNotAllowed: no plan is named, and the terms have no default for the caller.
    """
    plan = await _named_plan(tx, name, terms=terms, unit_id=unit_id)
    version = await plan_version_at(tx, plan_id=plan.id, at=at)
    if plan.base_plan_id is None:
        return Offer(plan, (await load_plan_versions(tx, [version.id]))[version.id])
    base = await head_by_id(tx, PricePlan, plan.base_plan_id)
    if base.state == "retired":
        raise NoLongerOffered(
            f"price plan {plan.code} is retired with {base.code}; choose another", path=_PATH
        )
    base_version = await plan_version_at(tx, plan_id=base.id, at=at)
    loaded = await load_plan_versions(tx, [version.id, base_version.id])
    return Offer(plan, loaded[version.id], loaded[base_version.id])


async def require_selectable(tx: Tx, offer: Offer, *, candidate: Candidate) -> None:
    """Refuse a conditional plan whose condition to be chosen does not hold.

    Raises:
        ConditionNotMet: it is false.
        ConditionFailed: it cannot be decided.
    """
    if not await _is_selectable(tx, offer, candidate=candidate):
        raise ConditionNotMet(
            f"price plan {offer.plan.code} may not be chosen here: its condition does not hold"
            f" ({offer.version.select_when})",
            path=_PATH,
        )


async def available_plans(
    tx: Tx,
    *,
    terms: TermsVersion,
    at: datetime,
    unit_id: UUID | None,
    candidate: Candidate,
    currency: str | None = None,
) -> list[AvailablePlan]:
    """Return the plans that could be chosen at an instant, by code.

    Those that the terms allow and the conditional plans on top of them: sold then, visible
    to the unit with their base plan, their condition true. What cannot be decided is left out.
    """
    sold = await offers_sold(tx, terms.plans, at=at, unit_id=unit_id)
    heads = {offer.plan.id: offer.plan for offer in sold}
    found: list[AvailablePlan] = []
    for offer in sold:
        plan = offer.plan
        if currency not in (None, plan.currency):
            continue
        if await _could_be_chosen(tx, offer, terms=terms, candidate=candidate):
            base = None if plan.base_plan_id is None else heads.get(plan.base_plan_id)
            found.append(AvailablePlan(plan, base, plan.id == terms.default_plan_id))
    return found


async def offers_sold(
    tx: Tx, plan_ids: Collection[UUID], *, at: datetime, unit_id: UUID | None
) -> list[Offer]:
    """Return these plans and the conditional plans on top of them, by code.

    Those that are sold at an instant and visible to the unit, with their base plan. Their
    conditions and the terms are not asked.
    """
    allowed = await heads_by_ids(tx, PricePlan, plan_ids)
    heads = [*allowed.values(), *await conditional_plans_of(tx, list(allowed))]
    unseen = await hidden(tx, [one.id for one in heads], unit_id=unit_id)
    sold = await plan_versions_at(tx, [one.id for one in heads], at=at)
    versions = await load_plan_versions(tx, [one.id for one in sold.values()])
    found: list[Offer] = []
    for plan in sorted(heads, key=lambda one: one.code):
        base = allowed.get(plan.base_plan_id) if plan.base_plan_id is not None else None
        if {plan.id, plan.base_plan_id} & unseen:
            continue
        if plan.id not in sold or (base and base.id not in sold):
            continue
        if base and base.state == "retired":
            continue
        base_version = versions[sold[base.id].id] if base else None
        found.append(Offer(plan, versions[sold[plan.id].id], base_version))
    return found


def could_be_chosen(offer: Offer, *, terms: TermsVersion, context: Context) -> bool:
    """Tell whether terms allow a plan, and its condition holds; undecided, it does not."""
    try:
        check_plan(offer, terms=terms)
        return _holds(offer, context)
    except Refusal:
        return False


def _holds(offer: Offer, context: Context) -> bool:
    source = offer.version.select_when
    if not source:
        return True
    return Condition.compile(source, schema=documented_schema()).evaluate(context)


async def _named_plan(
    tx: Tx, name: Named | None, *, terms: TermsVersion, unit_id: UUID | None
) -> PricePlan:
    wanted = terms.default_plan_id if name is None else name
    plan = None if wanted is None else await named(tx, PricePlan, wanted, path=_PATH)
    if plan is not None and not await _is_hidden(tx, plan, unit_id=unit_id):
        return plan
    if name is not None:
        raise unknown_entry(PricePlan, name, path=_PATH)
    raise PlanNotAllowed(
        f"billing terms {terms.code} have no default; name a price plan", path=_PATH
    )


async def _is_hidden(tx: Tx, plan: PricePlan, *, unit_id: UUID | None) -> bool:
    """Tell whether a unit may not choose a plan; the base prices where the plan does not."""
    subjects = [each for each in (plan.id, plan.base_plan_id) if each is not None]
    return bool(await hidden(tx, subjects, unit_id=unit_id))


async def _could_be_chosen(
    tx: Tx, offer: Offer, *, terms: TermsVersion, candidate: Candidate
) -> bool:
    try:
        check_plan(offer, terms=terms)
        return await _is_selectable(tx, offer, candidate=candidate)
    except Refusal:
        return False


async def _is_selectable(tx: Tx, offer: Offer, *, candidate: Candidate) -> bool:
    source = offer.version.select_when
    if not source:
        return True
    condition = Condition.compile(source, schema=documented_schema())
    context = await candidate.context(
        tx, plan=offer.plan.code, with_segments=reads_segments(condition)
    )
    return condition.evaluate(context)
