"""`forfait close`: freeze and close what is due now, with progress."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("close")(close)


def close(
    tenant: Annotated[str, typer.Argument(help="The seller's slug.")],
    wait: Annotated[
        bool,
        typer.Option("--wait", help="Let the workers close it, and show how far they are."),
    ] = False,
) -> None:
    """Close everything of TENANT that is due by now, and show how it goes."""
    import asyncio

    from api.serving.close import close_tenant
    from api.serving.installation import installation
    from core.bootstrap import bootstrap
    from core.config import load_settings
    from core.logging import configure_logging
    from core.tenancy.directory import tenant_by_slug

    settings = load_settings()
    configure_logging(level="WARNING", log_format=settings.log_format)

    async def run() -> None:
        async with bootstrap(settings, running.urls, role="worker") as application:
            found = await tenant_by_slug(application.database, tenant)
            await close_tenant(application, found.id, by_workers=wait)

    with installation(settings, with_redis=False) as running:
        asyncio.run(run())
