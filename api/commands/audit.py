"""`forfait audit`: the trail of who changed what."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="The trail of who changed what.", no_args_is_help=True)
    group.callback()(_audit)
    group.command("verify")(verify)
    app.add_typer(group, name="audit")


def _audit() -> None:
    """The trail of who changed what."""


def verify(
    tenant: Annotated[
        str | None, typer.Option("--tenant", "-t", help="A seller's slug; all unless given.")
    ] = None,
) -> None:
    """Recompute each seller's chain of seals; exit code 1 when an entry was tampered with.

    Keep the printed heads outside of the database: only they show that the newest seals
    were cut off together with their entries.
    """
    from api.serving.installation import in_application
    from core import audit
    from core.bootstrap import Application
    from core.tenancy.directory import all_tenants

    async def run(application: Application) -> dict[str, audit.AuditReport]:
        found: dict[str, audit.AuditReport] = {}
        async for each in all_tenants(application.database):
            if tenant in (None, each.slug):
                async with application.transaction(each.id, actor="operator") as tx:
                    found[each.slug] = await audit.verify(tx)
        return found

    reports = in_application(run)
    if tenant is not None and tenant not in reports:
        typer.echo(f"There is no tenant {tenant!r}.", err=True)
        raise typer.Exit(2)
    for slug, report in reports.items():
        verdict = "intact" if report.is_intact else "TAMPERED WITH"
        typer.echo(
            f"{slug}: {verdict}; {report.entries} entries in {report.seals} seals, "
            f"{report.waiting} waiting; head {report.head_hash.hex() or '-'}"
        )
        for problem in report.problems:
            typer.echo(f"  {problem.kind}: seal {problem.seal}, entry {problem.entry_id}")
    if not all(report.is_intact for report in reports.values()):
        raise typer.Exit(1)
