"""A small shop's catalogue as YAML, and what was stored of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from core.catalogue.apply import apply_catalogue
from core.catalogue.plan_versions import load_plan_versions
from core.catalogue.records import PricePlan
from core.catalogue.repository import (
    head_by_code,
    plan_version_heads,
)
from core.catalogue.yaml_source import load_catalogue
from core.kernel.clock import FixedClock
from core.plugin_host import PluginSource

CRM360 = Path(__file__).parents[3] / "api" / "demo" / "crm360.yaml"
PLUGINS = [
    PluginSource(name=name, version="0", target=f"plugins.{name}.plugin", is_built_in=True)
    for name in ("email", "postal", "sms")
]
TABLES = (
    "gauge",
    "product",
    "suite_member",
    "rate_table",
    "rate_table_slot",
    "price_plan",
    "price_plan_version",
    "rate",
    "billing_terms",
    "billing_terms_version",
    "billing_terms_plan",
    "audit_entry",
)
SMALL = """
products:
  fee: {kind: termed_service, name: Fee}
price_plans:
  basic:
    name: Basic
    currency: EUR
    rates:
      fee: {base: 20}
"""


async def counts(begin):
    """The number of rows of every table that applying may write."""
    async with begin() as tx:
        return {table: await tx.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}


async def apply(begin, text, **options):
    """Apply YAML text in a transaction of its own."""
    async with begin(**options) as tx:
        return await apply_catalogue(tx, load_catalogue(text, file="shop.yaml"))


async def numbers(begin, code="basic"):
    """The numbers of a plan's versions."""
    async with begin() as tx:
        plan = await head_by_code(tx, PricePlan, code)
        return [v.number for v in (await plan_version_heads(tx, [plan.id]))[plan.id]]


async def version_of(begin, code="basic", number=None):
    """A plan version as the engine gets it: the last one, or the one of a number."""
    async with begin() as tx:
        plan = await head_by_code(tx, PricePlan, code)
        heads = (await plan_version_heads(tx, [plan.id]))[plan.id]
        head = heads[-1] if number is None else heads[number - 1]
        return (await load_plan_versions(tx, [head.id]))[head.id]


DATED = """
products:
  sms: {kind: usage_service, name: SMS, meters: {channel: sms, unit: segment}}
rate_tables:
  cards:
    name: Rate cards
    dimension: country
    applies: on_event_date
    slots:
      - {from: 2026-01-01, rows: {FR: 0.06}}
price_plans:
  basic: {name: Basic, currency: EUR, rates: {sms: {table: cards}}}
"""
JUNE = FixedClock(datetime(2026, 6, 1, tzinfo=UTC))
