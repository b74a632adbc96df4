"""What a product must hold to."""

from __future__ import annotations

from collections.abc import Iterator

from core.catalogue.checks.features import check_grants
from core.catalogue.checks.known import Known
from core.catalogue.errors import BAD_VALUE, MISSING_KEY, UNKNOWN_CHANNEL, UNKNOWN_UNIT
from core.catalogue.schema import RECURRING_KINDS, ProductDefinition
from core.catalogue.wording import installed_ones, meant
from core.kernel.errors import Problem


def check_product(product: ProductDefinition, known: Known) -> Iterator[Problem]:
    """Check one product by its kind."""
    path = ("products", product.code)
    yield from _meters(product, known, path)
    yield from _quantity(product, known, path)
    yield from _members(product, known, path)
    yield from check_grants(product, known)


def _meters(
    product: ProductDefinition, known: Known, path: tuple[str, ...]
) -> Iterator[Problem]:
    meters = product.meters
    if product.kind == "usage_service":
        if meters is None:
            told = "a usage service says what it sells; add meters: {channel: …, unit: …}"
            yield Problem(MISSING_KEY, told, (*path, "meters"))
    elif meters is not None:
        told = f"a {product.kind} meters nothing; remove it, or make it a usage_service"
        yield Problem(BAD_VALUE, told, (*path, "meters"))
    channels = known.installed.channels
    if meters is None or channels is None:
        return
    units = channels.get(meters.channel)
    if units is None:
        hint = meant(meters.channel, channels) + installed_ones(channels)
        told = f"no installed plugin has a channel {meters.channel!r}{hint}"
        yield Problem(UNKNOWN_CHANNEL, told, (*path, "meters", "channel"))
    elif meters.unit not in units:
        told = f"{meters.channel} does not count {meters.unit!r}; its units: "
        told += ", ".join(sorted(units))
        yield Problem(UNKNOWN_UNIT, told, (*path, "meters", "unit"))


def _quantity(
    product: ProductDefinition, known: Known, path: tuple[str, ...]
) -> Iterator[Problem]:
    recurs = product.kind in RECURRING_KINDS
    if product.billed_in is not None and not recurs:
        told = f"a {product.kind} has no period to be billed ahead of; remove billed_in"
        yield Problem(BAD_VALUE, told, (*path, "billed_in"))
    if product.quantity_from is None:
        return
    if not recurs:
        told = f"a {product.kind} takes no quantity from a gauge; use a termed_service, say"
        yield Problem(BAD_VALUE, told, (*path, "quantity_from"))
    if product.billed_in == "advance":
        told = "a gauge is known when its period has ended; bill it in arrears"
        yield Problem(BAD_VALUE, told, (*path, "billed_in"))
    gauge = product.quantity_from.gauge
    yield from known.unknown("gauges", gauge, (*path, "quantity_from", "gauge"))


def _members(
    product: ProductDefinition, known: Known, path: tuple[str, ...]
) -> Iterator[Problem]:
    if product.members and product.kind != "module":
        told = f"only a module can be a suite, this is a {product.kind}; remove members"
        yield Problem(BAD_VALUE, told, (*path, "members"))
        return
    for index, code in enumerate(product.members):
        at = (*path, "members", str(index))
        if code == product.code:
            yield Problem(BAD_VALUE, "a suite does not contain itself; remove it", at)
            continue
        yield from known.unknown("products", code, at)
        member = known.product(code)
        if member is not None and member.kind != "module":
            told = f"{code} is a {member.kind}; a suite contains modules only"
            yield Problem(BAD_VALUE, told, at)
