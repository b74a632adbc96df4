"""`forfait demo`: five sellers, a month of their customers, their invoices."""

from __future__ import annotations

from typing import Annotated

import typer

from api.plugin_options import Disabled, PluginsDir, plugin_settings

WORKERS = 2


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Stop after the invoices are printed.")
    ] = False,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0 takes any free port.")
    ] = None,
    plugins_dir: PluginsDir = None,
    disable: Disabled = None,
) -> None:
    """Play a month at five sellers, close it with worker processes, print the invoices.

    Then the API goes on serving. Running it again finds what is there: no customer and no
    usage doubles.
    """
    import asyncio

    from rich.console import Console

    from api.serving.children import WorkerCrew, worker_environment
    from api.serving.installation import installation
    from core.config import load_settings
    from core.logging import configure_logging

    # Chunks of one account, so that a few invoices keep two workers busy.
    given = {} if port is None else {"port": port}
    settings = load_settings(
        close_chunk_size=1,
        log_level="WARNING",
        **given,
        **plugin_settings(plugins_dir, disable),
    )
    configure_logging(level=settings.log_level, log_format=settings.log_format)
    console = Console()

    with installation(settings, meanwhile="api.serving.serve") as running:
        from api.demo.run import run_demo
        from api.demo.show import show_keys
        from api.demo.tenants import tenants_of
        from api.serving.serve import run_until_stopped, serve

        tenants = asyncio.run(tenants_of(settings, running.urls))
        more = {"FORFAIT_LOG_LEVEL": settings.log_level, "FORFAIT_CLOSE_CHUNK_SIZE": "1"}
        crew = WorkerCrew(WORKERS, worker_environment(settings, running.urls, more=more))

        async def play(address: str) -> bool:
            await run_demo(address, tenants, crew, console=console)
            if not once:
                console.print(f"Forfait serves {address}/graphql; Ctrl-C stops it.")
                show_keys(console, {each.seller.name: each.key for each in tenants})
            return not once

        run_until_stopped(serve(running, settings, crew=crew, beside=play))
