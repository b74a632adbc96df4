"""A seller in the manner of the CRM suite, made by the real verbs, at times of one's choosing.

Monthly terms in arrears (`monthly`) and in advance (`advance`), a yearly one whose usage is
invoiced monthly (`yearly`). Level 3 is a package priced by hosted profiles with a minimum
of 1000.00 a month over modules; e-mails go in batches of 1000 at 1.90, text messages at
0.06 each. Prices are net; France taxes 20 %.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from core.accounts.create_account import CreateAccount, InvoicePer, create_account
from core.billing_cycles.close_chunk import close_next_chunk
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.sweep import Swept, sweep
from core.billing_cycles.usage_gate import UsageGate
from core.catalogue.apply import BUILT_INS, apply_catalogue
from core.catalogue.checks import Installed
from core.catalogue.yaml_source import load_catalogue
from core.db import Database, Tx
from core.gauges.gauge_set import GaugeReading, gauge_set
from core.kernel.clock import FixedClock
from core.plugin_host import PluginHost
from core.subscriptions.records import Subscription
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from core.tenancy.create_tenant import CreateTenant, create_tenant
from core.usage.record import record_usage
from core.usage.records import UsageReport, Verdict
from plugins.email.pricing import EmailEvent

CATALOGUE = """
gauges:
  profiles: {name: Profiles hosted}
products:
  package: {kind: module, name: Package, quantity_from: {gauge: profiles}}
  seats: {kind: licence, name: Seats, unit_label: seat}
  support: {kind: termed_service, name: Support}
  unpriced: {kind: licence, name: Unpriced}
  email: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
price_plans:
  level-3:
    name: Level 3
    currency: EUR
    family: levels
    commitment: {minimum: 1000, covers: {kinds: [module]}}
    rates:
      package: {base: 0.0064}
      email: {base: 1.90, package: {size: 1000}}
  simple:
    name: Simple
    currency: EUR
    rates:
      seats: {base: 25}
      support: {base: 31}
      email: {base: 1.90, package: {size: 1000}}
billing_terms:
  monthly: {name: Monthly, plans: [level-3, simple], default_plan: simple}
  advance: {name: In advance, fixed_charges: advance, plans: [simple]}
  yearly:
    {name: Yearly, frequency: year, usage_frequency: month, fixed_charges: advance,
    plans: [simple]}
