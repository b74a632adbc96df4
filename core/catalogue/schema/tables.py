"""Rate tables: prices by a dimension, in dated slots."""

# ruff: noqa: RUF009 - key() makes a dataclass field

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from core.catalogue.schema.fields import (
    key,
)
from core.plugin_api.values import Applies


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotDefinition:
    """One dated state of an `on_event_date` table."""

    starts: date | datetime = key(
        "First instant of the slot; a date is that day's start in the tenant's time zone.",
        name="from",
        refused_when="it is added to a stored table and lies in the past",
    )
    rows: Mapping[str, Decimal] = key(
        "Price by dimension value or zone.", refused_when="a value is priced twice"
    )
    default: Decimal | None = key(
        "Price of every value that no row names.",
        default=None,
        default_text="none: usage without a row is not priced",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineTableDefinition:
    """A table written into a rate, for this rate alone; kept until moved."""

    rows: Mapping[str, Decimal] = key("Price by dimension value.")
    default: Decimal | None = key(
        "Price of every value that no row names.",
        default=None,
        default_text="none: usage without a row is not priced",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTableDefinition:
    """Prices by a dimension, for several rates."""

    code: str = key("Stable code of the table, unique in the tenant.")
    name: str = key("Name shown to people.")
    dimension: str = key(
        "What the rows are keyed by; `country` takes two-letter country codes only.",
        refused_when="it differs from the stored table's",
    )
    applies: Applies = key(
        "`kept_until_moved`: a subscriber keeps its plan version's prices. "
        "`on_event_date`: a price changes for everyone on its date.",
        default="kept_until_moved",
        refused_when="it differs from the stored table's",
    )
    zones: Mapping[str, tuple[str, ...]] = key(
        "Named lists of dimension values that a row may use as its key.",
        empty=dict,
        default_text="no zones",
        refused_when="a value is in two zones",
    )
    rows: Mapping[str, Decimal] = key(
        "Price by dimension value or zone, of a `kept_until_moved` table.",
        empty=dict,
        default_text="no rows",
        refused_when="a value is priced twice, or the table has slots",
    )
    default: Decimal | None = key(
        "Price of every value that no row names, of a `kept_until_moved` table.",
        default=None,
        default_text="none: usage without a row is not priced",
    )
    slots: tuple[SlotDefinition, ...] = key(
        "Dated states of an `on_event_date` table.",
        default=(),
        refused_when="the table is `kept_until_moved`, or a stored slot is changed",
    )
