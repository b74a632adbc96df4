"""`forfait worker`: closes what is due, relays notifications, seals the audit trail."""

from __future__ import annotations

import typer

from api.plugin_options import Disabled, PluginsDir, plugin_settings
from core.config import load_settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("worker")(worker)


def worker(plugins_dir: PluginsDir = None, disable: Disabled = None) -> None:
    """Work in the background until SIGTERM; start as many as there are cores."""
    from api.serving.installation import installation
    from workers.main import run_worker

    settings = load_settings(**plugin_settings(plugins_dir, disable))
    with installation(settings) as running:
        run_worker(settings, running.urls)
