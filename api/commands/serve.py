"""`forfait serve`: API, workers and embedded services in one command."""

from __future__ import annotations

from typing import Annotated

import typer

from api.plugin_options import Disabled, PluginsDir, plugin_settings
from core.config import load_settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve)


def serve(
    workers: Annotated[
        int, typer.Option("--workers", "-w", min=0, max=64, help="Worker processes.")
    ] = 1,
    host: Annotated[
        str | None, typer.Option(help="Where to listen; the loopback unless said.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0 takes any free port.")
    ] = None,
    plugins_dir: PluginsDir = None,
    disable: Disabled = None,
) -> None:
    """Serve the API with its workers until Ctrl-C or SIGTERM.

    PostgreSQL and Valkey are embedded unless DATABASE_URL and REDIS_URL say where others
    are. The schema is brought up to date first.
    """
    from api.serving.installation import installation
    from core.logging import announcement, configure_logging

    given = {"host": host, "port": port}
    settings = load_settings(
        **{name: one for name, one in given.items() if one is not None},
        **plugin_settings(plugins_dir, disable),
    )
    form = settings.log_format
    configure_logging(level=settings.log_level, log_format=form)

    with installation(settings, meanwhile="api.serving.serve") as running:
        from api.serving.serve import crew_of, run_until_stopped
        from api.serving.serve import serve as run

        crew = crew_of(workers, running, settings)

        async def begin(address: str) -> bool:
            crew.start()
            await crew.ready()
            home = str(settings.home.absolute())
            told = f"Forfait serves {address}/graphql with {workers} worker(s); data in {home}."
            typer.echo(
                announcement(
                    told,
                    log_format=form,
                    address=f"{address}/graphql",
                    workers=workers,
                    home=home,
                )
            )
            return True

        run_until_stopped(run(running, settings, crew=crew, beside=begin))
    typer.echo(announcement("Stopped.", log_format=form), err=True)
