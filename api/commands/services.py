"""`forfait services`: keep PostgreSQL and Valkey up for a developer, until stopped."""

from __future__ import annotations

import json
import signal
import time
from types import FrameType
from typing import Annotated

import typer

from core.config import load_settings

WATCH_SECONDS = 2


class _Stopped(Exception):
    """A signal asked for the end."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("services")(services)


def services(
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Start the embedded PostgreSQL and Valkey, print their addresses, wait for Ctrl-C.

    Whatever is started below the same FORFAIT_HOME meanwhile attaches to them.
    """
    from core.embedded import EmbeddedServices, ServiceUrls

    def show(urls: ServiceUrls, pids: dict[str, int]) -> None:
        addresses = {
            "DATABASE_URL": urls.database_url,
            "OWNER_DATABASE_URL": urls.owner_database_url or "",
            "REDIS_URL": urls.redis_url,
        }
        if as_json:
            typer.echo(json.dumps({**addresses, "pids": pids}))
        else:
            for name, address in addresses.items():
                typer.echo(f"export {name}='{address}'")

    settings = load_settings()
    signal.signal(signal.SIGTERM, _stop)
    try:
        with EmbeddedServices(settings.home, environment=settings.given_addresses()) as running:
            show(running.urls, running.pids())
            while True:
                time.sleep(WATCH_SECONDS)
                running.ensure()
    except (_Stopped, KeyboardInterrupt):
        typer.echo("Stopped.", err=True)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise _Stopped
