"""One run: set up, load under faults, let everything settle, ask the oracle."""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from core import migrations
from core.db import Database
from core.embedded import DatabaseUrls, EmbeddedServices
from core.kernel.clock import SystemClock
from core.logging import configure_logging
from tests.faults.books import read_books
from tests.faults.checks import check_invariants
from tests.faults.clients import Calendar, Client
from tests.faults.film_oracle import compare_films
from tests.faults.inject import Faults
from tests.faults.ledger import read_ledger
from tests.faults.mutants import MUTANTS
from tests.faults.oracle import Findings, Ledgers, compare_invoices, compare_ledgers
from tests.faults.seller import Seller, fall_due, month_starts, open_sellers
from tests.faults.stage import Stage, tried
from tests.faults.television import leases_end, still_waiting
from tests.faults.undisturbed import bill_again, compare_dumps
from tests.faults.viewers import FilmSeller, Viewer, open_film_seller

TEMPLATE: Final = "faults_before"
RUN: Final = "faults_run"
AGAIN: Final = "faults_again"
CUSTOMERS: Final = (36, 8)
POISONS: Final = ("RAISE", "EXIT", "OS_EXIT", "KILL", "NAN")
MOST_MONTHS: Final = 34
SETTLE_SECONDS: Final = 60.0
INVARIANTS_EVERY_SECONDS: Final = 6.0
USAGE_BETWEEN_CLOSINGS: Final = 50
LONGEST_WAIT_SECONDS: Final = 5.0
ENOUGH_HIT: Final = 90
POISON_KIND: Final = "poisoned plugin"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked of a run. `load_seconds` is how long clients and faults are at it."""

    seed: int
    load_seconds: float
    mutant: str | None = None
    fault_pause: float = 1.5
    is_durable: bool = True
    only: tuple[str, ...] = ()

    @property
    def months(self) -> int:
        """Months that fall due: one about every four seconds, at least three."""
        return min(MOST_MONTHS, max(3, int(self.load_seconds / 4)))


@dataclass(slots=True)
class Outcome:
    """What a run found, for the report."""

    plan: Plan
    findings: Findings = field(default_factory=Findings)
    done: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    closed_months: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    kept_folder: Path | None = None

    @property
    def hit_kinds(self) -> int:
        """Kinds of fault that hit work in flight at least once, in percent."""
        return 100 * sum(self.hits[kind] > 0 for kind in self.done) // max(1, len(self.done))

    @property
    def status(self) -> int:
        """0: proven; 1: something does not agree; 2: too little was hit to say."""
        if self.findings.mismatches:
            return 1
        return 0 if self.hit_kinds >= ENOUGH_HIT else 2

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Note how long a part takes."""
        began = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - began


def run(plan: Plan) -> Outcome:
    """Do a whole run on services of its own; from the main thread."""
    outcome = Outcome(plan)
    home = Path(tempfile.mkdtemp(prefix="forfait-faults-"))
    home.chmod(0o711)  # as root, the servers' account must be able to pass
    configure_logging(level="ERROR", log_format="console")
    with EmbeddedServices(home, durable=plan.is_durable, environment={}) as services:
        asyncio.run(_Run(plan, outcome, services, home).work())
    if outcome.findings.mismatches:
        outcome.kept_folder = home
    else:
        shutil.rmtree(home, ignore_errors=True)
    return outcome


