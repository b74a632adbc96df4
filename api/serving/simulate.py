"""A simulation from the command line: a bar while it runs, then tables."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final
from uuid import UUID

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.features.accounts.types import ACCOUNT_ID
from api.references import reference
from api.terminal_tables import show_table
from core.accounts.update_account import AccountNotFound
from core.billing_cycles.pricing import Pricing
from core.bootstrap import Application
from core.catalogue.errors import CatalogueEntryUnknown
from core.catalogue.yaml_source import load_catalogue
from core.db import Tx
from core.kernel.errors import Refusal
from core.kernel.money import minor_digits
from core.simulations import repository, statistics
from core.simulations.export import csv_pages
from core.simulations.records import Result, Simulation
from core.simulations.run import run_next_chunk
from core.simulations.start import StartSimulation, start_simulation

ACTOR: Final = "operator"
LOOK_SECONDS: Final = 0.2
MOST_FAILURES: Final = 20
_AMOUNTS: Final = ("before", "after", "difference")
_FIGURES: Final = (
    "accounts", "changed", "invoiced", "credited", "unused", *_AMOUNTS,
)  # fmt: skip

_BY_REF: Final = "SELECT ref, id FROM account WHERE tenant_id = $1 AND ref = ANY ($2::text[])"
_NAMES: Final = "SELECT id, name FROM account WHERE tenant_id = $1 AND id = ANY ($2::uuid[])"
_FAILURES: Final = """
SELECT a.name, f.side, f.code, f.reason FROM simulation_failure f
JOIN account a ON a.tenant_id = $1 AND a.id = f.account_id
WHERE f.tenant_id = $1 AND f.simulation_id = $2 ORDER BY a.name, f.subscription_id LIMIT $3
"""


class SimulationStopped(Refusal):
    """The simulation did not come to its end."""

    code = "SIMULATION_STOPPED"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    month: date
    plan: str | None
    catalogue: Path | None
    accounts: Sequence[str]
    export: Path | None
    top: int


async def simulate_tenant(application: Application, tenant_id: UUID, asked: Asked) -> bool:
    """Run a simulation here and show it; tell whether everything could be priced."""
    console = Console()
    async with application.transaction(tenant_id, actor=ACTOR) as tx:
        command = await _command(tx, asked)
        made = await start_simulation(tx, command, installed=application.installed)
    done = await _ran(application, tenant_id, made)
    if done.state != "done":
        told = done.failure_reason or "somebody cancelled it"
        raise SimulationStopped(f"the simulation is {done.state}: {told}")
    async with application.transaction(tenant_id, actor=ACTOR) as tx:
        is_complete = await _shown(tx, console, done, top=asked.top)
        if asked.export is not None:
            with asked.export.open("w", encoding="utf-8", newline="") as file:
                async for page in csv_pages(tx, done.id, shown=ACCOUNT_ID.encode):
                    file.write(page)
            console.print(f"Every account is in {asked.export}.", soft_wrap=True)
    return is_complete


async def _command(tx: Tx, asked: Asked) -> StartSimulation:
    accounts = await _accounts(tx, asked.accounts) if asked.accounts else None
    if asked.plan is not None:
        key = await tx.fetchval(
            "SELECT id FROM price_plan WHERE tenant_id = $1 AND code = $2",
            tx.tenant_id,
            asked.plan,
        )
        if key is None:
            raise CatalogueEntryUnknown(f"there is no price plan {asked.plan!r}")
        return StartSimulation(asked.month, accounts, price_plan_id=key)
    assert asked.catalogue is not None  # exactly one of both
    text = asked.catalogue.read_text(encoding="utf-8")
    load_catalogue(text, file=asked.catalogue.name).refuse_if_any()
    return StartSimulation(asked.month, accounts, catalogue=text)


async def _accounts(tx: Tx, named: Sequence[str]) -> list[UUID]:
    found = [reference(ACCOUNT_ID, text, path=("account",)) for text in named]
    refs = [one for one in found if isinstance(one, str)]
    keys = {row["ref"]: row["id"] for row in await tx.fetch(_BY_REF, tx.tenant_id, refs)}
    for ref in refs:
        if ref not in keys:
            raise AccountNotFound(f"there is no account {ref!r}; check its ref or id")
    return [keys[one] if isinstance(one, str) else one for one in found]


async def _ran(application: Application, tenant_id: UUID, made: Simulation) -> Simulation:
    """Run it here, chunk by chunk, beside whatever workers do of it."""
    pricing = Pricing(application.host, application.pool)
    columns = (TextColumn("accounts"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    done = made
    with Progress(*columns) as bar:
        task = bar.add_task("accounts", total=made.accounts_total)
        while not done.is_finished:
            ran = await run_next_chunk(
                application.database,
                tenant_id,
                pricing=pricing,
                installed=application.installed,
                only=made.id,
                clock=application.clock,
            )
            done = ran or await _looked_at(application, tenant_id, made.id)
            bar.update(task, total=done.accounts_total, completed=done.accounts_done)
    return done


async def _looked_at(application: Application, tenant_id: UUID, key: UUID) -> Simulation:
    """Wait for a worker that has the next chunk at hand."""
    await asyncio.sleep(LOOK_SECONDS)
    async with application.transaction(tenant_id, actor=ACTOR) as tx:
        found = await repository.simulation(tx, key)
    assert found is not None  # nothing deletes one
    return found


async def _shown(tx: Tx, console: Console, done: Simulation, *, top: int) -> bool:
    totals = await statistics.totals_of(tx, [done.id])
    failed = await statistics.failed_of(tx, [done.id])
    if not totals and not failed:
        console.print(f"Nobody was billed in {done.month:%Y-%m}.", highlight=False)
        return True
    _show_totals(console, totals, title=f"{done.month:%Y-%m}, without tax")
    _show_buckets(console, await statistics.distribution_of(tx, [done.id]))
    for one in totals:
        for title, read in (
            ("would pay less", statistics.gainers_of),
            ("would pay more", statistics.losers_of),
        ):
            found = await read(tx, done.id, one.currency, most=top) if top else []
            if found:
                await _show_results(tx, console, found, title=f"Accounts that {title}")
    if failed:
        await _show_failures(tx, console, done.id, failed[0])
    return not failed


def _show_totals(console: Console, totals: Iterable[statistics.Totals], *, title: str) -> None:
    rows = [
        (
            one.currency, str(one.accounts), str(one.changed),
            _money(one.invoiced, one.currency), _money(one.credited, one.currency),
            _money(one.unused, one.currency), _money(one.before, one.currency),
            _money(one.after, one.currency), _signed(one.difference, one.currency),
        )
        for one in totals
    ]  # fmt: skip
    heads = ("currency", "accounts", "changed", "invoiced", "credited", "unused", *_AMOUNTS)
    _show(console, heads, rows, title=title)


def _show_buckets(console: Console, buckets: Iterable[statistics.Bucket]) -> None:
    rows = [
        (one.currency, _range(one), str(one.accounts), _signed(one.difference, one.currency))
        for one in buckets
    ]
    heads = ("currency", "change", "accounts", "difference")
    _show(console, heads, rows, title="Changes in percent")


def _range(bucket: statistics.Bucket) -> str:
    if bucket.kind == "new":
        return "paid nothing"
    if bucket.kind == "same":
        return "the same"
    if bucket.from_percent is None:
        return f"below {bucket.until_percent} %"
    if bucket.until_percent is None:
        return f"{bucket.from_percent} % and above"
    return f"{bucket.from_percent} to {bucket.until_percent} %"


async def _show_results(
    tx: Tx, console: Console, found: Sequence[Result], *, title: str
) -> None:
    ids = [one.account_id for one in found]
    names = {row["id"]: row["name"] for row in await tx.fetch(_NAMES, tx.tenant_id, ids)}
    rows = [
        (
            names[one.account_id], _money(one.before, one.currency),
            _money(one.after, one.currency), _signed(one.difference, one.currency),
            one.currency,
        )
        for one in found
    ]  # fmt: skip
    _show(console, ("account", *_AMOUNTS, "currency"), rows, title=title)


async def _show_failures(
    tx: Tx, console: Console, key: UUID, failed: statistics.Failed
) -> None:
    rows = await tx.fetch(_FAILURES, tx.tenant_id, key, MOST_FAILURES)
    title = f"{failed.subscriptions} subscriptions that could not be priced"
    _show(
        console,
        ("account", "prices", "code", "reason"),
        [tuple(row) for row in rows],
        title=title,
    )


def _show(
    console: Console, heads: Sequence[str], rows: Sequence[Sequence[str]], *, title: str
) -> None:
    show_table(console, heads, rows, figures=_FIGURES, title=title, box=SIMPLE_HEAD)


def _money(amount: Decimal, currency: str) -> str:
    return f"{amount:,.{minor_digits(currency)}f}"


def _signed(amount: Decimal, currency: str) -> str:
    return f"+{_money(amount, currency)}" if amount > 0 else _money(amount, currency)
