"""`forfait demo`: a seller, three customers, a month of usage, their invoices."""

from __future__ import annotations

from typing import Annotated

import typer

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
) -> None:
    """Play a month at CRM360, close it with worker processes, print the invoices.

    Then the API goes on serving. Running it again finds what is there: no customer and no
    usage doubles.
    """
    import asyncio

    from rich.console import Console

    from api.demo.client import DemoClient
    from api.demo.close import close_month
    from api.demo.play import play_month
    from api.demo.show import show_invoice
    from api.serving.children import WorkerCrew, worker_environment
    from api.serving.installation import installation
    from core.config import load_settings
    from core.logging import configure_logging

    # Chunks of one account, so that three invoices keep two workers busy.
    given = {} if port is None else {"port": port}
    settings = load_settings(close_chunk_size=1, log_level="WARNING", **given)
    configure_logging(level=settings.log_level, log_format=settings.log_format)
    console = Console()

    with installation(settings, meanwhile="api.serving.serve") as running:
        from api.demo.seller import seller_of
        from api.serving.serve import run_until_stopped, serve

        seller = asyncio.run(seller_of(settings, running.urls))
        more = {"FORFAIT_LOG_LEVEL": settings.log_level, "FORFAIT_CLOSE_CHUNK_SIZE": "1"}
        crew = WorkerCrew(WORKERS, worker_environment(settings, running.urls, more=more))

        async def play(address: str) -> bool:
            client = DemoClient(address, seller.key)
            counted = await play_month(client, month=seller.month, console=console)
            console.print(f"{counted['new']} events are new, {counted['known']} were known.")
            for invoice in await close_month(client, crew, console=console):
                show_invoice(console, invoice)
            if not once:
                console.print(f"Forfait serves {address}/graphql; Ctrl-C stops it.")
                header = f"Authorization: Bearer {seller.key}"
                console.print("Send the header", header, markup=False, soft_wrap=True)
            return not once

        run_until_stopped(serve(running, settings, crew=crew, beside=play))
