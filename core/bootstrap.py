"""The one place where a process is put together: database, plugins, pool, clock.

Whoever serves (the API, a worker, a command, a test) enters `bootstrap` at its edge and
hands the `Application` down. Nothing here is global, so that one process can hold several.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from redis.asyncio import Redis

from core.alerts.own_time import AlertsDue
from core.billing_cycles.due_orders import OrdersDue
from core.billing_cycles.due_payments import PaymentsDue
from core.billing_cycles.due_work import DueWork
from core.billing_cycles.interim import InterimWork
from core.billing_cycles.jobs import JobsNow
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.usage_gate import UsageGate
from core.billing_cycles.wallet_grace import WalletWork
from core.catalogue.checks import Installed
from core.changes.end_unpaid import end_unpaid
from core.config import Settings
from core.database_address import Role
from core.db import Database, Tx
from core.embedded import ServiceUrls
from core.identities import TokenVerifier
from core.kernel.clock import Clock
from core.live import Feed
from core.orders.posting import Recorder
from core.payments.asking import Gateways
from core.payments.gateways import gateways_of
from core.plugin_api import WindowedChannel
from core.plugin_host import PluginHost, warn_of_deprecations
from core.pricing_pool import PricingPool
from core.rating.price_model import PriceModels
from core.rating.price_models import BUILT_IN
from core.tenancy import Authenticator
from core.usage.gate import Gate

LIVE_ACTOR: Final = "system:live"
NEW_OBJECTS_PER_COLLECTION: Final = 100_000
"""Objects made and kept before Python's cyclic collector looks at them; its own 700 suits
small programs. A batch makes some ten objects for each event, none of them in cycles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What a process works with; made by `bootstrap`, closed by it.

    Without a `clock` each transaction has the database's time. `redis` is None where the
    process has none: everything but speed is the same without it.
    """

    settings: Settings
    urls: ServiceUrls = field(repr=False)
    database: Database
    host: PluginHost
    pool: PricingPool
    authenticator: Authenticator
    installed: Installed
    gate: Gate
    gateways: Gateways
    live: Feed
    due_work: tuple[DueWork, ...] = ()
    pepper: bytes = field(repr=False)
    clock: Clock | None = None
    redis: Redis | None = None

    @property
    def price_models(self) -> PriceModels:
        """The price models by name: Forfait's own and the plugins'."""
        return self.installed.models

    @asynccontextmanager
    async def transaction(
        self,
        tenant_id: UUID | None,
        *,
        actor: str,
        unit_id: UUID | None = None,
        account_id: UUID | None = None,
    ) -> AsyncIterator[Tx]:
        """Open a transaction of one tenant at this application's time; commit at the end.

        `unit_id` is that of the staff member who asks, `account_id` that of the customer;
        without either it sees all of the tenant.
        """
        async with self.database.transaction(
            tenant_id,
            actor=actor,
            clock=self.clock,
            unit_id=unit_id,
            account_id=account_id,
        ) as tx:
            yield tx

    def reading(
        self,
        tenant_id: UUID | None,
        *,
        actor: str,
        unit_id: UUID | None = None,
        account_id: UUID | None = None,
    ) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction as `transaction`, for those who only read in it."""
        return self.database.reading(
            tenant_id, actor=actor, clock=self.clock, unit_id=unit_id, account_id=account_id
        )


@asynccontextmanager
async def bootstrap(
    settings: Settings,
    urls: ServiceUrls,
    *,
    role: Role = "api",
    clock: Clock | None = None,
    plugins: Iterable[object] | None = None,
) -> AsyncIterator[Application]:
    """Put a process together, and take it apart at the end of the block.

    `plugins` replaces those that are installed; the settings may add one-file plugins, and
    leave plugins out. Enter it before serving: the pool's fork server starts here.

    Raises:
        PluginsRefused: a plugin breaks the contract; nothing has been started.
        ConfigurationMissing: no pepper is known.
    """
    host = PluginHost(
        plugins, plugins_dir=settings.plugins_dir, disabled=settings.disabled_plugins
    )
    warn_of_deprecations(host.plugins())
    pepper = settings.key_pepper()
    pool = PricingPool(host, time_limit_seconds=settings.plugin_timeout_seconds)
    database = _database(settings, urls, role)
    gate = UsageGate(Pricing(host, pool))
    gateways = gateways_of(host)
    redis = _redis(settings, urls)
    verifier = TokenVerifier(settings.oidc_issuers) if settings.oidc_issuers else None
    live = Feed(lambda tenant: database.transaction(tenant, actor=LIVE_ACTOR, clock=clock))
    settle_collector()
    try:
        yield Application(
            settings=settings,
            urls=urls,
            database=database,
            host=host,
            pool=pool,
            authenticator=Authenticator(
                database, pepper=pepper, clock=clock, verifier=verifier
            ),
            installed=installed_by(host),
            gate=gate,
            gateways=gateways,
            live=live,
            due_work=_due_work(host, pool, gate, gateways),
            pepper=pepper,
            clock=clock,
            redis=redis,
        )
    finally:
        await live.close()
        if redis is not None:
            await redis.aclose()
        if verifier is not None:
            await verifier.close()
        await database.close()
        await asyncio.to_thread(pool.close)


def _database(settings: Settings, urls: ServiceUrls, role: Role) -> Database:
    return Database(
        urls.database_url,
        role=role,
        pool_size=settings.pool_size,
        pool_overflow=settings.pool_overflow,
        statement_timeout_ms=_statement_timeout(settings, role),
    )


def _due_work(
    host: PluginHost, pool: PricingPool, gate: Gate, gateways: Gateways
) -> tuple[DueWork, ...]:
    return (
        OrdersDue(Recorder(host, gate, pool)),
        JobsNow(lambda: Pricing(host, pool)),
        InterimWork(Pricing(host, pool)),
        WalletWork(),
        PaymentsDue(gateways, end_unpaid),
        AlertsDue(Pricing(host, pool)),
    )


def settle_collector() -> None:
    """Let Python's cyclic garbage collector run seldom, and never over what is loaded now.

    Reference counting frees what a request or a chunk makes. Measured with a stream of
    20,000 events: 51 microseconds of Python for each with the usual settings, 28 without.
    """
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS_PER_COLLECTION, 20, 20)


def installed_by(host: PluginHost) -> Installed:
    """Return what the catalogue may name of the plugins: channels' units, price models."""
    own: Mapping[str, Any] = {
        name: hosted.contribution for name, hosted in host.price_models.items()
    }
    return Installed(
        channels={name: frozenset(each.units) for name, each in host.channels.items()},
        priced_by_event=frozenset(
            name for name, each in host.channels.items() if each.pricing == "per_event"
        ),
        rule_sets={
            name: frozenset(found.code for found in each.channel.rule_sets)
            for name, each in host.channels.items()
            if isinstance(each.channel, WindowedChannel)
        },
        models={**BUILT_IN, **own},
    )


def _statement_timeout(settings: Settings, role: Role) -> int:
    if role == "worker":
        return settings.close_statement_timeout_ms
    return settings.statement_timeout_ms


def _redis(settings: Settings, urls: ServiceUrls) -> Redis | None:
    """Open lazily: a Redis that is down must not keep a process from starting."""
    if not urls.redis_url:
        return None
    seconds = settings.enqueue_timeout_ms / 1000
    redis: Redis = Redis.from_url(
        urls.redis_url, socket_timeout=seconds, socket_connect_timeout=seconds
    )
    return redis
