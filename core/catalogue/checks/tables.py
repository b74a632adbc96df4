"""What a rate table must hold to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from core.catalogue.errors import BAD_VALUE, DUPLICATE_KEY, MISSING_KEY
from core.catalogue.schema import RateTableDefinition
from core.catalogue.wording import meant
from core.kernel.errors import Problem

_COUNTRY: Final = re.compile(r"[A-Z]{2}")
MAX_ROWS: Final = 5000

Path = tuple[str, ...]


def check_table(table: RateTableDefinition) -> Iterator[Problem]:
    """Check the shape of a table, its zones and its rows."""
    path = ("rate_tables", table.code)
    if table.applies == "kept_until_moved":
        yield from _kept(table, path)
    else:
        yield from _dated(table, path)
    yield from _zones(table, path)


def _kept(table: RateTableDefinition, path: Path) -> Iterator[Problem]:
    if table.slots:
        told = "a kept_until_moved table has rows; set applies: on_event_date for slots"
        yield Problem(BAD_VALUE, told, (*path, "slots"))
    elif not table.rows and table.default is None:
        yield Problem(MISSING_KEY, "the table prices nothing; add rows", (*path, "rows"))
    yield from _rows(table, table.rows, table.default, path)


def _dated(table: RateTableDefinition, path: Path) -> Iterator[Problem]:
    if table.rows or table.default is not None:
        told = "an on_event_date table has slots, each with from and rows; move the rows there"
        yield Problem(BAD_VALUE, told, (*path, "rows" if table.rows else "default"))
    if not table.slots:
        told = "the table prices nothing; add slots: [{from: …, rows: …}]"
        yield Problem(MISSING_KEY, told, (*path, "slots"))
    starts = [str(slot.starts) for slot in table.slots]
    for index, slot in enumerate(table.slots):
        at = (*path, "slots", str(index))
        if starts.index(str(slot.starts)) < index:
            told = f"two slots start at {slot.starts}; merge them"
            yield Problem(DUPLICATE_KEY, told, (*at, "from"))
        yield from _rows(table, slot.rows, slot.default, at)


def _zones(table: RateTableDefinition, path: Path) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for zone, values in table.zones.items():
        for index, value in enumerate(values):
            at = (*path, "zones", zone, str(index))
            if value in seen:
                told = f"{value} is in zone {seen[value]} already; keep it in one"
                yield Problem(DUPLICATE_KEY, told, at)
            seen.setdefault(value, zone)
            yield from _value(table, value, at)


def _rows(
    table: RateTableDefinition,
    rows: Mapping[str, Decimal],
    default: Decimal | None,
    path: Path,
) -> Iterator[Problem]:
    zoned = {value: zone for zone in rows for value in table.zones.get(zone, ())}
    if len(rows) + len(zoned) > MAX_ROWS:
        yield Problem(BAD_VALUE, f"at most {MAX_ROWS} rows are taken", (*path, "rows"))
    for name, price in rows.items():
        at = (*path, "rows", name)
        if price < 0:
            yield Problem(BAD_VALUE, f"{price} is negative; a price is 0 or more", at)
        if name in table.zones:
            continue
        if name in zoned:
            told = f"{name} is priced by its zone {zoned[name]} too; take it out of one"
            yield Problem(DUPLICATE_KEY, told, at)
        yield from _value(table, name, at)
    if default is not None and default < 0:
        told = f"{default} is negative; a price is 0 or more"
        yield Problem(BAD_VALUE, told, (*path, "default"))


def _value(table: RateTableDefinition, value: str, path: Path) -> Iterator[Problem]:
    if table.dimension == "country" and not _COUNTRY.fullmatch(value):
        hint = meant(value, table.zones) or "; write two capital letters (FR), or a zone's name"
        yield Problem(BAD_VALUE, f"{value[:40]!r} is no country code{hint}", path)
    elif not value or len(value) > 200:
        yield Problem(BAD_VALUE, "a dimension value has 1 to 200 characters", path)
