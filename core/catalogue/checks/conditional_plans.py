"""What a conditional plan must hold to, and what only a conditional plan may say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from core.catalogue.checks.known import Known
from core.catalogue.checks.parts import Path, check_condition
from core.catalogue.errors import BAD_VALUE
from core.catalogue.schema import PricePlanDefinition
from core.kernel.condition_context import Variable
from core.kernel.errors import Problem

_ASKED: Final[tuple[Variable, ...]] = ("account", "subscription", "job")
"""The bill is not among them: which plan prices it is decided before there is one."""


def check_conditional(plan: PricePlanDefinition, known: Known, path: Path) -> Iterator[Problem]:
    """Check the base plan, the two conditions and the units of a plan."""
    yield from known.unknown_units(plan.units, (*path, "units"))
    select, apply = (*path, "select_when"), (*path, "apply_when")
    for source, at in ((plan.select_when, select), (plan.apply_when, apply)):
        yield from check_condition(source, variables=_ASKED, known=known, path=at)
    if plan.base is not None:
        yield from _base(plan, plan.base, known, (*path, "base"))
        return
    for name in ("select_when", "apply_when"):
        if getattr(plan, name):
            told = "only a conditional plan has conditions; name its base, or remove it"
            yield Problem(BAD_VALUE, told, (*path, name))


def _base(plan: PricePlanDefinition, code: str, known: Known, path: Path) -> Iterator[Problem]:
    if code == plan.code:
        yield Problem(BAD_VALUE, "a plan is not its own base; name another", path)
        return
    yield from known.unknown("price_plans", code, path)
    base = known.all("price_plans").get(code)
    if not isinstance(base, PricePlanDefinition):
        return
    if base.base is not None:
        told = f"{code} is a conditional plan itself; name its base, {base.base}"
        yield Problem(BAD_VALUE, told, path)
    elif (base.currency, base.tax) != (plan.currency, plan.tax):
        told = f"{code} is in {base.currency}, tax {base.tax}, and this plan in "
        told += f"{plan.currency}, tax {plan.tax}; they price one invoice, so use the same"
        yield Problem(BAD_VALUE, told, path)
