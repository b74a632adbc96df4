"""A pay-TV seller with everything due that is billed between closings, and a closing too.

By the machine's own clock, for real worker processes: orders whose time has come, unbilled
usage beyond its threshold, completed jobs, wallets, and a month that a discount reduces.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from core.billing_cycles.wallet_top_up import TopUp, wallet_top_up
from core.bootstrap import installed_by
from core.db import Database
from core.jobs.complete import complete_job
from core.jobs.create import CreateJob, create_job
from core.jobs.lines import NewLine
from core.kernel.clock import SystemClock
from core.orders.order import place_order
from core.orders.posting import Recorder
from core.orders.records import PlaceOrder
from core.outbox import OUTBOX_KIND
from core.plugin_host import PluginHost
from core.tenant_due import insist_due
from tests.building import Shop, open_shop
from tests.faults.loaded import Rows, months, sorted_rows

VIEWERS: Final = 3
CATALOGUE: Final = """
products:
  gold: {kind: termed_service, name: Gold}
  film: {kind: usage_service, name: Film, type: film, meters: {channel: ott, unit: order}}
  email: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
  antenna: {kind: physical_good, name: Antenna}
price_plans:
  tv:
    name: TV
    currency: EUR
    rates: {gold: {base: 25}, email: {base: 0.50}, antenna: {base: 8}}
billing_terms:
  monthly: {name: Monthly, plans: [tv], discounts: flexible}
  two: {name: Two at most, plans: [tv], max_unbilled_events: 2}
  prepaid: {name: Prepaid, kind: prepaid, plans: [tv], grace: 3 days}
  work: {name: Work, kind: job, plans: [tv]}
job_types:
  installation: {name: Installation, estimate: 14 days, terms: work}
discounts:
  tenth: {name: A tenth, method: auto, percent: 10, times: 1, times_per: year}
udr_types:
  film: {name: Film}
usage_definitions:
  films: {name: Films, product_types: [film], providers: [Nagra Media Live]}
usage_catalogues:
  films:
    name: Films
    currency: EUR
    provider: Nagra Media Live
    termed_services: [gold]
    services: {film: {provisioning_id: F1, base: 3}}
"""


async def load(database_url: str) -> UUID:
    """Fill a database. Of each kind of customer there are three, each with an account.

    - `viewer`: Gold at 25.00, a tenth off once a year, one film ordered for ten minutes ago;
      last month is due: 22.50, or 27.00 with tax.
    - `reader`: three e-mails this month at 0.50, of which two may be unbilled.
    - `builder`: an antenna at 8.00, completed.
    - `payer`: prepaid, with 50.00: Gold in advance for this month is 30.00 with tax.
    """
    _before, last = months()
    db = Database(database_url, role="worker", pool_size=2)
    host = PluginHost()
    shop = await open_shop(db, catalogue=CATALOGUE, installed=installed_by(host))
    for number in range(VIEWERS):
        await _viewer(shop, host, f"viewer-{number}", last)
        await _reader(shop, f"reader-{number}", last)
        await _builder(shop, f"builder-{number}")
        await _payer(shop, f"payer-{number}")
    await db.close()
    return shop.tenant_id


def this_month() -> datetime:
    """Return the start of this month, in UTC."""
    return SystemClock().now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)


async def _viewer(shop: Shop, host: PluginHost, name: str, began: datetime) -> None:
    client = await shop.customer(name, opened=began)
    subscription = await shop.subscribed(client, ("gold", "1"), plan="tv", now=began)
    time = max(SystemClock().now() - timedelta(minutes=10), this_month())
    command = PlaceOrder(
        subscription_id=subscription.id, service="film", udr_type="film", ordered_for=time
    )
    async with shop.at(time - timedelta(hours=1)) as tx:
        await place_order(tx, command, recorder=Recorder(host, shop.gate))


async def _reader(shop: Shop, name: str, began: datetime) -> None:
    client = await shop.customer(name, opened=began)
    start = this_month()
    await shop.subscribed(client, ("email", "1"), plan="tv", terms="two", now=start)
    await shop.report(client, [(1, start)] * 3, now=start)


async def _builder(shop: Shop, name: str) -> None:
    client = await shop.customer(name)
    command = CreateJob(
        account=client, type="installation", lines=[NewLine("antenna", Decimal(1))]
    )
    now = SystemClock().now()
    async with shop.at(now) as tx:
        job = await create_job(tx, command)
    async with shop.at(now) as tx:
        await complete_job(tx, job_id=job.id)


async def _payer(shop: Shop, name: str) -> None:
    start = this_month()
    client = await shop.customer(name, opened=start)
    subscription = await shop.subscribed(
        client, ("gold", "1"), plan="tv", terms="prepaid", now=start
    )
    async with shop.at(start) as tx:
        money = TopUp(subscription.id, Decimal(50))
        await wallet_top_up(tx, money, pricing=shop.pricing)


_WAITING: Final = """
SELECT (SELECT count(*) FROM billing_period WHERE state = 'frozen'
        OR (state = 'open' AND due_at <= $1))
    + (SELECT count(*) FROM close_chunk WHERE state = 'waiting')
    + (SELECT count(*) FROM interim_request)
    + (SELECT count(*) FROM job WHERE due_at <= $1)
    + (SELECT count(*) FROM usage_order WHERE state = 'scheduled' AND ordered_for <= $1)
    + (SELECT count(*) FROM outbox WHERE done_at IS NULL)