"""

PEPPER = b"the pepper of the tests"
GATE: Final = UsageGate(Pricing())
"""The gate of tests of usage alone."""
_slugs = (f"shop-{number}" for number in itertools.count(1))


def utc(month: int, day: int = 1, hour: int = 0, *, year: int = 2026) -> datetime:
    """An instant; the shop keeps UTC, so its days are those of the calendar."""
    return datetime(year, month, day, hour, tzinfo=UTC)


FIRST: Final = utc(1)


@dataclass(slots=True)
class Shop:
    """A seller and how its tests act on it; every verb is told what time it is."""

    db: Database
    tenant_id: UUID
    pricing: Pricing = field(default_factory=Pricing)
    host: PluginHost = field(default_factory=PluginHost)
    gate: UsageGate = field(init=False)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.gate = UsageGate(self.pricing)

    def at(self, now: datetime | None = None) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction of the seller at an instant."""
        clock = None if now is None else FixedClock(now)
        return self.db.transaction(self.tenant_id, actor="staff:ada", clock=clock)

    async def customer(
        self,
        name: str = "Client",
        *,
        opened: datetime = FIRST,
        invoice_per: InvoicePer = "subscription",
        test_clock: datetime | None = None,
        country: str | None = None,
        tax_number: str | None = None,
    ) -> UUID:
        """Open an account."""
        command = CreateAccount(
            name=name, invoice_per=invoice_per, test_clock=test_clock, country=country,
            tax_number=tax_number,
        )  # fmt: skip
        async with self.at(opened) as tx:
            return (await create_account(tx, command)).id

    async def subscribed(
        self,
        account: UUID,
        *items: tuple[str, str],
        terms: str = "monthly",
        plan: str = "simple",
        now: datetime = FIRST,
    ) -> Subscription:
        """Subscribe an account to items (product, quantity)."""
        chosen = [NewItem(product, Decimal(quantity)) for product, quantity in items]
        command = Subscribe(account=account, billing_terms=terms, price_plan=plan, items=chosen)
        async with self.at(now) as tx:
            return await subscribe(tx, command)

    async def emails(
        self, account: UUID, quantity: int, *, on: datetime, now: datetime | None = None
    ) -> Verdict:
        """Report e-mails as one event that happened on an instant, arriving by `now`."""
        return (await self.report(account, [(quantity, on)], now=now or on))[0]

    async def report(
        self, account: UUID, events: Sequence[tuple[int, datetime]], *, now: datetime | None
    ) -> list[Verdict]:
        """Report several e-mail events in one batch."""
        reports = [
            UsageReport(account, "router", f"e{next(self._ids)}", on, "email", EmailEvent(n))
            for n, on in events
        ]
        async with self.at(now) as tx:
            verdicts = await record_usage(tx, host=self.host, events=reports, gate=self.gate)
        assert [one.outcome for one in verdicts] == ["accepted"] * len(events), verdicts
        return verdicts

    async def profiles(self, account: UUID, value: int, *, on: datetime) -> None:
        """Set the gauge of hosted profiles."""
        one = GaugeReading(
            account=account, gauge="profiles", value=Decimal(value), at=on, source="crm",
            id=f"g{next(self._ids)}",
        )  # fmt: skip
        async with self.at(on) as tx:
            (verdict,) = await gauge_set(tx, [one])
        assert verdict.verdict == "accepted", verdict

    async def sweep(self, now: datetime, *, chunk_size: int = 1000) -> Swept:
        """Sweep once."""
        return await sweep(
            self.db, pricing=self.pricing, chunk_size=chunk_size, clock=FixedClock(now)
        )

    async def close(self, now: datetime, *, chunk_size: int = 1000) -> int:
        """Sweep, and close every waiting chunk; return how many invoices were made."""
        await self.sweep(now, chunk_size=chunk_size)
        made = 0
        for _chunk in range(1000):
            closed = await close_next_chunk(
                self.db, self.tenant_id, pricing=self.pricing, clock=FixedClock(now)
            )
            if closed is None:
                return made
            made += closed.invoices
        raise AssertionError("more than 1000 chunks")

    async def rows(self, sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Read rows of the seller; `$1` is its id."""
        async with self.at() as tx:
            return [tuple(row) for row in await tx.fetch(sql, self.tenant_id, *arguments)]

    async def invoices(self, account: UUID | None = None) -> list[dict[str, Any]]:
        """Every invoice in the order of its number, with its lines as plain texts."""
        async with self.at() as tx:
            found = await tx.fetch(
                "SELECT i.id, n.series, n.n, i.total, i.tax, i.net, i.due_at, i.issue_date"
                " FROM invoice i JOIN invoice_number n"
                " ON n.tenant_id = i.tenant_id AND n.invoice_id = i.id"
                " WHERE i.tenant_id = $1 AND ($2::uuid IS NULL OR i.account_id = $2)"
                " ORDER BY n.series, n.n",
                tx.tenant_id,
                account,
            )
            lines = await tx.fetch(
                "SELECT invoice_id, kind, description, quantity, amount FROM invoice_line"
                " WHERE tenant_id = $1 ORDER BY invoice_id, number",
                tx.tenant_id,
            )
        return [
            {
                "number": f"{one['series']}-{one['n']}",
                "total": f"{one['total']:.2f}",
                "tax": f"{one['tax']:.2f}",
                "date": str(one["issue_date"]),
                "lines": [
                    (line["kind"], line["description"], f"{line['amount']:.2f}")
                    for line in lines
                    if line["invoice_id"] == one["id"]
                ],
            }
            for one in found
        ]


async def open_shop(
    db: Database,
    *,
    catalogue: str = CATALOGUE,
    zone: str = "UTC",
    installed: Installed = BUILT_INS,
) -> Shop:
    """Make a seller with its catalogue, on 1 December 2025."""
    began = FixedClock(utc(12, year=2025))
    command = CreateTenant(
        slug=next(_slugs), name="Shop", currency="EUR", timezone=zone, country="FR"
    )
    async with db.transaction(None, actor="operator", clock=began) as tx:
        created = await create_tenant(tx, command, pepper=PEPPER)
    shop = Shop(db, created.tenant.id)
    async with shop.at(began.now()) as tx:
        await apply_catalogue(tx, load_catalogue(catalogue), installed=installed)
    return shop


DUMPED = {
    "invoice": "a.name, i.currency, i.tax_mode, i.issue_date, i.due_at, i.net, i.tax, i.total,"
    " i.taxes, i.parties, i.line_count, encode(i.digest, 'hex') AS digest",
    "invoice_line": "a.name, i.due_at, l.number, l.kind, p.code, l.is_difference,"
    " l.description, l.quantity, l.unit, l.dimension, l.from_at, l.until_at, l.amount, l.net,"
    " l.tax, l.gross, l.tax_class, l.tax_rate, l.working",
}
_FROM = (
    " FROM invoice i JOIN account a ON a.tenant_id = i.tenant_id AND a.id = i.account_id"
    " {more} WHERE i.tenant_id = $1"
)
_LINES = (
    "JOIN invoice_line l ON l.tenant_id = i.tenant_id AND l.invoice_id = i.id"
    " LEFT JOIN product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id"
)


async def canonical_dump(tx: Tx) -> list[str]:
    """Return all that the tenant has billed as sorted texts, without ids and numbers.

    Two closings of the same facts give the same dump, whatever happened on the way. The
    digest is left out where accounts have other ids; within one database copy it counts.
    """
    found: list[str] = []
    for table, columns in DUMPED.items():
        more = _LINES if table == "invoice_line" else ""
        sql = f"SELECT {columns}{_FROM.format(more=more)}"
        found += [f"{table}: {dict(row)}" for row in await tx.fetch(sql, tx.tenant_id)]
    periods = await tx.fetch(
        "SELECT a.name, p.stream, p.ordinal, p.starts_at, p.ends_at, p.due_at, p.state"
        " FROM billing_period p JOIN account a ON a.tenant_id = $1 AND a.id = p.account_id"
        " WHERE p.tenant_id = $1",
        tx.tenant_id,
    )
    steps = await tx.fetch(
        "SELECT a.name, p.stream, p.ordinal, s.seq, s.totals, s.inputs FROM billing_step s"
        " JOIN billing_period p ON p.tenant_id = $1 AND p.id = s.period_id"
        " JOIN account a ON a.tenant_id = $1 AND a.id = p.account_id WHERE s.tenant_id = $1",
        tx.tenant_id,
    )
    slices = await tx.fetch(
        "SELECT item_id, revision, kind, from_at, until_at, quantity, amount FROM fee_slice"
        " WHERE tenant_id = $1",
        tx.tenant_id,
    )
    parked = await tx.fetch(
        "SELECT subscription_id, due_at, code, reason, plugin FROM parked_subscription"
        " WHERE tenant_id = $1 AND healed_at IS NULL",
        tx.tenant_id,
    )
    outbox = await tx.fetch(
        "SELECT topic, count(*) AS n FROM outbox WHERE tenant_id = $1 GROUP BY topic",
        tx.tenant_id,
    )
    for name, rows in (
        ("period", periods),
        ("step", steps),
        ("slice", slices),
        ("parked", parked),
        ("outbox", outbox),
    ):
        found += [f"{name}: {dict(row)}" for row in rows]
    return sorted(found)
