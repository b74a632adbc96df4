"""Bringing a database's schema up to date, from a checkout or from an installed wheel.

Everything runs as the owner of the schema: the application's role may not change it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from core.config import ConfigurationMissing
from core.own_loop import in_own_loop, in_own_thread

DEFAULT_APP_ROLE: Final = "forfait_app"

# The wheel carries a copy of the checkout's folder `alembic` inside this package.
_BUNDLED = Path(__file__).parent / "migrations_bundle" / "alembic"
_CHECKOUT = Path(__file__).parents[1] / "alembic"


def upgrade(
    owner_url: str | None, revision: str = "head", *, app_role: str = DEFAULT_APP_ROLE
) -> None:
    """Bring the schema up to `revision`; one that is there already is left alone.

    `app_role` is the role that the application connects as: it gets the grants.

    Raises:
        ConfigurationMissing: the owner's address is not known.
    """
    target = configuration(owner_url)
    target.attributes["app_role"] = app_role
    in_own_thread(lambda: command.upgrade(target, revision))


def downgrade(
    owner_url: str | None, revision: str, *, app_role: str = DEFAULT_APP_ROLE
) -> None:
    """Take the schema back to `revision` ("base": nothing left). Data in it are lost."""
    target = configuration(owner_url)
    target.attributes["app_role"] = app_role
    in_own_thread(lambda: command.downgrade(target, revision))


def heads() -> tuple[str, ...]:
    """Return the newest revisions; a healthy history has exactly one."""
    return tuple(ScriptDirectory.from_config(_without_address()).get_heads())


def current(url: str) -> tuple[str, ...]:
    """Return the revisions that the database is at; an empty database has none."""
    return in_own_loop(_current(url))


def configuration(owner_url: str | None) -> Config:
    """Return alembic's configuration for the database at `owner_url` (postgresql://…)."""
    if not owner_url:
        raise ConfigurationMissing(
            "Migrations run as the owner of the schema: set OWNER_DATABASE_URL beside "
            "DATABASE_URL (the application's role may not change the schema)."
        )
    config = _without_address()
    # A percent sign would be taken for interpolation by the configuration parser.
    config.set_main_option("sqlalchemy.url", owner_url.replace("%", "%%"))
    return config


def _without_address() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _folder() -> Path:
    return _BUNDLED if (_BUNDLED / "env.py").exists() else _CHECKOUT


async def _current(url: str) -> tuple[str, ...]:
    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return ()
        rows = await connection.fetch("SELECT version_num FROM alembic_version ORDER BY 1")
        return tuple(str(row["version_num"]) for row in rows)
    finally:
        await connection.close()