@dataclass(slots=True)
class _Run:
    plan: Plan
    outcome: Outcome
    services: EmbeddedServices
    home: Path
    sellers: list[Seller] = field(default_factory=list)
    starts: list = field(default_factory=list)
    calendars: list[Calendar] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)
    films: FilmSeller = field(init=False)
    viewer: Viewer = field(init=False)

    async def work(self) -> None:
        with self.outcome.timed("set up"):
            urls = await self._set_up()
        stage = Stage(self.services, RUN, urls, self.home, self.plan.mutant)
        first_day = SystemClock().now().date()
        try:
            with self.outcome.timed("start"):
                await stage.start()
            database = Database(urls.app, role="worker", pool_size=2)
            with self.outcome.timed("load"):
                await self._load(stage, database)
            with self.outcome.timed("settle"):
                await self._settle(stage, database)
        finally:
            await stage.stop()
        for end in stage.unexpected_ends:
            self.outcome.findings.note("a process ended by itself", end)
        with self.outcome.timed("judge"):
            await self._judge(stage, database, one_day=first_day)
        await database.close()

    async def _set_up(self) -> DatabaseUrls:
        template = self.services.create_database(TEMPLATE)
        migrations.upgrade(template.owner)
        chance = random.Random(f"{self.plan.seed}/poison")
        self.starts = month_starts(self.plan.months)
        self.sellers = await open_sellers(
            template.app, customers=CUSTOMERS, months=self.plan.months,
            poison_kind=chance.choice(POISONS),
        )  # fmt: skip
        self.films = await open_film_seller(template.app)
        urls = self.services.create_database(RUN, template=TEMPLATE)
        self.services.create_database(AGAIN, template=TEMPLATE)
        return urls

    async def _load(self, stage: Stage, database: Database) -> None:
        for statement in MUTANTS.get(self.plan.mutant or "", ()):
            async with stage.superuser() as connection:
                await connection.execute(statement)
        self.calendars = [Calendar(self.starts) for _seller in self.sellers]
        stopping, until = asyncio.Event(), asyncio.Event()
        self.clients = self._clients(stage)
        faults = Faults(stage, self.clients, self.plan.seed, only=self.plan.only)
        self.viewer = Viewer(
            self.films, stage.address, self.home / "viewer.ledger", self.plan.seed
        )
        clients = [
            asyncio.create_task(one.work(stopping, until=until))
            for one in (*self.clients, self.viewer)
        ]
        others = [
            asyncio.create_task(faults.work(stopping, pause=self.plan.fault_pause)),
            asyncio.create_task(self._time_passes(stage, stopping)),
            asyncio.create_task(self._watch_invariants(database, stopping)),
        ]
        try:
            await asyncio.wait(
                [*clients, *others], timeout=self.plan.load_seconds,
                return_when=asyncio.FIRST_EXCEPTION,
            )  # fmt: skip
        finally:
            stopping.set()
        await asyncio.gather(*others)
        self.services.ensure()
        await stage.until_ready()
        await asyncio.wait(clients, timeout=10)
        until.set()
        await asyncio.gather(*clients)
        self.outcome.done, self.outcome.hits = faults.done, faults.hits
        for client in (*self.clients, self.viewer):
            self.outcome.troubles.update(client.troubles)

    def _clients(self, stage: Stage) -> list[Client]:
        chosen = ((0, "graphql-1", False), (0, "graphql-2", False), (0, "upload-1", True),
                  (1, "graphql-3", False))  # fmt: skip
        return [
            Client(
                name,
                self.sellers[place],
                self.calendars[place],
                stage.address,
                self.home,
                self.plan.seed,
                uploads,
                batch=(60, 200) if uploads else (20, 80),
            )
            for place, name, uploads in chosen
        ]

    async def _time_passes(self, stage: Stage, stopping: asyncio.Event) -> None:
        """Let a month of half of the accounts fall due, then of the other half, and so on."""
        pause = self.plan.load_seconds / (2 * self.plan.months + 1)
        for month in range(self.plan.months):
            if await self._stopped(stopping, pause):
                return
            await self._fall_due(month, 0)
            await self._stopped(stopping, pause)
            await self._fall_due(month, 1)
            self.outcome.closed_months = month + 1

    async def _stopped(self, stopping: asyncio.Event, pause: float) -> bool:
        """Wait a while, and for some usage to have come; tell whether the load has ended."""
        wanted = sum(client.answered for client in self.clients) + USAGE_BETWEEN_CLOSINGS
        began = time.monotonic()
        while not stopping.is_set():
            waited = time.monotonic() - began
            enough = sum(client.answered for client in self.clients) >= wanted
            if waited >= (pause if enough else pause + LONGEST_WAIT_SECONDS):
                break
            await asyncio.sleep(0.05)
        return stopping.is_set()

    async def _fall_due(self, month: int, half: int) -> None:
        async def release() -> None:
            direct = Database(self._url(), role="worker", pool_size=1)
            try:
                for seller, calendar in zip(self.sellers, self.calendars, strict=True):
                    async with direct.transaction(seller.tenant_id, actor="time") as tx:
                        await fall_due(tx, seller, month=self.starts[month], half=half)
                    calendar.closed = month + half
            finally:
                await direct.close()

        await tried(release)

    def _url(self) -> str:
        return self.services._own_cluster().urls(RUN).app

    async def _watch_invariants(self, database: Database, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            try:
                await asyncio.wait_for(stopping.wait(), INVARIANTS_EVERY_SECONDS)
            except TimeoutError:
                await check_invariants(database, self._all(), self.outcome.findings)

    def _all(self) -> list[Seller | FilmSeller]:
        return [*self.sellers, self.films]

    async def _settle(self, stage: Stage, database: Database) -> None:
        """Wait until nothing that is due is left, without doing anything for it."""
        # A relay that was killed holds its messages for a minute; it has passed.
        await tried(lambda: leases_end(database, self.films.tenant_id))
        ends = time.monotonic() + SETTLE_SECONDS
        waiting: list[str] = ["not asked yet"]
        while waiting and time.monotonic() < ends:
            await asyncio.sleep(0.2)
            waiting = await tried(lambda: self._still_waiting(database))
        for what in waiting:
            self.outcome.findings.note("still waits after the faults have ended", what)

    async def _still_waiting(self, database: Database) -> list[str]:
        found: list[str] = []
        for seller in self.sellers:
            async with database.transaction(seller.tenant_id, actor="oracle") as tx:
                periods = await tx.fetchval(
                    "SELECT count(*) FROM billing_period WHERE tenant_id = $1"
                    " AND (state = 'frozen' OR (state = 'open' AND due_at <= $2))",
                    tx.tenant_id,
                    tx.now,
                )
                chunks = await tx.fetchval(
                    "SELECT count(*) FROM close_chunk WHERE tenant_id = $1"
                    " AND state = 'waiting'",
                    tx.tenant_id,
                )
            if periods or chunks:
                found.append(f"{periods} periods, {chunks} chunks of {seller.tenant_id}")
        if films := await still_waiting(database, self.films.tenant_id):
            found.append(f"{films} orders, interim invoices, jobs or messages of films")
        return found

    async def _judge(self, stage: Stage, database: Database, *, one_day: object) -> None:
        outcome, findings = self.outcome, self.outcome.findings
        async with stage.superuser() as connection:
            books = [await read_books(connection, one, self.starts) for one in self.sellers]
            await compare_films(connection, self.films, self.viewer.asked, findings)
        ledgers: list[Ledgers] = [
            {one.name: read_ledger(one.path) for one in self.clients if one.seller is seller}
            for seller in self.sellers
        ]
        for each, told in zip(books, ledgers, strict=True):
            compare_ledgers(each, told, findings)
            compare_invoices(each, self.starts, closed=outcome.closed_months, findings=findings)
            findings.counts.update(each.states)
            findings.counts["late"] += each.late
            outcome.done[POISON_KIND] += sum(each.parked.values())
            outcome.hits[POISON_KIND] += sum(each.parked.values())
        await check_invariants(database, self._all(), findings)
        again_url = self.services._own_cluster().urls(AGAIN).app
        await bill_again(again_url, books, ledgers, self.starts, closed=outcome.closed_months)
        again = Database(again_url, role="worker", pool_size=1)
        same_day = SystemClock().now().date() == one_day
        await compare_dumps(database, again, self.sellers, findings, one_day=same_day)
        await again.close()