"""


async def still_waiting(db: Database, tenant_id: UUID) -> int:
    """Count what is due or on its way."""
    async with db.transaction(tenant_id, actor="test") as tx:
        found: int = await tx.fetchval(_WAITING, tx.now)
    return found


async def leases_end(db: Database, tenant_id: UUID) -> None:
    """Let the minute pass in which messages that a dead relay had claimed are nobody else's."""
    async with db.transaction(tenant_id, actor="test") as tx:
        await tx.execute(
            "UPDATE outbox SET next_at = $2 WHERE tenant_id = $1 AND done_at IS NULL",
            tenant_id,
            tx.now,
        )
        await insist_due(tx, OUTBOX_KIND, at=tx.now)


_TOLD: Final = {
    "billed": """
        SELECT a.name, l.kind, l.description, l.quantity, l.amount, i.total, i.line_count,
            coalesce(p.starts_at, '-infinity'::timestamptz)
        FROM invoice_line l JOIN invoice i ON i.tenant_id = $1 AND i.id = l.invoice_id
        JOIN account a ON a.tenant_id = $1 AND a.id = i.account_id
        LEFT JOIN billing_period p ON p.tenant_id = $1 AND p.id = l.period_id
        WHERE l.tenant_id = $1""",
    "steps": """
        SELECT a.name, p.stream, p.starts_at, p.state, s.seq, s.totals, s.inputs
        FROM billing_step s JOIN billing_period p ON p.tenant_id = $1 AND p.id = s.period_id
        JOIN account a ON a.tenant_id = $1 AND a.id = p.account_id WHERE s.tenant_id = $1""",
    "orders": """
        SELECT a.name, o.state, o.reason, e.amount, e.sign, r.state AS asked, r.error,
            g.provider, g.provisioning_id
        FROM usage_order o JOIN account a ON a.tenant_id = $1 AND a.id = o.account_id
        LEFT JOIN usage_event e ON e.tenant_id = $1 AND e.identity = o.event_identity
        LEFT JOIN provisioning_request r ON r.tenant_id = $1 AND r.order_id = o.id
        LEFT JOIN provisioning_log g ON g.tenant_id = $1 AND g.request_id = r.id
        WHERE o.tenant_id = $1""",
    "wallets": """
        SELECT a.name, w.balance, e.kind, e.amount, e.balance AS after FROM wallet w
        JOIN account a ON a.tenant_id = $1 AND a.id = w.account_id
        JOIN wallet_entry e ON e.tenant_id = $1 AND e.wallet_id = w.id
        WHERE w.tenant_id = $1""",
    "discounts": """
        SELECT a.name, g.state, g.uses, w.uses AS in_a_year, w.allowed FROM discount_grant g
        JOIN account a ON a.tenant_id = $1 AND a.id = g.account_id
        LEFT JOIN discount_window w ON w.tenant_id = $1 AND w.account_id = g.account_id
        WHERE g.tenant_id = $1""",
    "jobs": """
        SELECT a.name, j.state, b.invoice_id IS NOT NULL FROM job j
        JOIN account a ON a.tenant_id = $1 AND a.id = j.account_id
        LEFT JOIN job_billing b ON b.tenant_id = $1 AND b.job_id = j.id
        WHERE j.tenant_id = $1""",
    # Without what says how the work went: each frozen slice, each chunk.
    "outbox": """
        SELECT topic, count(*) FROM outbox
        WHERE tenant_id = $1 AND topic <> 'close.progressed' GROUP BY topic""",
}


async def told(db: Database, tenant_id: UUID) -> dict[str, Rows]:
    """Return all that became of it as sorted rows, without ids, numbers and times of work."""
    return await sorted_rows(db, tenant_id, statements=_TOLD)
