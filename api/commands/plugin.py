"""`forfait plugin new`, `check` and `list`: make a plugin, test it, see what is installed."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.plugin_options import Disabled, PluginsDir, plugin_settings

if TYPE_CHECKING:
    from api.plugin_failures import ParkedBy
    from core.config import Settings


class PricingKind(Enum):
    """When the events of a channel are priced."""

    PER_PERIOD = "per_period"
    PER_EVENT = "per_event"
    WINDOWED = "windowed"


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        help="Make plugins, test them, and see those that are installed.", no_args_is_help=True
    )
    group.callback()(_plugin)
    group.command("new")(new)
    group.command("check")(check)
    group.command("list")(list_plugins)
    app.add_typer(group, name="plugin")


def _plugin() -> None:
    """Make plugins, test them, and see those that are installed."""


def new(
    name: Annotated[
        str, typer.Argument(help="The channel's name: lower case, digits and _; rcs, say.")
    ],
    into: Annotated[
        Path, typer.Option(help="The folder in which the package is made.")
    ] = Path(),
    pricing: Annotated[
        PricingKind,
        typer.Option(
            help="per_period: the period's totals are priced. per_event: each event is priced "
            "when it is stored. windowed: this release has only its own."
        ),
    ] = PricingKind.PER_PERIOD,
) -> None:
    """Make the package forfait-NAME: a channel with one unit that passes its own tests.

    It has an event type, dated rules, a README with the sections that the schema shows, known
    answers, and the conformance suite. Then: `pip install -e 'forfait-NAME[test]'`, `pytest`
    inside it, and `forfait plugin check forfait-NAME` at any time.

    Nothing that exists is changed: a folder or channel of that name is refused, exit code 2.
    """
    from core.plugin_host import PluginHost
    from core.plugin_kit.new import new_plugin

    folder = new_plugin(
        name, into=into, pricing=pricing.value, taken=frozenset(PluginHost().channels)
    )
    typer.echo(f"{folder} is made. Next:")
    typer.echo(f"  forfait plugin check {folder}")
    typer.echo(f"  pip install -e '{folder}[test]' && pytest {folder}")


def check(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME|PATH",
            help="An installed plugin, a file *.py, or a package's folder; all that are "
            "installed unless said.",
        ),
    ] = None,
    plugins_dir: PluginsDir = None,
) -> None:
    """Run the conformance suite against a plugin, and print what its author must do.

    Each check of each channel is a line. The plugin runs in a process of its own: one that
    hangs or exits fails its check. pytest is not needed, nor a server. What is said of those
    that are installed is kept for `forfait plugin list` and the API; what is said of a folder
    counts once its package is installed as it is. Exit code 1 when a check failed.
    """
    from rich.console import Console

    from api.plugin_tables import show_checks
    from core.config import load_settings
    from core.kernel.clock import SystemClock
    from core.plugin_kit.records import keep_record_of
    from core.plugin_kit.running import check_plugin
    from core.plugin_kit.targets import all_targets, targets_of

    settings = load_settings(**plugin_settings(plugins_dir, None))
    folder = settings.plugins_dir
    targets = all_targets(folder) if name is None else targets_of(name, plugins_dir=folder)
    console = Console()
    has_failed = False
    for target in targets:
        checks = list(check_plugin(target.source, folders=target.folders))
        show_checks(console, target.source, checks)
        is_kept = keep_record_of(settings.home, target, checks, now=SystemClock().now())
        if target.folders and not is_kept:
            told = f"The {target.source.name} that is installed has other code than {name}"
            typer.echo(f"{told}: `forfait plugin list` tells of that one.")
        has_failed |= any(one.outcome == "failed" for one in checks)
    if has_failed:
        raise typer.Exit(1)


def list_plugins(
    checks: Annotated[
        bool, typer.Option("--check", help="Run the conformance suite of each first.")
    ] = False,
    failures: Annotated[
        bool,
        typer.Option(
            "--failures", help="Look into the database for subscriptions that they parked."
        ),
    ] = False,
    plugins_dir: PluginsDir = None,
    disable: Disabled = None,
) -> None:
    """Show each plugin: version, source, hooks, contributions, state and conformance.

    `served` ones are at work, `disabled` ones are left out, and with a `failed` one nothing
    starts: exit code 1. Conformance is what `forfait plugin check` last said of that version;
    without it, `built in` ones are checked by the product's own tests.
    """
    from rich.console import Console

    from api.plugin_tables import show_plugins
    from core.config import load_settings
    from core.plugin_host import survey
    from core.plugin_kit.records import records

    settings = load_settings(**plugin_settings(plugins_dir, disable))
    if checks:
        _check_served(settings)
    listings = survey(plugins_dir=settings.plugins_dir, disabled=settings.disabled_plugins)
    parked = _parked(settings) if failures else None
    show_plugins(Console(), listings, records(settings.home, listings), parked)
    if any(listing.state == "failed" for listing in listings):
        raise typer.Exit(1)


def _check_served(settings: Settings) -> None:
    """Check every plugin that is not disabled, and keep what is said."""
    from core.kernel.clock import SystemClock
    from core.plugin_kit.records import keep_record
    from core.plugin_kit.running import check_plugin
    from core.plugin_kit.targets import all_targets

    for target in all_targets(settings.plugins_dir):
        if target.source.name not in settings.disabled_plugins:
            said = list(check_plugin(target.source))
            keep_record(settings.home, target.source, said, now=SystemClock().now())


def _parked(settings: Settings) -> dict[str, ParkedBy]:
    """Return what plugins have parked of all tenants, by the plugin's name."""
    import asyncio

    from api.plugin_failures import parked_of_all_tenants
    from core.embedded import EmbeddedServices

    with EmbeddedServices(settings.home, environment=settings.given_addresses()) as running:
        return asyncio.run(parked_of_all_tenants(running.urls.database_url))
