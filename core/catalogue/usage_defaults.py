"""What a usage catalogue takes from its definition: the definition itself, and rates.

Pure. A service that states no base keeps the rates that it is stored with; a new one
begins with its product type's. From then on they are its own: a later change of the
definition does not reach it.
"""

from __future__ import annotations

from dataclasses import replace

from core.catalogue.checks.known import Known
from core.catalogue.schema import (
    UsageCatalogueDefinition,
    UsageDefinition,
    UsageServiceDefinition,
)


def settled_catalogue(
    catalogue: UsageCatalogueDefinition, known: Known
) -> UsageCatalogueDefinition:
    """Fill in the definition and the services' rates, as far as there are any."""
    stored = known.stored.by_code("usage_catalogues").get(catalogue.code)
    before = stored if isinstance(stored, UsageCatalogueDefinition) else None
    code = catalogue.definition or (before.definition if before else "") or active_code(known)
    definition = usage_definition(code, known)
    had = {service.product: service for service in before.services} if before else {}
    services = tuple(
        _settled(service, had.get(service.product), definition, known)
        for service in catalogue.services
    )
    return replace(catalogue, definition=code, services=services)


def usage_definition(code: str, known: Known) -> UsageDefinition | None:
    """Return a usage definition, or None."""
    found = known.all("usage_definitions").get(code)
    return found if isinstance(found, UsageDefinition) else None


def active_code(known: Known) -> str:
    """Return the code of the active usage definition; empty where there is none."""
    active = (
        code
        for code, found in known.all("usage_definitions").items()
        if isinstance(found, UsageDefinition) and found.state == "active"
    )
    return next(active, "")


def _settled(
    service: UsageServiceDefinition,
    before: UsageServiceDefinition | None,
    definition: UsageDefinition | None,
    known: Known,
) -> UsageServiceDefinition:
    if service.base is not None:
        return service
    if before is not None:
        return replace(service, base=before.base, rates=service.rates or before.rates)
    product = known.product(service.product)
    defaults = definition.defaults if definition is not None else ()
    for found in defaults:
        if product is not None and found.product_type == product.type:
            return replace(service, base=found.base, rates=service.rates or found.rates)
    return service
