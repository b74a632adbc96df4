"""The catalogue's rows, as the migrations create them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from core.column_types import BYTES, CURRENCY, INSTANT, UNIT_PRICE

_JSON: Final[Any] = JSONB(none_as_null=True)


class GaugeRow(SQLModel, table=True):
    """A gauge that products may take their quantity from."""

    __tablename__ = "gauge"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    code: str
    name: str
    created_at: datetime = Field(sa_type=INSTANT)


class ProductRow(SQLModel, table=True):
    """A product; its kind, meters and gauge are for good."""

    __tablename__ = "product"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    code: str
    kind: str
    type: str | None
    name: str
    description: str
    unit_label: str
    tax_class: str
    meters_channel: str | None
    meters_unit: str | None
    gauge_id: UUID | None
    gauge_policy: str | None
    billed_in: str | None
    state: str
    created_at: datetime = Field(sa_type=INSTANT)
    body: dict[str, Any] = Field(sa_type=_JSON)


class SuiteMemberRow(SQLModel, table=True):
    """A module in a suite; insert-only."""

    __tablename__ = "suite_member"
    tenant_id: UUID = Field(primary_key=True)
    suite_id: UUID = Field(primary_key=True)
    module_id: UUID = Field(primary_key=True)


class RateTableRow(SQLModel, table=True):
    """A rate table; its prices are in slots."""

    __tablename__ = "rate_table"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    code: str
    name: str
    dimension: str
    applies: str
    created_at: datetime = Field(sa_type=INSTANT)


class RateTableSlotRow(SQLModel, table=True):
    """One state of a rate table; insert-only. `rows` are price texts by dimension."""

    __tablename__ = "rate_table_slot"
    tenant_id: UUID = Field(primary_key=True)
    rate_table_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    starts_at: datetime = Field(sa_type=INSTANT)
    rows: dict[str, str] = Field(sa_type=_JSON)
    default_price: Decimal | None = Field(sa_type=UNIT_PRICE)
    created_at: datetime = Field(sa_type=INSTANT)


class PricePlanRow(SQLModel, table=True):
    """A price plan's head; its prices are in versions."""

    __tablename__ = "price_plan"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    code: str
    name: str
    family: str | None
    level: int | None
    currency: str = Field(sa_type=CURRENCY)
    tax_mode: str
    state: str
    created_at: datetime = Field(sa_type=INSTANT)
    base_plan_id: UUID | None = None


class PricePlanVersionRow(SQLModel, table=True):
    """A version of a price plan; insert-only. The digest is of the version as first made."""

    __tablename__ = "price_plan_version"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    price_plan_id: UUID
    number: int
    effective_from: datetime = Field(sa_type=INSTANT)
    commitment: dict[str, Any] | None = Field(sa_type=_JSON)
    digest: bytes = Field(sa_type=BYTES)
    created_at: datetime = Field(sa_type=INSTANT)
    select_when: str | None = None
    apply_when: str | None = None
    rule_sets: dict[str, str] = Field(default_factory=dict, sa_type=_JSON)


class RateRow(SQLModel, table=True):
    """A product's rate in a plan version; insert-only.

    `rate_table_slot` is set for a table that is kept until moved: the slot that this
    version keeps.
    """

    __tablename__ = "rate"
    tenant_id: UUID = Field(primary_key=True)
    price_plan_version_id: UUID = Field(primary_key=True)
    product_id: UUID = Field(primary_key=True)
    frequency: str = Field(primary_key=True)
    rate_table_id: UUID | None
    rate_table_slot: int | None
    body: dict[str, Any] = Field(sa_type=_JSON)


class BillingTermsRow(SQLModel, table=True):
    """The head of billing terms."""

    __tablename__ = "billing_terms"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    code: str
    name: str
    kind: str
    state: str
    created_at: datetime = Field(sa_type=INSTANT)


class BillingTermsVersionRow(SQLModel, table=True):
    """A version of billing terms; insert-only."""

    __tablename__ = "billing_terms_version"
    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    billing_terms_id: UUID
    number: int
    body: dict[str, Any] = Field(sa_type=_JSON)
    digest: bytes = Field(sa_type=BYTES)
    created_at: datetime = Field(sa_type=INSTANT)
    counts_usage: bool = False


class BillingTermsPlanRow(SQLModel, table=True):
    """A price plan that a terms version allows; insert-only."""

    __tablename__ = "billing_terms_plan"
    tenant_id: UUID = Field(primary_key=True)
    billing_terms_version_id: UUID = Field(primary_key=True)
    price_plan_id: UUID = Field(primary_key=True)
    is_default: bool


class CatalogueEntryRow(SQLModel, table=True):
    """The head of an entry that is read whole: a segment, a discount, a usage catalogue."""

    __tablename__ = "catalogue_entry"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    section: str
    code: str
    name: str
    state: str
    created_at: datetime = Field(sa_type=INSTANT)


class CatalogueEntryVersionRow(SQLModel, table=True):
    """A version of an entry; insert-only."""

    __tablename__ = "catalogue_entry_version"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    entry_id: UUID
    number: int
    body: dict[str, Any] = Field(sa_type=_JSON)
    digest: bytes = Field(sa_type=BYTES)
    created_at: datetime = Field(sa_type=INSTANT)
