"""`forfait keys`: API keys of the operator and of sellers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, NoReturn
from uuid import UUID

import typer

if TYPE_CHECKING:
    from core.db import Tx

Days = Annotated[
    int | None, typer.Option("--days", min=1, help="The key ends after this many days.")
]
Name = Annotated[str, typer.Option(help="What the key is for.")]
Prefix = Annotated[str, typer.Argument(help="The key's part before the dot: fft_… or ffp_…")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="API keys.", no_args_is_help=True)
    group.command("platform")(platform)
    group.command("issue")(issue)
    group.command("rotate")(rotate)
    group.command("revoke")(revoke)
    group.command("list")(list_keys)
    app.add_typer(group, name="keys")


def platform(name: Name = "Operator", days: Days = None) -> None:
    """Make a key of the operator, who creates sellers, and print it; it is shown this once."""
    from api.serving.installation import in_application
    from core.bootstrap import Application
    from core.tenancy.issue_platform_key import IssuePlatformKey, issue_platform_key

    async def run(application: Application) -> str:
        async with application.transaction(None, actor="operator") as tx:
            ends = tx.now + timedelta(days=days) if days else None
            command = IssuePlatformKey(name, expires_at=ends)
            issued = await issue_platform_key(tx, command, pepper=application.pepper)
        return issued.text

    typer.echo(in_application(run))


def issue(
    tenant: Annotated[str, typer.Argument(help="The seller's slug.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope",
            help="What it may do, such as usage.write (several times); all unless said.",
        ),
    ] = None,
    name: Name = "Command line",
    days: Days = None,
) -> None:
    """Make a key of a seller and print it; it is shown this once."""
    from api.serving.installation import in_application
    from core.bootstrap import Application
    from core.tenancy.capabilities import OF_A_TENANT
    from core.tenancy.directory import tenant_by_slug
    from core.tenancy.issue_api_key import IssueApiKey, issue_api_key

    scopes = tuple(scope or sorted(OF_A_TENANT))

    async def run(application: Application) -> str:
        found = await tenant_by_slug(application.database, tenant)
        async with application.transaction(found.id, actor="operator") as tx:
            ends = tx.now + timedelta(days=days) if days else None
            command = IssueApiKey(name, scopes, expires_at=ends)
            issued = await issue_api_key(
                tx, command, held=OF_A_TENANT, pepper=application.pepper
            )
        return issued.text

    typer.echo(in_application(run))


def rotate(
    prefix: Annotated[str, typer.Argument(help="The key's part before the dot: fft_…")],
    overlap_hours: Annotated[
        int, typer.Option(min=0, max=168, help="For how long the old key works on.")
    ] = 24,
) -> None:
    """Replace a key of a seller by one that may do the same, and print it; it is shown once."""
    from api.serving.installation import in_application
    from core.bootstrap import Application
    from core.tenancy.capabilities import OF_A_TENANT
    from core.tenancy.rotate_api_key import RotateApiKey, rotate_api_key

    async def run(application: Application) -> str | None:
        async with application.transaction(None, actor="operator") as tx:
            key_id = await _key_in_force(tx, prefix)
            if key_id is None:
                return None
            command = RotateApiKey(key_id, overlap=timedelta(hours=overlap_hours))
            issued = await rotate_api_key(
                tx, command, held=OF_A_TENANT, pepper=application.pepper
            )
        return issued.text

    text = in_application(run)
    if text is None:
        _not_in_force(prefix, "key of a seller")
    typer.echo(text)


def revoke(prefix: Prefix) -> None:
    """End a key, of a seller or of the operator; it is refused within half a minute."""
    from api.serving.installation import in_application
    from core.bootstrap import Application
    from core.tenancy import repository
    from core.tenancy.key_material import PLATFORM_MARK
    from core.tenancy.revoke_api_key import RevokeApiKey, revoke_api_key

    async def run(application: Application) -> bool:
        async with application.transaction(None, actor="operator") as tx:
            if prefix.startswith(PLATFORM_MARK):
                return await repository.revoke_platform_key(tx, prefix)
            key_id = await _key_in_force(tx, prefix)
            if key_id is None:
                return False
            await revoke_api_key(tx, RevokeApiKey(key_id))
            return True

    if not in_application(run):
        _not_in_force(prefix)
    typer.echo("Revoked.")


def list_keys(tenant: Annotated[str, typer.Argument(help="The seller's slug.")]) -> None:
    """List the keys of a seller, the oldest first."""
    from rich.console import Console

    from api.serving.installation import in_application
    from api.terminal_tables import show_table
    from core.bootstrap import Application
    from core.tenancy import repository
    from core.tenancy.capabilities import OF_A_TENANT
    from core.tenancy.directory import tenant_by_slug
    from core.tenancy.records import ApiKey

    async def run(application: Application) -> list[ApiKey]:
        found = await tenant_by_slug(application.database, tenant)
        keys: list[ApiKey] = []
        async with application.transaction(found.id, actor="operator") as tx:
            while page := await repository.api_keys(
                tx, after=keys[-1].id if keys else None, limit=100
            ):
                keys += page
        return keys

    rows = []
    for key in in_application(run):
        days = [key.created_at, key.last_used_at, key.expires_at, key.revoked_at]
        made, used, ends, revoked = (f"{day:%Y-%m-%d %H:%M}" if day else "" for day in days)
        scopes = "all" if set(key.scopes) >= OF_A_TENANT else " ".join(key.scopes)
        rows.append((key.prefix, key.name, made, used, ends, revoked, scopes))
    heads = ("prefix", "name", "made", "used", "ends", "revoked", "scopes")
    show_table(Console(), heads, rows)


async def _key_in_force(tx: Tx, prefix: str) -> UUID | None:
    """Enter the tenant that has a key of this prefix, and return the key's id."""
    from core.tenancy import repository

    owner = await repository.tenant_of_prefix(tx, prefix)
    if owner is None:
        return None
    await tx.enter_tenant(owner)
    proof = await repository.key_proof(tx, prefix)
    return None if proof is None or proof.revoked_at is not None else proof.id


def _not_in_force(prefix: str, kind: str = "key") -> NoReturn:
    typer.echo(f"No {kind} in force begins with {prefix}.", err=True)
    raise typer.Exit(1)
