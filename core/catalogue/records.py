"""Heads of the catalogue as they are read: one frozen record per row, columns as attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from core.catalogue.schema.fields import (
    BilledIn,
    GaugePolicy,
    ProductKind,
    State,
    TaxMode,
    TermsKind,
)
from core.plugin_api.values import Applies


@dataclass(frozen=True, slots=True)
class Gauge:
    """A gauge."""

    id: UUID
    code: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Product:
    """A product; `core.catalogue.features` reads its `body`."""

    id: UUID
    code: str
    kind: ProductKind
    type: str | None
    name: str
    description: str
    unit_label: str
    tax_class: str
    meters_channel: str | None
    meters_unit: str | None
    gauge_id: UUID | None
    gauge_policy: GaugePolicy | None
    billed_in: BilledIn | None
    state: State
    created_at: datetime
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RateTableHead:
    """A rate table without its prices."""

    id: UUID
    code: str
    name: str
    dimension: str
    applies: Applies
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PricePlan:
    """A price plan without its versions."""

    id: UUID
    code: str
    name: str
    family: str | None
    level: int | None
    currency: str
    tax_mode: TaxMode
    state: State
    created_at: datetime
    base_plan_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PlanVersionHead:
    """A version of a price plan without its rates."""

    id: UUID
    price_plan_id: UUID
    number: int
    effective_from: datetime
    created_at: datetime
    select_when: str | None = None
    apply_when: str | None = None
    rule_sets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BillingTerms:
    """Billing terms without their versions."""

    id: UUID
    code: str
    name: str
    kind: TermsKind
    state: State
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TermsVersionHead:
    """A version of billing terms without its content."""

    id: UUID
    billing_terms_id: UUID
    number: int
    created_at: datetime
