"""`forfait doctor`: what is wrong with this installation, and what to do."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor() -> None:
    """Examine this installation and say what to do; exit code 1 when something is wrong.

    Nothing is changed. Without DATABASE_URL and REDIS_URL the embedded services are looked
    at, started for the moment where they do not run.
    """
    import asyncio

    from rich.console import Console
    from rich.text import Text

    from api.doctor.examine import examine
    from api.terminal_tables import show_table
    from core.config import load_settings
    from core.embedded import EmbeddedServices

    settings = load_settings()
    with EmbeddedServices(settings.home, environment=settings.given_addresses()) as running:
        found = asyncio.run(
            examine(settings, running.urls, is_running=not running.owns_servers)
        )
    styles = {"ok": "green", "note": "yellow", "wrong": "bold red"}
    rows = [
        (Text(each.verdict, styles[each.verdict]), each.subject, each.seen, each.advice)
        for each in found
    ]
    show_table(Console(), ("", "what", "seen", "what to do"), rows)
    if any(each.verdict == "wrong" for each in found):
        raise typer.Exit(1)
