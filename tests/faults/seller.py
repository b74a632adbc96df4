"""Two sellers with months of contracts behind them, whose periods fall due when we say so.

Every subscription began `months` months ago. Its periods up to now exist and wait: their
due time is put two hours ahead, and `fall_due` puts it back to their end, one month and
half of the accounts at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.accounts.create_account import CreateAccount, create_account
from core.bootstrap import installed_by
from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.db import Database, Tx
from core.freeze_lock import share_freeze
from core.kernel.clock import FixedClock, SystemClock
from core.periods.repository import CLOSE_DUE, extend_periods
from core.periods.schedule import Schedule
from core.plugin_host import PluginHost, installed_sources
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from core.tenancy.create_tenant import CreateTenant, create_tenant
from core.tenant_due import note_due
from tests.faults import poison

PEPPER: Final = "the pepper of the fault harness, long enough"
CHUNK_SIZE: Final = 4
LATER: Final = timedelta(hours=2)
PLANS: Final = ("plain", "tiered", "minimum")
POISONED: Final = "poisoned"

CATALOGUE: Final = """
products:
  seats: {kind: licence, name: Seats, unit_label: seat}
  email: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
  sms: {kind: usage_service, name: Text messages, meters: {channel: sms, unit: segment}}
price_plans:
  plain:
    name: Plain
    currency: EUR
    rates:
      seats: {base: 25}
      email: {base: 1.90, package: {size: 1000}}
      sms: {table: {rows: {FR: 0.0613, DE: 0.0899}, default: 0.1107}}
  tiered:
    name: Tiered
    currency: EUR
    rates:
      seats: {base: 19.99}
      email:
        model: tiered
        base: 0
        tiers: [{from: 0, to: 1000, price: 0.0123}, {from: 1001, to: 5000, price: 0.0087},
          {from: 5001, price: 0.0051}]
      sms: {table: {rows: {FR: 0.0613, DE: 0.0899}, default: 0.1107}}
  minimum:
    name: Minimum
    currency: EUR
    commitment: {minimum: 40, covers: {kinds: [usage_service]}}
    rates:
      seats: {base: 7.77}
      email: {base: 1.90, package: {size: 1000}}
      sms: {table: {rows: {FR: 0.0613, DE: 0.0899}, default: 0.1107}}
  poisoned:
    name: Poisoned
    currency: EUR
    rates:
      seats: {model: poison_model, base: 2, options: {kind: POISON}}
      email: {base: 1.90, package: {size: 1000}}
      sms: {table: {rows: {FR: 0.0613, DE: 0.0899}, default: 0.1107}}
billing_terms:
  monthly: {name: Monthly, plans: [plain, tiered, minimum, poisoned], default_plan: plain}
"""


@dataclass(frozen=True, slots=True)
class Customer:
    """An account with its one subscription; `half` says with whom it falls due."""

    ref: str
    account_id: UUID
    subscription_id: UUID
    plan: str
    seats: int
    half: int


@dataclass(slots=True)
class Seller:
    """A tenant, its key, and its customers."""

    tenant_id: UUID
    key: str = field(repr=False)
    customers: list[Customer] = field(default_factory=list)


def month_starts(months: int) -> list[datetime]:
    """Return the starts of the last `months` months and of this one, in UTC."""
    this = SystemClock().now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = [this]
    for _month in range(months):
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found[::-1]


def poisoned_host() -> PluginHost:
    """Return the host as the processes have it: built-in plugins, and the poison."""
    return PluginHost([*installed_sources(), poison])


async def open_sellers(
    url: str, *, customers: tuple[int, ...], months: int, poison_kind: str
) -> list[Seller]:
    """Make the sellers; the first customer of each is the one with the poisoned plan."""
    starts = month_starts(months)
    db = Database(url, role="worker", pool_size=2)
    try:
        return [
            await _seller(db, f"seller-{place}", count, starts, poison_kind)
            for place, count in enumerate(customers)
        ]
    finally:
        await db.close()


async def _seller(
    db: Database, slug: str, count: int, starts: list[datetime], poison_kind: str
) -> Seller:
    began = FixedClock(starts[0])
    command = CreateTenant(slug, slug.title(), "EUR", "UTC", "FR")
    async with db.transaction(None, actor="operator", clock=began) as tx:
        created = await create_tenant(tx, command, pepper=PEPPER.encode())
        catalogue = load_catalogue(CATALOGUE.replace("POISON", poison_kind))
        await apply_catalogue(tx, catalogue, installed=installed_by(poisoned_host()))
    seller = Seller(created.tenant.id, created.admin_key.text)
    async with db.transaction(seller.tenant_id, actor="operator", clock=began) as tx:
        for number in range(count):
            seller.customers.append(await _customer(tx, number))
    async with db.transaction(seller.tenant_id, actor="operator") as tx:
        await _make_periods(tx, seller, starts[0])
    return seller


async def _customer(tx: Tx, number: int) -> Customer:
    ref, seats = f"c{number}", number % 7 + 1
    plan = POISONED if number == 0 else PLANS[number % len(PLANS)]
    account = await create_account(tx, CreateAccount(name=f"Client {number}", ref=ref))
    numbers = {"seats": seats, "email": 1, "sms": 1}
    items = [NewItem(product, Decimal(count)) for product, count in numbers.items()]
    made = await subscribe(
        tx,
        Subscribe(account=account.id, billing_terms="monthly", price_plan=plan, items=items),
    )
    return Customer(ref, account.id, made.id, plan, seats, number % 2)


async def _make_periods(tx: Tx, seller: Seller, start: datetime) -> None:
    """Make every period up to next month's, and let none be due yet."""
    from core.catalogue.terms_versions import load_terms_versions
    from core.subscriptions import repository as subscriptions

    ids = [one.subscription_id for one in seller.customers]
    await share_freeze(tx)
    found = await subscriptions.subscriptions(tx, ids)
    phases = await subscriptions.phases_of(tx, ids)
    versions = {one: phases[one][-1].billing_terms_version_id for one in ids}
    terms = await load_terms_versions(tx, set(versions.values()))
    schedules = {
        one: Schedule.of(
            terms[versions[one]], anchor=found[one].anchor, zone=found[one].timezone
        )
        for one in ids
    }
    until = tx.now + timedelta(days=32)
    await extend_periods(tx, ids, schedules=schedules, until=until)
    await tx.execute(
        "UPDATE billing_period SET due_at = greatest(due_at, $2) WHERE tenant_id = $1",
        tx.tenant_id,
        tx.now + LATER,
    )


async def fall_due(tx: Tx, seller: Seller, *, month: datetime, half: int) -> None:
    """Let a month of half of the accounts be due, at the instant at which it ended."""
    await share_freeze(tx)
    ids = [one.subscription_id for one in seller.customers if one.half == half]
    await tx.execute(
        "UPDATE billing_period SET due_at = ends_at WHERE tenant_id = $1 AND state = 'open'"
        " AND starts_at = $2 AND subscription_id = ANY ($3::uuid[])",
        tx.tenant_id,
        month,
        ids,
    )
    await note_due(tx, CLOSE_DUE, at=datetime(2000, 1, 1, tzinfo=UTC))
