"""What applying a catalogue would change: the one comparison behind apply, diff and verbs.

Pure. Decides for every wanted definition whether it is new, a new version, an addition to
the current version, a change of the head, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Final, Literal

from core.catalogue.current import ALWAYS, StoredCatalogue
from core.catalogue.entry_body import entry_head
from core.catalogue.plain import flat
from core.catalogue.schema import (
    SECTIONS,
    BillingTermsDefinition,
    Catalogue,
    Definition,
    EntryDefinition,
    GaugeDefinition,
    PricePlanDefinition,
    ProductDefinition,
    RateDefinition,
    RateTableDefinition,
    Section,
    SlotDefinition,
)

Outcome = Literal["created", "versioned", "extended", "updated", "unchanged"]
"""`extended`: products that the current plan version lacked were added to it.
`versioned`: a new version of a plan or of terms, or a new slot of a rate table.
`updated`: only the head (names, state, presentation) changed."""

PLAN_HEAD: Final = (
    "code",
    "name",
    "family",
    "level",
    "state",
    "currency",
    "tax",
    "base",
    "units",
)
TERMS_HEAD: Final = ("code", "name", "kind", "state")
ENTRY_HEAD: Final = ("code", "name", "state")


_PLAN_CONTENT: Final = ("commitment", "select_when", "apply_when", "rule_sets")


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one definition. `wanted` is complete: with all that it will hold."""

    section: Section
    code: str
    outcome: Outcome
    wanted: Definition
    before: Definition | None
    added_rates: tuple[RateDefinition, ...] = ()
    added_slots: tuple[SlotDefinition, ...] = ()

    @property
    def head_changed(self) -> bool:
        """Tell whether the row that carries names and state has to be written."""
        if self.before is None:
            return True
        names = _head_of(self.wanted)
        return any(getattr(self.wanted, name) != getattr(self.before, name) for name in names)

    @property
    def units(self) -> tuple[str, ...] | None:
        """Return the units that may choose it, where they have to be written; else None."""
        wanted = _units_of(self.wanted)
        before = _units_of(self.before) if self.before is not None else ()
        return wanted if wanted != before else None


def _units_of(definition: Definition) -> tuple[str, ...]:
    return tuple(getattr(definition, "units", ()))


def _head_of(definition: Definition) -> tuple[str, ...]:
    """Return the fields that are columns of the head's row."""
    if isinstance(definition, ProductDefinition):
        return tuple(found.name for found in fields(definition) if found.name != "members")
    if isinstance(definition, PricePlanDefinition):
        return tuple(name for name in PLAN_HEAD if name != "units")
    if isinstance(definition, BillingTermsDefinition):
        return TERMS_HEAD
    if isinstance(definition, RateTableDefinition):
        return ("code", "name", "dimension", "applies")
    return ("code", "name") if isinstance(definition, GaugeDefinition) else ENTRY_HEAD


def compare(wanted: Catalogue, stored: StoredCatalogue, *, now: datetime) -> tuple[Change, ...]:
    """Compare a checked catalogue in normal form with what is stored.

    A plan that is not wanted itself gets a new version when a table that it keeps has new
    prices: its definition names the table, so its prices are those of the table.
    """
    changes: list[Change] = []
    for section in SECTIONS:
        before = stored.catalogue.by_code(section)
        repriced = _repriced_tables(changes)
        for definition in wanted.section(section):
            old = before.get(definition.code)
            changes.append(_change(section, definition, old, repriced=repriced, now=now))
        if section == "price_plans":
            named = {plan.code for plan in wanted.price_plans}
            changes.extend(_dependents(stored, named, repriced, now))
    return tuple(changes)


def _change(
    section: Section,
    wanted: Definition,
    before: Definition | None,
    *,
    repriced: frozenset[str],
    now: datetime,
) -> Change:
    if isinstance(wanted, RateTableDefinition):
        assert before is None or isinstance(before, RateTableDefinition)
        return _table_change(wanted, before, now=now)
    if isinstance(wanted, PricePlanDefinition):
        assert before is None or isinstance(before, PricePlanDefinition)
        return _plan_change(wanted, before, repriced=repriced, now=now)
    outcome: Outcome = "created"
    if before is not None:
        outcome = "unchanged" if flat(wanted) == flat(before) else "updated"
        if outcome == "updated" and (head := version_head(wanted)):
            same = flat(wanted, without=head) == flat(before, without=head)
            outcome = "updated" if same else "versioned"
    return Change(section, wanted.code, outcome, wanted, before)


