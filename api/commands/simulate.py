"""`forfait simulate`: what customers would have paid in a past month under other prices."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate")(simulate)


def simulate(  # noqa: PLR0917 - the options of a command
    tenant: Annotated[str, typer.Option("--tenant", "-t", help="The seller's slug.")],
    month: Annotated[str, typer.Option(help="The month, such as 2026-10.")],
    plan: Annotated[
        str | None, typer.Option(help="The code of another price plan to try.")
    ] = None,
    catalogue: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="An edited catalogue to try."),
    ] = None,
    account: Annotated[
        list[str] | None,
        typer.Option(help="An account by its ref or id; may be repeated. Without it: all."),
    ] = None,
    export: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write every account as CSV.")
    ] = None,
    top: Annotated[
        int, typer.Option(min=0, max=100, help="Accounts to show at either end.")
    ] = 10,
) -> None:
    """Price a past month again, under a price plan or a catalogue file; change nothing.

    Exit code 1: some subscriptions could not be priced; they are listed with their reasons.
    """
    import asyncio

    from api.serving.installation import installation
    from api.serving.simulate import Asked, simulate_tenant
    from core.bootstrap import bootstrap
    from core.config import load_settings
    from core.tenancy.directory import tenant_by_slug

    if (plan is None) == (catalogue is None):
        raise typer.BadParameter("give either --plan or --catalogue")
    settings = load_settings()
    asked = Asked(_month(month), plan, catalogue, tuple(account or ()), export, top)

    async def run() -> bool:
        async with bootstrap(settings, running.urls, role="worker") as application:
            found = await tenant_by_slug(application.database, tenant)
            return await simulate_tenant(application, found.id, asked)

    with installation(settings, with_redis=False) as running:
        is_complete = asyncio.run(run())
    if not is_complete:
        raise typer.Exit(1)


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no month; write 2026-10, say") from None
