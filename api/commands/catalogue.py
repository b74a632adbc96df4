"""`forfait catalogue`: what a seller sells, as a YAML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.plugin_options import PluginsDir, plugin_settings

Seller = Annotated[str, typer.Option("--tenant", "-t", help="The seller's slug.")]
File = Annotated[Path, typer.Argument(help="A catalogue in YAML.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Products, prices and terms as YAML.", no_args_is_help=True)
    group.command("apply")(apply)
    group.command("diff")(diff)
    group.command("export")(export)
    app.add_typer(group, name="catalogue")


def apply(
    file: File,
    tenant: Seller,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change; change nothing.")
    ] = False,
    plugins_dir: PluginsDir = None,
) -> None:
    """Bring a seller's catalogue to what FILE says; what it leaves out is left alone.

    Applying twice changes nothing. A faulty file changes nothing either: every fault is
    told with its line, and the exit code is 2.
    """
    if dry_run:
        diff(file, tenant, plugins_dir)
        return
    from api.serving.installation import in_application
    from core.bootstrap import Application
    from core.catalogue.apply import ApplyResult, apply_catalogue
    from core.catalogue.yaml_source import load_catalogue_file
    from core.tenancy.directory import tenant_by_slug

    async def run(application: Application) -> ApplyResult:
        found = await tenant_by_slug(application.database, tenant)
        async with application.transaction(found.id, actor="operator") as tx:
            return await apply_catalogue(
                tx, load_catalogue_file(file), installed=application.installed
            )

    result = in_application(run, **plugin_settings(plugins_dir, None))
    for outcome in ("created", "versioned", "extended", "updated"):
        for code in result.codes(outcome):
            typer.echo(f"{outcome}: {code}")
    if not result.entries or len(result.codes("created")) < len(result.entries):
        typer.echo(f"{len(result.unchanged)} of {len(result.entries)} unchanged.")


def diff(file: File, tenant: Seller, plugins_dir: PluginsDir = None) -> None:
    """Show what applying FILE would change."""
    from api.serving.installation import in_application
    from core.bootstrap import Application
    from core.catalogue.diff import diff_catalogue
    from core.catalogue.yaml_source import load_catalogue_file
    from core.tenancy.directory import tenant_by_slug

    async def run(application: Application) -> str:
        found = await tenant_by_slug(application.database, tenant)
        async with application.transaction(found.id, actor="operator") as tx:
            return await diff_catalogue(
                tx, load_catalogue_file(file), installed=application.installed
            )

    typer.echo(in_application(run, **plugin_settings(plugins_dir, None)), nl=False)


def export(
    tenant: Seller,
    file: Annotated[Path | None, typer.Argument(help="Where to; shown unless given.")] = None,
) -> None:
    """Write a seller's catalogue as YAML; applying it again changes nothing."""
    from api.serving.installation import in_application
    from core.bootstrap import Application
    from core.catalogue.export import export_catalogue
    from core.tenancy.directory import tenant_by_slug

    async def run(application: Application) -> str:
        found = await tenant_by_slug(application.database, tenant)
        async with application.transaction(found.id, actor="operator") as tx:
            return await export_catalogue(tx)

    text = in_application(run)
    if file is None:
        typer.echo(text, nl=False)
    else:
        file.write_text(text, encoding="utf-8")
