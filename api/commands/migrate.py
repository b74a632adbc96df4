"""`forfait migrate`: bring the database's schema up to date."""

from __future__ import annotations

from typing import Annotated

import typer

from core.config import load_settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("migrate")(migrate)


def migrate(
    revision: Annotated[
        str, typer.Argument(help="Where to go; `head` is the newest.")
    ] = "head",
) -> None:
    """Bring the schema up to REVISION, as its owner.

    Without DATABASE_URL the embedded PostgreSQL is started for it. Running it again, or from
    two places at once, does no harm.
    """
    from sqlalchemy import make_url

    from core import migrations
    from core.embedded import EmbeddedServices

    settings = load_settings()
    # Migrating needs no Redis; naming one keeps it from being started.
    given = {"REDIS_URL": "redis://unused", **settings.given_addresses()}
    with EmbeddedServices(settings.home, environment=given) as running:
        owner_url = running.urls.owner_database_url
        role = make_url(running.urls.database_url).username or migrations.DEFAULT_APP_ROLE
        migrations.upgrade(owner_url, revision, app_role=role)
        at = migrations.current(owner_url) if owner_url else ()
    typer.echo(f"The schema is at {', '.join(at) or 'nothing'}.")
