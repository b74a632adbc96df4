"""What the variants of a rate must hold to, besides what every rate must."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from core.catalogue.checks.known import Known
from core.catalogue.checks.parts import Path, check_condition
from core.catalogue.errors import BAD_VALUE, MISSING_KEY, VARIANTS_NOT_ALLOWED
from core.catalogue.schema import ProductDefinition, RateDefinition, RateVariantDefinition
from core.kernel.condition_context import Variable
from core.kernel.errors import Problem

MAX_VARIANTS: Final = 20
MAX_NAME: Final = 200
_ALWAYS: Final[tuple[Variable, ...]] = ("account", "subscription", "job")


def check_variants(
    rate: RateDefinition, product: ProductDefinition, known: Known, path: Path
) -> Iterator[Problem]:
    """Check that the rate may have variants, and what each says besides its prices."""
    if len(rate.variants) > MAX_VARIANTS:
        told = f"a rate has at most {MAX_VARIANTS} variants, not {len(rate.variants)}"
        yield Problem(BAD_VALUE, told, (*path, "variants"))
        return
    meters = product.meters
    if rate.variants and meters and meters.channel in known.installed.priced_by_event:
        told = f"events of {meters.channel} have their price when they come, not when they are "
        told += "billed; give their service conditional rates in a usage catalogue"
        yield Problem(VARIANTS_NOT_ALLOWED, told, (*path, "variants"))
    for index, variant in enumerate(rate.variants):
        yield from _variant(rate, variant, product, known, (*path, "variants", str(index)))


def _variant(
    rate: RateDefinition,
    variant: RateVariantDefinition,
    product: ProductDefinition,
    known: Known,
    path: Path,
) -> Iterator[Problem]:
    if not variant.when.strip():
        told = "say when it holds; what always holds is the rate itself"
        yield Problem(MISSING_KEY, told, (*path, "when"))
    if len(variant.name) > MAX_NAME:
        told = f"a name has at most {MAX_NAME} characters"
        yield Problem(BAD_VALUE, told, (*path, "name"))
    is_item = product.kind != "usage_service" and product.quantity_from is None
    readable: tuple[Variable, ...] = (*_ALWAYS, "item") if is_item else _ALWAYS
    at = (*path, "when")
    yield from check_condition(variant.when, variables=readable, known=known, path=at)
    table = known.table(rate.table) if isinstance(rate.table, str) else None
    if variant.table is not None and table is not None and table.applies == "on_event_date":
        told = f"{rate.table} changes on the date of the event, and rows written here do not; "
        told += "give the variant one price, or the rate a table that is kept_until_moved"
        yield Problem("TABLE_NOT_ALLOWED", told, (*path, "table"))
