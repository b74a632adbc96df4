"""`forfait schema`: print the GraphQL schema of this installation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.plugin_options import Disabled, PluginsDir, plugin_settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("schema")(schema)


def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it to this file.")
    ] = None,
    plugins_dir: PluginsDir = None,
    disable: Disabled = None,
) -> None:
    """Print the schema with the types of the installed plugins."""
    from api.schema import schema_text
    from core.config import load_settings
    from core.plugin_host import PluginHost

    settings = load_settings(**plugin_settings(plugins_dir, disable))
    host = PluginHost(plugins_dir=settings.plugins_dir, disabled=settings.disabled_plugins)
    text = schema_text(host)
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
