"""What is passed on from a provider: surcharges on unit prices, and pinned rule sets."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from core.catalogue.checks.known import Known
from core.catalogue.checks.parts import Path
from core.catalogue.errors import BAD_VALUE, UNKNOWN_CHANNEL, UNKNOWN_RULE_SET
from core.catalogue.schema import PricePlanDefinition, RateDefinition
from core.catalogue.wording import installed_ones, meant
from core.kernel.errors import Problem

MAX_PERCENT: Final = Decimal(1000)
MAX_PRECISION: Final = 12


def check_surcharge(rate: RateDefinition, path: Path) -> Iterator[Problem]:
    """Check the percentage, and that the unit price is rounded in one way."""
    surcharge = rate.surcharge
    if surcharge is None:
        return
    at = (*path, "surcharge")
    if not 0 < surcharge.percent <= MAX_PERCENT:
        told = f"{surcharge.percent} is not above 0 and at most {MAX_PERCENT} percent"
        yield Problem(BAD_VALUE, f"{told}; write 20, say", (*at, "percent"))
    if not 0 <= surcharge.precision <= MAX_PRECISION:
        told = f"{surcharge.precision} is no number of decimals; give 0 to {MAX_PRECISION}"
        yield Problem(BAD_VALUE, told, (*at, "precision"))
    if rate.precision is not None:
        told = "a unit price with a surcharge is rounded as that says; remove precision"
        yield Problem(BAD_VALUE, told, (*path, "precision"))


def check_rule_sets(plan: PricePlanDefinition, known: Known, path: Path) -> Iterator[Problem]:
    """Check that each channel has windows, and the rule set that is named for it."""
    installed = known.installed.rule_sets
    if installed is None:
        return
    for channel, code in plan.rule_sets.items():
        at = (*path, channel)
        found = installed.get(channel)
        if found is None:
            hint = meant(channel, installed) or "; only such channels have rule sets"
            hint += installed_ones(installed)
            told = f"no installed plugin has a channel {channel!r} with windows{hint}"
            yield Problem(UNKNOWN_CHANNEL, told, at)
        elif code not in found:
            told = f"{channel} has no rule set {code!r}; its rule sets: "
            yield Problem(UNKNOWN_RULE_SET, told + ", ".join(sorted(found)), at)
