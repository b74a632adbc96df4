"""`forfait tenants`: the sellers of this installation."""

from __future__ import annotations

from typing import Annotated, Any

import typer


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="The sellers of this installation.", no_args_is_help=True)
    group.command("create")(create)
    group.command("list")(list_tenants)
    app.add_typer(group, name="tenants")


def create(
    slug: Annotated[str, typer.Argument(help="1 to 63 of a-z, 0-9 and -.")],
    name: Annotated[str, typer.Option(help="The name shown to people.")],
    currency: Annotated[str, typer.Option(help="ISO 4217, such as EUR.")],
    timezone: Annotated[str, typer.Option(help="Such as Europe/Paris.")],
    country: Annotated[str, typer.Option(help="ISO 3166-1, such as FR.")],
) -> None:
    """Create a seller, and print its administrator's API key, which is shown this once."""
    from api.serving.installation import in_application
    from core.bootstrap import Application
    from core.tenancy.create_tenant import CreatedTenant, CreateTenant, create_tenant

    command = CreateTenant(
        slug=slug, name=name, currency=currency, timezone=timezone, country=country
    )

    async def run(application: Application) -> CreatedTenant:
        async with application.transaction(None, actor="operator") as tx:
            return await create_tenant(tx, command, pepper=application.pepper)

    typer.echo(in_application(run).admin_key.text)


def list_tenants() -> None:
    """List the sellers, the oldest first."""
    from rich.console import Console

    from api.serving.installation import in_application
    from api.terminal_tables import show_table
    from core.bootstrap import Application
    from core.tenancy.directory import all_tenants

    async def run(application: Application) -> list[Any]:
        return [each async for each in all_tenants(application.database)]

    rows = [
        (
            each.slug,
            each.name,
            each.currency,
            each.timezone,
            each.country,
            f"{each.created_at:%Y-%m-%d}",
        )
        for each in in_application(run)
    ]
    show_table(Console(), ("slug", "name", "currency", "time zone", "country", "created"), rows)
