"""Closing a tenant from the command line, with a bar that shows how far it is."""

from __future__ import annotations

import asyncio
from typing import Final
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core.billing_cycles.close_chunk import close_next_chunk
from core.billing_cycles.freeze import CloseRun
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.repository import RunProgress, run_progress
from core.billing_cycles.sweep import freeze_tenant
from core.bootstrap import Application

ACTOR: Final = "system:close"
LOOK_SECONDS: Final = 0.2


async def close_tenant(application: Application, tenant_id: UUID, *, by_workers: bool) -> None:
    """Freeze what is due, close it (or look at workers doing so), and say how it went."""
    console = Console()
    run = await _frozen(application, tenant_id)
    if run is None:
        console.print("Nothing is due.")
        return
    done = await _shown(application, tenant_id, run, by_workers=by_workers)
    console.print(
        f"{done.invoices} invoices, {done.parked} parked, of {done.subscriptions}"
        f" subscriptions in {done.chunks} chunks."
    )


async def _frozen(application: Application, tenant_id: UUID) -> CloseRun | None:
    return await freeze_tenant(
        application.database,
        tenant_id,
        chunk_size=application.settings.close_chunk_size,
        clock=application.clock,
    )


async def _shown(
    application: Application, tenant_id: UUID, run: CloseRun, *, by_workers: bool
) -> RunProgress:
    """Close the run's chunks, or look at the workers doing it, with a bar."""
    pricing = Pricing(application.host, application.pool)
    columns = (TextColumn("chunks"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as bar:
        task = bar.add_task("chunks", total=run.chunks)
        while True:
            closed = by_workers or await close_next_chunk(
                application.database,
                tenant_id,
                pricing=pricing,
                run_id=run.id,
                clock=application.clock,
            )
            if by_workers or closed is None:  # what is left is in other hands, or waits
                await asyncio.sleep(LOOK_SECONDS)
            async with application.transaction(tenant_id, actor=ACTOR) as tx:
                progress = await run_progress(tx, run.id)
            assert progress is not None
            bar.update(task, total=progress.chunks, completed=progress.chunks_done)
            if progress.is_done:
                return progress
            if progress.frozen_at is None:
                await _frozen(application, tenant_id)
