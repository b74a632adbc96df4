"""The normal form of entries that are read whole: segments, discounts, usage catalogues.

Pure. Only checked definitions are brought into it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from core.catalogue.checks.known import Known
from core.catalogue.normal import frequency_text, instant, listed
from core.catalogue.plain import flat, plain_value
from core.catalogue.schema import (
    ENTRY_SECTIONS,
    BuyInAdvanceDefinition,
    ConditionalRateDefinition,
    DiscountDefinition,
    EntrySection,
    JobTypeDefinition,
    SegmentDefinition,
    UsageCatalogueDefinition,
    UsageDefinition,
    UsageServiceDefinition,
    UsageWindowDefinition,
    ValidityDefinition,
)
from core.catalogue.schema.discounts import NAMED_STARTS
from core.catalogue.usage_defaults import settled_catalogue

Rates = tuple[ConditionalRateDefinition, ...]


def normal_entries(known: Known) -> dict[EntrySection, tuple[Any, ...]]:
    """Bring all wanted entries into normal form, by section."""
    return {
        section: tuple(
            _NORMAL.get(section, _as_it_is)(entry, known)
            for entry in known.wanted.section(section)
        )
        for section in ENTRY_SECTIONS
    }


def _as_it_is(entry: Any, _known: Known) -> Any:
    return entry


def _discount(discount: DiscountDefinition, known: Known) -> DiscountDefinition:
    return replace(
        discount,
        level=1 if discount.is_percentage and discount.level is None else discount.level,
        per=frequency_text(discount.per),
        free=frequency_text(discount.free),
        valid_from=_instant(discount.valid_from, known),
        valid_until=_instant(discount.valid_until, known),
        starts=_start(discount.starts, known),
        expires=_instant(discount.expires, known),
        lasts=frequency_text(discount.lasts),
        times_per=frequency_text(discount.times_per),
        products=listed(discount.products),
        product_types=listed(discount.product_types),
        usage_windows=_windows(discount.usage_windows),
        units=listed(discount.units),
    )


def _segment(segment: SegmentDefinition, _known: Known) -> SegmentDefinition:
    return replace(segment, usage_windows=_windows(segment.usage_windows))


def _windows(windows: tuple[UsageWindowDefinition, ...]) -> tuple[UsageWindowDefinition, ...]:
    normal = (
        replace(
            window,
            last=frequency_text(window.last),
            products=listed(window.products),
            product_types=listed(window.product_types),
            channels=listed(window.channels),
        )
        for window in windows
    )
    return tuple(sorted(normal, key=lambda window: window.name))


def _start(text: str, known: Known) -> str:
    """Write a fixed start as an instant, in the tenant's zone where it is a date."""
    if text in NAMED_STARTS:
        return text
    is_date = len(text) == len("2026-01-01")
    stated = date.fromisoformat(text) if is_date else datetime.fromisoformat(text)
    return str(plain_value(instant(stated, known.zone)))


def _usage_definition(definition: UsageDefinition, _known: Known) -> UsageDefinition:
    defaults = (replace(found, rates=_rates(found.rates)) for found in definition.defaults)
    return replace(
        definition,
        product_types=listed(definition.product_types),
        providers=listed(definition.providers),
        udr_types=listed(definition.udr_types),
        defaults=tuple(sorted(defaults, key=lambda found: found.product_type)),
    )


def _usage_catalogue(
    catalogue: UsageCatalogueDefinition, known: Known
) -> UsageCatalogueDefinition:
    settled = settled_catalogue(catalogue, known)
    services = (_service(service, known) for service in settled.services)
    validity = (_validity(times, known) for times in settled.validity)
    return replace(
        settled,
        validity=tuple(sorted(validity, key=lambda times: str(times.starts or ""))),
        services=tuple(sorted(services, key=lambda service: service.product)),
        termed_services=listed(settled.termed_services),
        units=listed(settled.units),
    )


def _service(service: UsageServiceDefinition, known: Known) -> UsageServiceDefinition:
    return replace(
        service,
        orderable_from=_instant(service.orderable_from, known),
        orderable_until=_instant(service.orderable_until, known),
        rates=_rates(service.rates),
    )


def _validity(times: ValidityDefinition, known: Known) -> ValidityDefinition:
    return ValidityDefinition(
        starts=_instant(times.starts, known), until=_instant(times.until, known)
    )


def _rates(rates: Rates) -> Rates:
    """Sort rates: none overlaps another, so their order says nothing."""
    listed_ = (
        replace(
            rate,
            methods=listed(rate.methods),
            devices=listed(rate.devices),
            source_categories=listed(rate.source_categories),
        )
        for rate in rates
    )
    return tuple(sorted(listed_, key=lambda rate: str(flat(rate, without=("price",)))))


def _buy_in_advance(found: BuyInAdvanceDefinition, _known: Known) -> BuyInAdvanceDefinition:
    durations = (replace(each, types=listed(each.types)) for each in found.durations)
    ordered = sorted(durations, key=lambda each: (each.unit, each.start, each.types))
    return replace(found, durations=tuple(ordered))


def _job_type(job_type: JobTypeDefinition, _known: Known) -> JobTypeDefinition:
    return replace(job_type, estimate=frequency_text(job_type.estimate))


def _instant(moment: date | datetime | None, known: Known) -> datetime | None:
    return None if moment is None else instant(moment, known.zone)


_NORMAL: Final[dict[EntrySection, Callable[[Any, Known], Any]]] = {
    "segments": _segment,
    "discounts": _discount,
    "usage_definitions": _usage_definition,
    "usage_catalogues": _usage_catalogue,
    "buy_in_advance": _buy_in_advance,
    "job_types": _job_type,
}
