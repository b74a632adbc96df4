"""What features must hold to, and what products grant of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from core.catalogue.checks.known import Known
from core.catalogue.checks.parts import Path, check_length
from core.catalogue.errors import BAD_VALUE, DUPLICATE_KEY, MISSING_KEY, UNKNOWN_CHANNEL
from core.catalogue.schema import (
    RECURRING_KINDS,
    FeatureDefinition,
    GrantDefinition,
    ProductDefinition,
    TrialGrantDefinition,
)
from core.catalogue.wording import installed_ones, meant
from core.kernel.errors import Problem

MAX_GRANTS: Final = 100
MAX_TRIAL_DAYS: Final = 366
_NEEDING: Final = frozenset({"pack", "one_time_service"})


def check_feature(feature: FeatureDefinition, known: Known) -> Iterator[Problem]:
    """Check what a feature counts, and what becomes of more than is granted."""
    path = ("features", feature.code)
    yield from _gauge(feature, known, (*path, "gauge"))
    counted = {"bills": "members", "holds": "contacts"}.get(feature.beyond, feature.counts)
    if feature.counts != counted:
        told = f"only {counted} beyond what is granted are possible with {feature.beyond}; set "
        told += f"counts: {counted}, or beyond: blocks"
        yield Problem(BAD_VALUE, told, (*path, "beyond"))
    yield from _billed(feature, known, (*path, "product"))
    yield from _window(feature, known, (*path, "window"))


def check_grants(product: ProductDefinition, known: Known) -> Iterator[Problem]:
    """Check what a product grants, its trial, what it needs and the task that it opens."""
    path = ("products", product.code)
    yield from _amounts(product.grants, known, (*path, "grants"))
    for index, grant in enumerate(product.grants):
        yield from _renewing(grant, known, (*path, "grants", str(index)))
    yield from _trial(product, known, (*path, "trial"))
    yield from _needs(product, known, (*path, "needs"))
    if product.fulfils and product.kind == "usage_service":
        told = "a usage service is nothing that is sold once; remove fulfils"
        yield Problem(BAD_VALUE, told, (*path, "fulfils"))


def _gauge(feature: FeatureDefinition, known: Known, path: Path) -> Iterator[Problem]:
    if feature.counts != "gauge":
        if feature.gauge is not None:
            told = f"it counts {feature.counts}; remove the gauge, or set counts: gauge"
            yield Problem(BAD_VALUE, told, path)
    elif feature.gauge is None:
        yield Problem(MISSING_KEY, "name the gauge whose level is counted", path)
    else:
        yield from known.unknown("gauges", feature.gauge, path)


def _billed(feature: FeatureDefinition, known: Known, path: Path) -> Iterator[Problem]:
    if feature.beyond != "bills":
        if feature.product is not None:
            told = f"what is beyond {feature.beyond}, so nothing is billed; remove the product"
            yield Problem(BAD_VALUE, told, path)
        return
    if feature.product is None:
        told = "name the product that is billed for what is beyond"
        yield Problem(MISSING_KEY, told, path)
        return
    yield from known.unknown("products", feature.product, path)
    product = known.product(feature.product)
    if product is not None and product.kind not in RECURRING_KINDS:
        told = f"{product.code} is a {product.kind}, which has no price for a period; "
        told += f"name one of kind {', '.join(sorted(RECURRING_KINDS))}"
        yield Problem(BAD_VALUE, told, path)
    elif product is not None and product.quantity_from is not None:
        told = f"{product.code} takes its quantity from a gauge; name another"
        yield Problem(BAD_VALUE, told, path)


def _window(feature: FeatureDefinition, known: Known, path: Path) -> Iterator[Problem]:
    windowed = known.installed.rule_sets
    if not feature.window or windowed is None or feature.window in windowed:
        return
    hint = meant(feature.window, windowed) or "; install its plugin, or remove it"
    hint += installed_ones(windowed)
    told = f"no installed plugin has a channel {feature.window!r} with windows{hint}"
    yield Problem(UNKNOWN_CHANNEL, told, path)


def _amounts(
    grants: Sequence[GrantDefinition | TrialGrantDefinition],
    known: Known,
    path: Path,
) -> Iterator[Problem]:
    """Check that each grant names one feature, and says how much of it in one way."""
    if len(grants) > MAX_GRANTS:
        yield Problem(BAD_VALUE, f"at most {MAX_GRANTS} grants are taken", path)
        return
    seen: set[str] = set()
    for index, grant in enumerate(grants):
        at = (*path, str(index))
        yield from known.unknown("features", grant.feature, (*at, "feature"))
        if grant.feature in seen:
            told = f"{grant.feature} is granted a second time; add the amounts up in one grant"
            yield Problem(DUPLICATE_KEY, told, (*at, "feature"))
        seen.add(grant.feature)
        if grant.unlimited and grant.amount is not None:
            told = "it is unlimited, so it has no amount; keep one of the two"
            yield Problem(BAD_VALUE, told, (*at, "amount"))
        elif not grant.unlimited and grant.amount is None:
            told = "say how much: amount: 200, or unlimited: true"
            yield Problem(MISSING_KEY, told, (*at, "amount"))
        elif grant.amount is not None and grant.amount < 0:
            told = f"{grant.amount} is negative; grant 0 or more"
            yield Problem(BAD_VALUE, told, (*at, "amount"))


def _renewing(grant: GrantDefinition, known: Known, path: Path) -> Iterator[Problem]:
    if grant.valid_for:
        yield from check_length(grant.valid_for, (*path, "valid_for"))
    if grant.valid_for and grant.renews == "period":
        told = "an amount that is there anew with every period ends with it; remove valid_for"
        yield Problem(BAD_VALUE, told, (*path, "valid_for"))
    feature = known.all("features").get(grant.feature)
    if not isinstance(feature, FeatureDefinition) or feature.counts == "consumption":
        return
    for name in ("renews", "valid_for"):
        if getattr(grant, name) not in {"", "never"}:
            told = f"{feature.code} counts {feature.counts}, not what is used; remove {name}"
            yield Problem(BAD_VALUE, told, (*path, name))


def _trial(product: ProductDefinition, known: Known, path: Path) -> Iterator[Problem]:
    trial = product.trial
    if trial is None:
        return
    if product.kind not in RECURRING_KINDS:
        told = f"a {product.kind} does not go on, so it cannot be tried; remove the trial"
        yield Problem(BAD_VALUE, told, path)
    if not 1 <= trial.days <= MAX_TRIAL_DAYS:
        told = f"{trial.days} days are no trial; give 1 to {MAX_TRIAL_DAYS}"
        yield Problem(BAD_VALUE, told, (*path, "days"))
    yield from _amounts(trial.grants, known, (*path, "grants"))


def _needs(product: ProductDefinition, known: Known, path: Path) -> Iterator[Problem]:
    if product.needs and product.kind not in _NEEDING:
        told = f"a {product.kind} belongs to no module; remove needs, or make it a pack"
        yield Problem(BAD_VALUE, told, path)
        return
    for index, code in enumerate(product.needs):
        at = (*path, str(index))
        yield from known.unknown("products", code, at)
        module = known.product(code)
        if module is not None and module.kind != "module":
            told = f"{code} is a {module.kind}; a {product.kind} belongs to modules"
            yield Problem(BAD_VALUE, told, at)
