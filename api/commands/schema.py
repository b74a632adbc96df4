"""`forfait schema`: print the GraphQL schema of this installation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("schema")(schema)


def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it to this file.")
    ] = None,
) -> None:
    """Print the schema with the types of the installed plugins."""
    from api.schema import schema_text
    from core.plugin_host import PluginHost

    text = schema_text(PluginHost())
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
