"""Running scenarios on a database: a given one, or an embedded one made for the moment."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from api.scenarios.document import Scenario
from api.scenarios.play import Result, play
from api.schema import make_schema
from api.serving.installation import installation, opened
from core.bootstrap import Application
from core.config import Settings
from core.embedded import ServiceUrls


async def play_all(
    application: Application, scenarios: Sequence[Scenario]
) -> AsyncIterator[Result]:
    """Play scenarios one after the other, each in a seller of its own."""
    schema = make_schema(application.host)
    for scenario in scenarios:
        yield await play(application, schema, scenario)


async def play_on(
    settings: Settings, urls: ServiceUrls, scenarios: Sequence[Scenario]
) -> AsyncIterator[Result]:
    """Put a process together and play scenarios in it."""
    async with opened(settings, urls) as application:
        async for result in play_all(application, scenarios):
            yield result


@contextmanager
def database_for_scenarios(
    settings: Settings, *, database_url: str | None, owner_url: str | None
) -> Iterator[tuple[Settings, ServiceUrls]]:
    """Give the database at `database_url`, or a temporary embedded one without fsync.

    The temporary one has its own home, so that no other server is touched or found.
    """
    if database_url is not None:
        # The keys of these sellers are used here and never again: any pepper will do.
        pepper = settings.pepper or SecretStr(secrets.token_urlsafe())
        given = settings.model_copy(
            update={
                "database_url": database_url,
                "owner_database_url": owner_url,
                "pepper": pepper,
            }
        )
        with installation(given, with_redis=False) as running:
            yield given, running.urls
        return
    home = Path(tempfile.mkdtemp(prefix="forfait-scenarios-"))
    home.chmod(0o711)  # as root, the servers' account must be able to pass
    alone = settings.model_copy(
        update={"home": home, "database_url": None, "owner_database_url": None}
    )
    try:
        with installation(alone, with_redis=False, durable=False) as running:
            yield alone, running.urls
    finally:
        shutil.rmtree(home, ignore_errors=True)
