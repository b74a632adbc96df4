"""The tables of this feature, as migrations 0021 and 0025 make them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from core.column_types import CURRENCY, IDS, INSTANT, MONEY_AMOUNT

_BIG: Final[Any] = BigInteger()


class SimulationRow(SQLModel, table=True):
    """What was asked, and how far it is."""

    __tablename__ = "simulation"

    tenant_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    month: date
    from_at: datetime = Field(sa_type=INSTANT)
    until_at: datetime = Field(sa_type=INSTANT)
    account_ids: list[UUID] | None = Field(default=None, sa_type=IDS)
    price_plan_id: UUID | None = None
    catalogue: str | None = None
    state: str
    accounts_total: int
    accounts_done: int
    last_account_id: UUID | None = None
    failure_code: str | None = None
    failure_reason: str | None = None
    requested_by: str
    created_at: datetime = Field(sa_type=INSTANT)
    started_at: datetime | None = Field(default=None, sa_type=INSTANT)
    finished_at: datetime | None = Field(default=None, sa_type=INSTANT)


class SimulationResultRow(SQLModel, table=True):
    """What an account would have paid in one currency; insert-only."""

    __tablename__ = "simulation_result"

    tenant_id: UUID = Field(primary_key=True)
    simulation_id: UUID = Field(primary_key=True)
    account_id: UUID = Field(primary_key=True)
    currency: str = Field(primary_key=True, sa_type=CURRENCY)
    subscriptions: int
    unbilled_periods: int
    invoiced: Decimal = Field(sa_type=MONEY_AMOUNT)
    credited: Decimal = Field(default=Decimal(0), sa_type=MONEY_AMOUNT)
    corrected: Decimal = Field(default=Decimal(0), sa_type=MONEY_AMOUNT)
    unused: Decimal = Field(default=Decimal(0), sa_type=MONEY_AMOUNT)
    before: Decimal = Field(sa_type=MONEY_AMOUNT)
    after: Decimal = Field(sa_type=MONEY_AMOUNT)
    difference: Decimal = Field(sa_type=MONEY_AMOUNT)
    difference_minor: int = Field(sa_type=_BIG)
    before_total: Decimal = Field(sa_type=MONEY_AMOUNT)
    after_total: Decimal = Field(sa_type=MONEY_AMOUNT)


class SimulationFailureRow(SQLModel, table=True):
    """A subscription that could not be priced, under which prices, and why; insert-only."""

    __tablename__ = "simulation_failure"

    tenant_id: UUID = Field(primary_key=True)
    simulation_id: UUID = Field(primary_key=True)
    subscription_id: UUID = Field(primary_key=True)
    account_id: UUID
    side: str
    code: str
    reason: str
