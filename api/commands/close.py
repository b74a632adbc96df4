"""`forfait close`: freeze and close what is due now, with progress."""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core.billing_cycles.close_chunk import close_next_chunk
from core.billing_cycles.freeze import CloseRun
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.repository import RunProgress, run_progress
from core.billing_cycles.sweep import freeze_tenant
from core.bootstrap import Application
from core.config import load_settings
from core.kernel.errors import Refusal

ACTOR = "system:close"
LOOK_SECONDS = 0.2


class TenantUnknown(Refusal):
    """No tenant has this slug."""

    code = "TENANT_UNKNOWN"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("close")(close)


def close(
    tenant: Annotated[str, typer.Argument(help="The tenant's id.")],
    wait: Annotated[
        bool,
        typer.Option("--wait", help="Let the workers close it, and show how far they are."),
    ] = False,
) -> None:
    """Close everything of TENANT that is due by now, and show how it goes."""
    from api.serving.installation import installation
    from core.bootstrap import bootstrap

    settings = load_settings()

    async def run() -> None:
        async with bootstrap(settings, running.urls, role="worker") as application:
            await _close(application, _tenant_id(tenant), by_workers=wait)

    with installation(settings, with_redis=False) as running:
        asyncio.run(run())


def _tenant_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise TenantUnknown(f"{text!r} is no tenant's id") from None


async def _close(application: Application, tenant_id: UUID, *, by_workers: bool) -> None:
    console = Console()
    run = await freeze_tenant(
        application.database,
        tenant_id,
        chunk_size=application.settings.close_chunk_size,
        clock=application.clock,
    )
    if run is None:
        console.print("Nothing is due.")
        return
    done = await _shown(application, tenant_id, run, by_workers=by_workers)
    console.print(
        f"{done.invoices} invoices, {done.parked} parked, of {done.subscriptions}"
        f" subscriptions in {done.chunks} chunks."
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
