"""`forfait usage load`: send a file of usage to a server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Report usage from files.", no_args_is_help=True)
    group.callback()(_usage)
    group.command("load")(load)
    app.add_typer(group, name="usage")


def _usage() -> None:
    """Report usage from files."""


def load(
    file: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="NDJSON, or CSV ending in .csv."),
    ],
    key: Annotated[
        str, typer.Option(envvar="FORFAIT_KEY", help="An API key with usage.write.")
    ],
    url: Annotated[
        str, typer.Option(envvar="FORFAIT_URL", help="Where the API is.")
    ] = "http://127.0.0.1:8000",
) -> None:
    """Send a file of usage, print the lines that were rejected, and a summary.

    A load that broke off is started again: what is stored already is a duplicate. Exit code
    1 when a line was rejected, 2 when the server did not take everything.
    """
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    from api.usage_file import Rejected, load_file

    console = Console(soft_wrap=True)
    columns = (TextColumn(file.name), BarColumn(), DownloadColumn(), Remaining())

    def show(one: Rejected) -> None:
        where = f" at {'.'.join(one.path)}" if one.path else ""
        console.print(f"line {one.line}: {one.reason}{where}: {one.message}", markup=False)

    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=file.stat().st_size)
        loaded = load_file(
            file,
            url=url,
            key=key,
            sent=lambda size: progress.advance(task, size),
            rejected=show,
        )
    console.print(
        f"{loaded.received} lines: {loaded.accepted} accepted, {loaded.duplicate} duplicates, "
        f"{loaded.rejected} rejected.",
        highlight=False,
    )
    if loaded.rejected:
        raise typer.Exit(1)
