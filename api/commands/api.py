"""`forfait api`: the API alone, beside workers that run elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands.serve import serve
from api.plugin_options import Disabled, PluginsDir


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("api")(api)


def api(
    host: Annotated[
        str | None, typer.Option(help="Where to listen; the loopback unless said.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0 takes any free port.")
    ] = None,
    plugins_dir: PluginsDir = None,
    disable: Disabled = None,
) -> None:
    """Serve the API alone until Ctrl-C or SIGTERM; workers are `forfait worker`."""
    serve(workers=0, host=host, port=port, plugins_dir=plugins_dir, disable=disable)
