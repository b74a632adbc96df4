"""The options of commands that load plugins: one-file plugins, and plugins left out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

PluginsDir = Annotated[
    Path | None,
    typer.Option(
        "--plugins-dir",
        metavar="DIR",
        help="Take each *.py of this folder as a plugin too, for trying out "
        "(FORFAIT_PLUGINS_DIR).",
    ),
]
Disabled = Annotated[
    list[str] | None,
    typer.Option(
        "--disable",
        metavar="PLUGIN",
        help="Leave this plugin out, with all it contributes; may be repeated "
        "(FORFAIT_DISABLED_PLUGINS).",
    ),
]


def plugin_settings(plugins_dir: Path | None, disabled: list[str] | None) -> dict[str, Any]:
    """Return the settings that were given as options; they win over the environment."""
    given: dict[str, Any] = {}
    if plugins_dir is not None:
        given["plugins_dir"] = plugins_dir
    if disabled:
        given["disabled_plugins"] = tuple(disabled)
    return given
