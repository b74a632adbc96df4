"""What usage definitions and usage catalogues must hold to."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from core.catalogue.checks.known import Known
from core.catalogue.checks.parts import (
    Path,
    check_condition,
    check_currency,
    check_dates,
    check_once,
    check_price,
    kinds_of_type,
)
from core.catalogue.checks.usage_rates import check_rates
from core.catalogue.errors import BAD_VALUE, MISSING_KEY, OVERLAP
from core.catalogue.normal import instant
from core.catalogue.schema import (
    UsageCatalogueDefinition,
    UsageDefinition,
    UsageServiceDefinition,
    ValidityDefinition,
)
from core.catalogue.usage_defaults import settled_catalogue, usage_definition
from core.kernel.condition_context import Variable
from core.kernel.errors import Problem


def check_usage_definition(definition: UsageDefinition, known: Known) -> Iterator[Problem]:
    """Check product types, providers, UDR types and default rates."""
    path = ("usage_definitions", definition.code)
    for name in ("product_types", "providers"):
        if not getattr(definition, name):
            told = f"a usage definition names its {name}; list at least one"
            yield Problem(MISSING_KEY, told, (*path, name))
        yield from check_once(getattr(definition, name), (*path, name))
    for index, name in enumerate(definition.product_types):
        other = sorted(kinds_of_type(name, known) - {"usage_service"})
        if other:
            told = f"products of type {name!r} are of kind {', '.join(other)}; only usage "
            told += "services are ordered, so name a type of theirs"
            yield Problem(BAD_VALUE, told, (*path, "product_types", str(index)))
    for index, code in enumerate(definition.udr_types):
        yield from known.unknown("udr_types", code, (*path, "udr_types", str(index)))
    for default in definition.defaults:
        at = (*path, "defaults", default.product_type)
        if definition.product_types and default.product_type not in definition.product_types:
            told = f"{default.product_type!r} is not among the product_types; add it there"
            yield Problem(BAD_VALUE, told, at)
        yield from check_price(default.base, (*at, "base"))
        yield from check_rates(default.rates, (*at, "rates"))


def check_usage_catalogue(
    catalogue: UsageCatalogueDefinition, known: Known
) -> Iterator[Problem]:
    """Check a usage catalogue by its definition, and each of its services."""
    path = ("usage_catalogues", catalogue.code)
    settled = settled_catalogue(catalogue, known)
    yield from check_currency(catalogue.currency, (*path, "currency"))
    yield from _definition(settled, known, path)
    yield from _validity(catalogue.validity, known, (*path, "validity"))
    yield from _termed(catalogue, known, (*path, "termed_services"))
    at = (*path, "when")
    asked: tuple[Variable, ...] = ("account", "subscription")
    yield from check_condition(catalogue.when, variables=asked, known=known, path=at)
    yield from known.unknown_units(catalogue.units, (*path, "units"))
    definition = usage_definition(settled.definition, known)
    for service, filled in zip(catalogue.services, settled.services, strict=True):
        place = (*path, "services", service.product)
        yield from _service(service, definition, known, place)
        if filled.base is None and definition is not None:
            yield from _unpriced(service, definition, known, (*place, "base"))


def _definition(
    settled: UsageCatalogueDefinition, known: Known, path: Path
) -> Iterator[Problem]:
    if not settled.definition:
        if not any(section == "usage_definitions" for section, _code in known.broken):
            told = "no usage definition is active; name one, or make one active"
            yield Problem(MISSING_KEY, told, (*path, "definition"))
        return
    yield from known.unknown("usage_definitions", settled.definition, (*path, "definition"))
    definition = usage_definition(settled.definition, known)
    if definition is not None and settled.provider not in definition.providers:
        told = f"{settled.provider!r} is no provider of {definition.code}; use one of "
        told += ", ".join(definition.providers)
        yield Problem(BAD_VALUE, told, (*path, "provider"))


def _validity(
    validity: tuple[ValidityDefinition, ...], known: Known, path: Path
) -> Iterator[Problem]:
    for index, times in enumerate(validity):
        at = (*path, str(index), "until")
        yield from check_dates(times.starts, times.until, known, path=at)
    for (_, one), (index, other) in combinations(enumerate(validity), 2):
        if _starts_before(one, other, known) and _starts_before(other, one, known):
            told = "it overlaps another time of the list; join them"
            yield Problem(OVERLAP, told, (*path, str(index)))


def _starts_before(one: ValidityDefinition, other: ValidityDefinition, known: Known) -> bool:
    if one.starts is None or other.until is None:
        return True
    return instant(one.starts, known.zone) < instant(other.until, known.zone)


def _termed(catalogue: UsageCatalogueDefinition, known: Known, path: Path) -> Iterator[Problem]:
    for index, code in enumerate(catalogue.termed_services):
        at = (*path, str(index))
        yield from known.unknown("products", code, at)
        product = known.product(code)
        if product is not None and product.kind != "termed_service":
            told = f"{code} is a {product.kind}; name a termed service"
            yield Problem(BAD_VALUE, told, at)


def _service(
    service: UsageServiceDefinition,
    definition: UsageDefinition | None,
    known: Known,
    path: Path,
) -> Iterator[Problem]:
    yield from _product(service, definition, known, path)
    if not service.provisioning_id.strip():
        told = "the provider asks for it by this name; give one"
        yield Problem(MISSING_KEY, told, (*path, "provisioning_id"))
    until = (*path, "orderable_until")
    yield from check_dates(service.orderable_from, service.orderable_until, known, path=until)
    yield from check_price(service.base, (*path, "base"))
    yield from check_rates(service.rates, (*path, "rates"))


def _unpriced(
    service: UsageServiceDefinition, definition: UsageDefinition, known: Known, path: Path
) -> Iterator[Problem]:
    product = known.product(service.product)
    if product is not None and product.type in definition.product_types:
        told = f"give a base price; {definition.code} has none for this type of product"
        yield Problem("PRICE_MISSING", told, path)


def _product(
    service: UsageServiceDefinition,
    definition: UsageDefinition | None,
    known: Known,
    path: Path,
) -> Iterator[Problem]:
    yield from known.unknown("products", service.product, path)
    product = known.product(service.product)
    if product is None:
        return
    if product.kind != "usage_service":
        told = f"{product.code} is a {product.kind}; only usage services are ordered"
        yield Problem(BAD_VALUE, told, path)
        return
    allowed = definition.product_types if definition is not None else ()
    if definition is not None and allowed and product.type not in allowed:
        told = f"{product.code} is of type {product.type or 'none'}, which {definition.code} "
        told += f"does not allow; it allows {', '.join(allowed)}"
        yield Problem(BAD_VALUE, told, path)
