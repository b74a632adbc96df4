"""The seller whose closing is measured: four plans of one fee and five tiered usages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from bench.calendar import OPENED, ZONE
from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.db import Database
from core.kernel.clock import FixedClock
from core.tenancy.create_tenant import CreateTenant, create_tenant

PEPPER: Final = b"the pepper of the benchmark runs"
PLANS: Final = 4
FEE_PRODUCT: Final = "seat"
COMMITMENT: Final = 100
FLEXIBLE: Final = "flexible"
"""The terms under which everybody gets a tenth off, three times a year."""

USAGES: Final = (
    ("calls", "sms", "segment", ""),
    ("corrected", "postal", "corrected", ""),
    ("deduplicated", "postal", "deduplicated", ""),
    ("email", "email", "email", ""),
    ("sms", "sms", "segment", ""),
)
"""Product, channel, unit and dimension of each line of usage, in the order of an invoice.

Calls are metered as text messages are: a closing needs stored events only, but every channel
that it bills must be installed.
"""

_PRODUCTS: Final = """
products:
  calls: {kind: usage_service, name: Calls, meters: {channel: sms, unit: segment}}
  seat: {kind: licence, name: Seats, unit_label: seat}
  email: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
  corrected:
    {kind: usage_service, name: Addresses corrected, meters: {channel: postal, unit: corrected}}
  deduplicated:
    kind: usage_service
    name: Addresses deduplicated
    meters: {channel: postal, unit: deduplicated}
  sms: {kind: usage_service, name: Text messages, meters: {channel: sms, unit: segment}}
"""
_PLAN: Final = """
  {code}:
    name: Plan {code}
    currency: EUR{commitment}
    rates:
      seat: {{base: {fee}}}
      email: {{model: tiered, tiers: {tiers}}}
      corrected: {{model: tiered, tiers: {tiers}}}
      deduplicated: {{model: tiered, tiers: {tiers}}}
      calls: {{model: tiered, tiers: {tiers}}}
      sms: {{model: tiered, tiers: {tiers}}}
"""
_DISCOUNTS: Final = """
discounts:
  tenth: {name: A tenth, method: auto, percent: 10, times: 3, times_per: year}
"""
_PRICES: Final = ("0.05", "0.025", "0.0125", "0.01")


def catalogue_text() -> str:
    """Write the catalogue: plans p1 to p4, and c1 to c4, the same with a commitment."""
    plans = "".join(_plan(number, family) for family in "pc" for number in range(1, PLANS + 1))
    codes = [f"{family}{number}" for family in "pc" for number in range(1, PLANS + 1)]
    allowed = f"plans: [{', '.join(codes)}], default_plan: p1"
    terms = f"  monthly: {{name: Monthly, {allowed}}}\n"
    terms += f"  {FLEXIBLE}: {{name: Flexible, discounts: flexible, {allowed}}}"
    return f"{_PRODUCTS}price_plans:{plans}billing_terms:\n{terms}\n{_DISCOUNTS}"


def _plan(number: int, family: str) -> str:
    first = _PRICES[number - 1]
    tiers = (
        f"[{{from: 1, to: 100, price: {first}}}, {{from: 101, to: 1000, price: 0.005}},"
        " {from: 1001, price: 0.001}]"
    )
    minimum = (
        f"\n    commitment: {{minimum: {COMMITMENT},"
        " covers: {kinds: [licence, usage_service]}}"
        if family == "c"
        else ""
    )
    return _PLAN.format(
        code=f"{family}{number}", fee=10 * number, tiers=tiers, commitment=minimum
    )


@dataclass(frozen=True, slots=True)
class Seller:
    """The tenant, and its administrator's API key."""

    tenant_id: UUID
    key: str


async def make_seller(url: str, *, slug: str, tax: str) -> Seller:
    """Make a tenant by the real verbs; `tax` is the percentage of its standard class."""
    database = Database(url, role="api")
    command = CreateTenant(
        slug=slug, name="Bench", currency="EUR", timezone=ZONE, country="FR",
        legal={"taxRates": {"FR": {"standard": tax}}},
    )  # fmt: skip
    clock = FixedClock(OPENED)
    try:
        async with database.transaction(None, actor="bench", clock=clock) as tx:
            created = await create_tenant(tx, command, pepper=PEPPER)
        async with database.transaction(created.tenant.id, actor="bench", clock=clock) as tx:
            await apply_catalogue(tx, load_catalogue(catalogue_text()))
    finally:
        await database.close()
    return Seller(created.tenant.id, created.admin_key.text)
