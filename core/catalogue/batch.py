"""Collect the rows of changes over a whole catalogue, table by table. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlmodel import SQLModel

from core.catalogue.changes import ENTRY_HEAD, Change
from core.catalogue.compile import counts_usage
from core.catalogue.current import LatestSlot, StoredCatalogue
from core.catalogue.digest import (
    entry_digest,
    plan_digest,
    terms_body,
    terms_digest,
)
from core.catalogue.entry_body import entry_body
from core.catalogue.plain import decimal_text, to_plain
from core.catalogue.product_body import product_body
from core.catalogue.schema import (
    ENTRY_SECTIONS,
    BillingTermsDefinition,
    EntryDefinition,
    GaugeDefinition,
    PricePlanDefinition,
    ProductDefinition,
    RateDefinition,
    RateTableDefinition,
    Section,
    SlotDefinition,
)
from core.catalogue.tables import (
    BillingTermsPlanRow,
    BillingTermsRow,
    BillingTermsVersionRow,
    CatalogueEntryRow,
    CatalogueEntryVersionRow,
    GaugeRow,
    PricePlanRow,
    PricePlanVersionRow,
    ProductRow,
    RateRow,
    RateTableRow,
    RateTableSlotRow,
    SuiteMemberRow,
)
from core.db import Tx
from core.kernel.ids import new_id

Row = dict[str, Any]
_HEADS: Final[dict[Section, type[SQLModel]]] = {
    "gauges": GaugeRow,
    "products": ProductRow,
    "rate_tables": RateTableRow,
    "price_plans": PricePlanRow,
    "billing_terms": BillingTermsRow,
    **dict.fromkeys(ENTRY_SECTIONS, CatalogueEntryRow),
}


@dataclass(slots=True)
class Batch:
    """The rows of all changes, by table; updates of heads; the units of what lists some."""

    tx: Tx
    stored: StoredCatalogue
    rows: dict[type[SQLModel], list[Row]] = field(default_factory=dict)
    updates: list[tuple[type[SQLModel], UUID, Row]] = field(default_factory=list)
    ids: dict[tuple[Section, str], UUID] = field(default_factory=dict)
    slots: dict[str, LatestSlot] = field(default_factory=dict)
    kept: dict[str, bool] = field(default_factory=dict)
    units: dict[UUID, tuple[UUID, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ids.update(self.stored.ids)
        self.slots.update(self.stored.latest_slots)
        for table in self.stored.catalogue.rate_tables:
            self.kept[table.code] = table.applies == "kept_until_moved"

    def add(self, change: Change) -> None:
        """Collect the rows of one change; entries come in the order of the sections."""
        wanted = change.wanted
        if change.outcome == "unchanged":
            return
        if change.head_changed:
            self._head(change)
        if change.units is not None:
            owner = self.ids[change.section, change.code]
            self.units[owner] = tuple(self.stored.units[code] for code in change.units)
        if isinstance(wanted, ProductDefinition):
            self._members(wanted, change.before)
        elif isinstance(wanted, RateTableDefinition):
            self._slots(wanted, change)
        elif isinstance(wanted, PricePlanDefinition):
            self._plan(wanted, change)
        elif isinstance(wanted, BillingTermsDefinition):
            self._terms(wanted, change)
        elif isinstance(wanted, EntryDefinition):
            self._entry(wanted, change)

    def _insert(self, table: type[SQLModel], **values: Any) -> None:
        self.rows.setdefault(table, []).append({"tenant_id": self.tx.tenant_id, **values})

    def _head(self, change: Change) -> None:
        table, identity = _HEADS[change.section], (change.section, change.code)
        values = self._head_values(change.wanted)
        if table is CatalogueEntryRow:
            values["section"] = change.section
        if change.before is None:
            self._insert(table, id=self.ids[identity], created_at=self.tx.now, **values)
        else:
            self.updates.append((table, self.ids[identity], values))

    def _head_values(self, wanted: Any) -> Row:
        if isinstance(wanted, ProductDefinition):
            return self._product_values(wanted)
        names: tuple[str, ...] = ("code", "name")
        if isinstance(wanted, GaugeDefinition):
            return {name: getattr(wanted, name) for name in names}
        if isinstance(wanted, RateTableDefinition):
            names = (*names, "dimension", "applies")
        elif isinstance(wanted, BillingTermsDefinition):
            names = (*names, "kind", "state")
        elif isinstance(wanted, PricePlanDefinition):
            base = self.ids["price_plans", wanted.base] if wanted.base is not None else None
            names = (*names, "family", "level", "currency", "state")
            fixed = {"tax_mode": wanted.tax, "base_plan_id": base}
            return fixed | {name: getattr(wanted, name) for name in names}
        else:
            names = ENTRY_HEAD
        return {name: getattr(wanted, name) for name in names}

    def _product_values(self, product: ProductDefinition) -> Row:
        names = ("code", "kind", "type", "name", "description", "unit_label", "tax_class")
        values: Row = {name: getattr(product, name) for name in (*names, "billed_in", "state")}
        values["body"] = product_body(product)
        meters, source = product.meters, product.quantity_from
        values["meters_channel"] = meters.channel if meters else None
        values["meters_unit"] = meters.unit if meters else None
        values["gauge_id"] = self.ids["gauges", source.gauge] if source else None
        values["gauge_policy"] = source.policy if source else None
        return values

    def _members(self, product: ProductDefinition, before: Any) -> None:
        had = set(before.members) if before is not None else set()
        for code in product.members:
            if code not in had:
                self._insert(
                    SuiteMemberRow,
                    suite_id=self.ids["products", product.code],
                    module_id=self.ids["products", code],
                )

    def _slots(self, table: RateTableDefinition, change: Change) -> None:
        self.kept[table.code] = table.applies == "kept_until_moved"
        for slot in change.added_slots:
            latest = self._next_slot(table.code, slot)
            self._insert(
                RateTableSlotRow,
                rate_table_id=self.ids["rate_tables", table.code],
                number=latest.number,
                starts_at=latest.starts_at,
                rows={value: decimal_text(price) for value, price in slot.rows.items()},
                default_price=slot.default,
                created_at=self.tx.now,
            )

    def _next_slot(self, code: str, slot: SlotDefinition) -> LatestSlot:
        """Number a slot; two states of a kept table made at one instant stay apart."""
        assert isinstance(slot.starts, datetime)  # normal form
        latest, starts = self.slots.get(code), slot.starts
        if latest is not None and self.kept[code] and starts <= latest.starts_at:
            starts = latest.starts_at + timedelta(microseconds=1)
        self.slots[code] = LatestSlot(latest.number + 1 if latest else 1, starts)
        return self.slots[code]

    def _plan(self, plan: PricePlanDefinition, change: Change) -> None:
        identity: tuple[Section, str] = ("price_plans", plan.code)
        if change.outcome == "extended":
            self._rates(self.stored.versions[identity].id, change.added_rates)
        elif change.outcome in {"created", "versioned"}:
            current = self.stored.versions.get(identity)
            version_id = new_id()
            used = {code: self.slots[code].number for code in self._kept_tables(plan)}
            commitment = plan.commitment
            self._insert(
                PricePlanVersionRow,
                id=version_id,
                price_plan_id=self.ids[identity],
                number=current.number + 1 if current else 1,
                effective_from=plan.effective_from,
                commitment=to_plain(commitment) if commitment is not None else None,
                select_when=plan.select_when or None,
                apply_when=plan.apply_when or None,
                rule_sets=dict(plan.rule_sets),
                digest=plan_digest(plan, kept_slots=used),
                created_at=self.tx.now,
            )
            self._rates(version_id, plan.rates)

    def _kept_tables(self, plan: PricePlanDefinition) -> set[str]:
        named = {rate.table for rate in plan.rates if isinstance(rate.table, str)}
        return {code for code in named if self.kept[code]}

    def _rates(self, version_id: UUID, rates: Iterable[RateDefinition]) -> None:
        for rate in rates:
            code = rate.table if isinstance(rate.table, str) else None
            without = ("product", "frequency", *(("table",) if code is not None else ()))
            self._insert(
                RateRow,
                price_plan_version_id=version_id,
                product_id=self.ids["products", rate.product],
                frequency=rate.frequency,
                rate_table_id=self.ids["rate_tables", code] if code is not None else None,
                rate_table_slot=self.slots[code].number if code and self.kept[code] else None,
                body=to_plain(rate, without=without),
            )

    def _terms(self, terms: BillingTermsDefinition, change: Change) -> None:
        if change.outcome not in {"created", "versioned"}:
            return
        identity: tuple[Section, str] = ("billing_terms", terms.code)
        current = self.stored.versions.get(identity)
        version_id = new_id()
        self._insert(
            BillingTermsVersionRow,
            id=version_id,
            billing_terms_id=self.ids[identity],
            number=current.number + 1 if current else 1,
            body=terms_body(terms),
            digest=terms_digest(terms),
            counts_usage=counts_usage(terms),
            created_at=self.tx.now,
        )
        for code in terms.plans:
            self._insert(
                BillingTermsPlanRow,
                billing_terms_version_id=version_id,
                price_plan_id=self.ids["price_plans", code],
                is_default=code == terms.default_plan,
            )

    def _entry(self, entry: EntryDefinition, change: Change) -> None:
        if change.outcome not in {"created", "versioned"}:
            return
        section: Any = change.section
        current = self.stored.versions.get((section, entry.code))
        self._insert(
            CatalogueEntryVersionRow,
            id=new_id(),
            entry_id=self.ids[section, entry.code],
            number=current.number + 1 if current else 1,
            body=entry_body(entry),
            digest=entry_digest(entry, section=section),
            created_at=self.tx.now,
        )