def version_head(definition: Definition) -> tuple[str, ...]:
    """Return the fields that belong to no version; nothing where there are no versions."""
    if isinstance(definition, BillingTermsDefinition):
        return TERMS_HEAD
    if isinstance(definition, EntryDefinition):
        return entry_head(definition)
    return ()


def _table_change(
    wanted: RateTableDefinition, before: RateTableDefinition | None, *, now: datetime
) -> Change:
    """A slot is never changed; what differs is a further slot."""
    present = SlotDefinition(starts=now, rows=wanted.rows, default=wanted.default)
    kept = wanted.applies == "kept_until_moved"
    if before is None:
        added = (present,) if kept else wanted.slots
        return Change("rate_tables", wanted.code, "created", wanted, None, added_slots=added)
    if kept:
        same = (wanted.rows, wanted.default) == (before.rows, before.default)
        added = () if same else (present,)
    else:
        starts = {slot.starts for slot in before.slots}
        added = tuple(slot for slot in wanted.slots if slot.starts not in starts)
        every = sorted((*before.slots, *added), key=lambda slot: str(slot.starts))
        wanted = replace(wanted, slots=tuple(every))
    outcome: Outcome = "unchanged"
    if added:
        outcome = "versioned"
    elif wanted.name != before.name:
        outcome = "updated"
    return Change("rate_tables", wanted.code, outcome, wanted, before, added_slots=added)


def _plan_change(
    wanted: PricePlanDefinition,
    before: PricePlanDefinition | None,
    *,
    repriced: frozenset[str],
    now: datetime,
) -> Change:
    if before is None:
        first = replace(wanted, effective_from=wanted.effective_from or ALWAYS)
        return Change("price_plans", wanted.code, "created", first, None)
    assert isinstance(before.effective_from, datetime)  # stored
    moved = wanted.effective_from not in {None, before.effective_from}
    differs = any(getattr(wanted, name) != getattr(before, name) for name in _PLAN_CONTENT)
    fixed = moved or differs or _keeps(wanted, repriced)
    added = _added_rates(wanted, before)
    if fixed or (added is None):
        # A version that is still to come is replaced on its own date, not before it.
        effective = wanted.effective_from or max(now, before.effective_from)
        complete = replace(wanted, effective_from=effective)
        return Change("price_plans", wanted.code, "versioned", complete, before)
    complete = replace(wanted, effective_from=before.effective_from)
    if added:
        return Change(
            "price_plans", wanted.code, "extended", complete, before, added_rates=added
        )
    same = flat(complete) == flat(before)
    outcome: Outcome = "unchanged" if same else "updated"
    return Change("price_plans", wanted.code, outcome, complete, before)


def _added_rates(
    wanted: PricePlanDefinition, before: PricePlanDefinition
) -> tuple[RateDefinition, ...] | None:
    """Return the rates of products that the plan lacked; None when more than that differs."""
    stored = {(rate.product, rate.frequency): rate for rate in before.rates}
    products = {rate.product for rate in before.rates}
    found = {(rate.product, rate.frequency): rate for rate in wanted.rates}
    if any(found.get(identity) != rate for identity, rate in stored.items()):
        return None
    added = tuple(rate for identity, rate in found.items() if identity not in stored)
    # A further frequency of a product changes what its subscribers pay: a new version.
    return None if any(rate.product in products for rate in added) else added


def _dependents(
    stored: StoredCatalogue, named: set[str], repriced: frozenset[str], now: datetime
) -> Iterator[Change]:
    for plan in stored.catalogue.price_plans:
        if plan.code not in named and _keeps(plan, repriced):
            same = replace(plan, effective_from=None)
            yield _plan_change(same, plan, repriced=repriced, now=now)


def _repriced_tables(changes: list[Change]) -> frozenset[str]:
    return frozenset(
        change.code
        for change in changes
        if isinstance(change.wanted, RateTableDefinition)
        and change.wanted.applies == "kept_until_moved"
        and change.outcome == "versioned"
    )


def _keeps(plan: PricePlanDefinition, tables: frozenset[str]) -> bool:
    return any(isinstance(rate.table, str) and rate.table in tables for rate in plan.rates)
