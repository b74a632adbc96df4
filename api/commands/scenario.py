"""`forfait scenario run`: test prices and terms with files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.plugin_options import Disabled, PluginsDir, plugin_settings


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Test prices and terms with files.", no_args_is_help=True)
    group.callback()(_scenario)
    group.command("run")(run)
    app.add_typer(group, name="scenario")


def _scenario() -> None:
    """Test prices and terms with files."""


def run(
    files: Annotated[list[Path], typer.Argument(help="Scenario files in YAML.")],
    database_url: Annotated[
        str | None,
        typer.Option(help="Play in this database instead of one made for the moment."),
    ] = None,
    owner_database_url: Annotated[
        str | None, typer.Option(help="Its owner's address, to migrate it first.")
    ] = None,
    plugins_dir: PluginsDir = None,
    disable: Disabled = None,
) -> None:
    """Play each scenario in a fresh seller, and compare its invoices to the cent.

    Catalogues among the files are passed over: scenarios name them.

    Exit code 1 when anything differs, 2 when a file cannot be played as it is written.
    """
    import asyncio

    from rich.console import Console

    from api.scenarios.document import scenarios_among
    from api.scenarios.play import Result
    from api.scenarios.report import show, show_sum
    from api.scenarios.run import database_for_scenarios, play_on
    from core.config import load_settings
    from core.logging import configure_logging

    settings = load_settings(**plugin_settings(plugins_dir, disable))
    configure_logging(level="WARNING", log_format=settings.log_format)
    scenarios = scenarios_among(files)
    console = Console()
    results: list[Result] = []

    async def play() -> None:
        async for result in play_on(at, urls, scenarios):
            results.append(result)
            show(console, result)

    with database_for_scenarios(
        settings, database_url=database_url, owner_url=owner_database_url
    ) as (at, urls):
        asyncio.run(play())
    show_sum(console, results)
    if not all(result.passed for result in results):
        raise typer.Exit(1)
