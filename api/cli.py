"""The command `forfait`: a thin shell around one module per command.

Each module in `api/commands` has a function `register(app: typer.Typer) -> None` that adds its
command or group. A new command is a new file; nothing here changes.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated

import typer
from rich.console import Console

from api import commands
from core.config import ConfigurationMissing
from core.embedded import ServicesUnavailable
from core.kernel.errors import Refusal


def build_app() -> typer.Typer:
    """Return the command line with every command that `api/commands` offers."""
    app = typer.Typer(
        name="forfait",
        help="Subscription management and billing.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        rich_markup_mode="markdown",  # reflows paragraphs, and leaves [brackets] alone
    )
    app.callback()(_root)
    for name in sorted(module.name for module in iter_modules(commands.__path__)):
        import_module(f"{commands.__name__}.{name}").register(app)
    return app


def _tell_version(is_asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if is_asked:
        from importlib import metadata

        from core.plugin_host.sources import OWN_DISTRIBUTION

        typer.echo(f"forfait {metadata.version(OWN_DISTRIBUTION)}")
        raise typer.Exit


def _root(
    version: Annotated[  # noqa: FBT002 - an option
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Subscription management and billing."""


def main() -> None:
    """Run the command line; what the user can mend is one line on stderr, exit code 2."""
    try:
        build_app()()
    except (ConfigurationMissing, ServicesUnavailable, Refusal) as problem:
        Console(stderr=True, soft_wrap=True).print(str(problem), style="red", markup=False)
        sys.exit(2)


if __name__ == "__main__":
    main()
