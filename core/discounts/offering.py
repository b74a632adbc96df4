"""Whether a discount may be given to a target, now: the query and the verb ask here alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.catalogue.schema.discounts import DiscountDefinition
from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx
from core.discounts import repository
from core.discounts.counted_usage import counted_usage
from core.discounts.records import Target
from core.discounts.rules import asks_the_bill, criteria_of, may_be_given, reduced_products
from core.facts import Facts, Usage, load_facts
from core.kernel.conditions import ConditionFailed


@dataclass(frozen=True, slots=True)
class Ground:
    """What deciding needs of a target, read once for any number of definitions."""

    target: Target
    is_flexible: bool
    products: list[tuple[UUID, str, str | None]]
    facts: Facts
    usage: Mapping[str, Usage | None]
    """What criteria count, by code of their definition."""


async def ground_of(
    tx: Tx, target: Target, definitions: Iterable[DiscountDefinition]
) -> Ground:
    """Read a target's terms, products and facts, as of the account's time.

    And the usage that the criteria of these definitions count.
    """
    terms_id = target.terms_version_id
    terms = {} if terms_id is None else await load_terms_versions(tx, [terms_id])
    asked = [one for one in definitions if one.of == target.kind]
    usage = await counted_usage(tx, [(target, one) for one in asked], at_hand=None)
    by_kind = {f"{target.kind}_ids": [target.id]}
    at: dict[UUID, datetime] = {target.account_id: target.now}
    return Ground(
        target=target,
        is_flexible=terms_id in terms and terms[terms_id].discounts == "flexible",
        products=await repository.products_of_target(tx, target),
        facts=await load_facts(tx, **by_kind, at=at),  # type: ignore[arg-type]
        usage={one.code: counted for one, counted in zip(asked, usage, strict=True)},
    )


def objection(definition: DiscountDefinition, ground: Ground) -> str | None:
    """Return why staff may not give the discount to the target now; None: they may."""
    target = ground.target
    if not ground.is_flexible:
        return f"the billing terms of this {target.kind} allow no discounts"
    if definition.method != "ad_hoc":
        return f"{definition.code} is given by itself, wherever its criteria hold"
    if definition.of != target.kind:
        return f"{definition.code} is for a {definition.of}"
    if not may_be_given(definition, target.now):
        return f"{definition.code} is not in effect at this time"
    if reduced_products(definition, ground.products) == frozenset():
        return f"{definition.code} reduces products that this {target.kind} does not have"
    return _unmet(definition, ground)


def _unmet(definition: DiscountDefinition, ground: Ground) -> str | None:
    """Ask its criteria, but for those that ask the bill: there is none yet."""
    criteria = criteria_of(definition)
    if criteria is None or asks_the_bill(criteria):
        return None
    try:
        if criteria.evaluate(_context(ground, definition)):
            return None
    except ConditionFailed as failure:
        return f"the criteria of {definition.code} cannot be decided: {failure.message}"
    return f"the criteria of {definition.code} are not met"


def _context(ground: Ground, definition: DiscountDefinition) -> dict[str, object]:
    if ground.target.kind == "job":
        return ground.facts.of_job(ground.target.id)
    context = ground.facts.of_subscription(ground.target.id)
    usage = ground.usage.get(definition.code)
    return context if usage is None else {**context, "usage": usage}
