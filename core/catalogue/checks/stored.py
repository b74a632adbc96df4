"""What a stored definition does not let change."""

from __future__ import annotations

from collections.abc import Iterator

from core.catalogue.checks.known import Known
from core.catalogue.errors import (
    EFFECTIVE_TOO_EARLY,
    IMMUTABLE,
    SLOT_IN_THE_PAST,
)
from core.catalogue.normal import expanded, instant
from core.catalogue.schema import (
    Definition,
    PricePlanDefinition,
    ProductDefinition,
    RateTableDefinition,
    Section,
)
from core.kernel.errors import Problem

Path = tuple[str, ...]

_FIXED: dict[Section, tuple[tuple[str, str], ...]] = {
    "products": (("kind", "kind"), ("meters", "meters"), ("quantity_from", "quantity_from")),
    "rate_tables": (("dimension", "dimension"), ("applies", "applies")),
    "price_plans": (("currency", "currency"), ("tax", "tax"), ("base", "base")),
    "billing_terms": (("kind", "kind"),),
    "segments": (("of", "of"),),
    "discounts": (("of", "of"),),
    "usage_catalogues": (("currency", "currency"),),
    "features": (("counts", "counts"),),
}


def check_against_stored(known: Known) -> Iterator[Problem]:
    """Compare what is wanted with what may not change any more."""
    for section, names in _FIXED.items():
        stored = known.stored.by_code(section)
        for wanted in known.wanted.section(section):
            before = stored.get(wanted.code)
            if before is not None:
                yield from _fixed(wanted, before, names, (section, wanted.code))
                yield from _history(wanted, before, known, (section, wanted.code))


def _fixed(
    wanted: Definition, before: Definition, names: tuple[tuple[str, str], ...], path: Path
) -> Iterator[Problem]:
    for attribute, name in names:
        old, new = getattr(before, attribute), getattr(wanted, attribute)
        if old != new:
            told = f"stored as {_said(old)}, which is for good; define another under a new code"
            yield Problem(IMMUTABLE, told, (*path, name))


def _history(
    wanted: Definition, before: Definition, known: Known, path: Path
) -> Iterator[Problem]:
    if isinstance(wanted, ProductDefinition) and isinstance(before, ProductDefinition):
        lost = sorted(set(before.members) - set(wanted.members))
        if lost:
            told = f"a suite keeps its members; put {', '.join(lost)} back"
            yield Problem(IMMUTABLE, told, (*path, "members"))
    elif isinstance(wanted, RateTableDefinition) and isinstance(before, RateTableDefinition):
        yield from _slots(wanted, before, known, path)
    elif isinstance(wanted, PricePlanDefinition) and isinstance(before, PricePlanDefinition):
        yield from _effective(wanted, before, known, path)


def _slots(
    wanted: RateTableDefinition, before: RateTableDefinition, known: Known, path: Path
) -> Iterator[Problem]:
    """Let slots be added ahead of now, and none be changed."""
    stored = {instant(slot.starts, known.zone): slot for slot in before.slots}
    for index, slot in enumerate(wanted.slots):
        at = (*path, "slots", str(index))
        starts = instant(slot.starts, known.zone)
        old = stored.get(starts)
        if old is None:
            if starts <= known.now:
                told = f"{slot.starts} is past; a new slot starts later than now"
                yield Problem(SLOT_IN_THE_PAST, told, (*at, "from"))
        elif old.default != slot.default or old.rows != expanded(slot.rows, wanted.zones):
            told = "the slot is stored with other prices, which are for good; "
            told += "add a slot from a later date"
            code = SLOT_IN_THE_PAST if starts <= known.now else IMMUTABLE
            yield Problem(code, told, (*at, "rows"))


def _effective(
    wanted: PricePlanDefinition, before: PricePlanDefinition, known: Known, path: Path
) -> Iterator[Problem]:
    if wanted.effective_from is None or before.effective_from is None:
        return
    current = instant(before.effective_from, known.zone)
    if instant(wanted.effective_from, known.zone) < current:
        told = f"the present version is effective from {current.isoformat()}; "
        told += "a new one cannot be from before that"
        yield Problem(EFFECTIVE_TOO_EARLY, told, (*path, "effective_from"))


def _said(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, str):
        return value
    names = getattr(value, "__slots__", ())
    return "{" + ", ".join(f"{name}: {getattr(value, name)}" for name in names) + "}"
