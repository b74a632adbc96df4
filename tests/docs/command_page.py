"""The page of the command line, written from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from api.cli import build_app


def command_page() -> str:
    """Return the reference of `forfait`: every command with its options."""
    root = typer.main.get_command(build_app())
    parts = ["# Commands\n", f"{root.help}\n", *_below(root, "forfait")]
    return "\n".join(parts)


def _below(group: Any, path: str) -> Iterator[str]:
    for name, command in sorted(getattr(group, "commands", {}).items()):
        if getattr(command, "commands", None):
            yield from _below(command, f"{path} {name}")
        else:
            yield from _command(command, f"{path} {name}")


def _command(command: Any, path: str) -> Iterator[str]:
    given = " ".join((each.name or "").upper() for each in command.params if _is_argument(each))
    yield f"## {path}\n"
    yield f"```text\n{f'{path} {given}'.strip()}\n```\n"
    yield f"{(command.help or '').strip()}\n"
    options = [each for each in command.params if not _is_argument(each)]
    if options:
        yield "| option | |\n|---|---|"
        for option in options:
            names = ", ".join(f"`{name}`" for name in option.opts)
            yield f"| {names} | {_said(option)} |"
        yield ""


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _said(option: Any) -> str:
    said = " ".join(str(getattr(option, "help", None) or "").split())
    return said.replace("|", "\\|")
