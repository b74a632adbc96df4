"""`python -m tests.clients.playing`: one seller of the demonstration, and one that is empty.

What `forfait demo --once` does for five sellers, for the one whose customers the checks of
clients ask about.
"""

from __future__ import annotations

import asyncio
import sys

from rich.console import Console

from api.demo.run import run_demo
from api.demo.sellers import SELLERS
from api.demo.tenants import KEYS, Open, open_tenant
from api.serving.children import WorkerCrew, worker_environment
from api.serving.installation import installation, opened
from api.serving.serve import run_until_stopped, serve
from core.config import Settings, load_settings
from core.embedded import ServiceUrls
from core.embedded.place import write_private
from core.tenancy.create_tenant import CreateTenant, create_tenant
from tests.clients.filled import PLAYED, SLUG

WORKERS = 2


def main() -> None:
    """Play the month, close it, and leave the sellers' keys beside each other."""
    settings = load_settings(port=0, close_chunk_size=1, log_level="WARNING")
    with installation(settings) as running:
        played = asyncio.run(_sellers(settings, running.urls))
        more = {"FORFAIT_LOG_LEVEL": "WARNING", "FORFAIT_CLOSE_CHUNK_SIZE": "1"}
        crew = WorkerCrew(WORKERS, worker_environment(settings, running.urls, more=more))

        async def play(address: str) -> bool:
            await run_demo(address, [played], crew, console=Console(file=sys.stdout))
            return False

        run_until_stopped(serve(running, settings, crew=crew, beside=play))


async def _sellers(settings: Settings, urls: ServiceUrls) -> Open:
    (seller,) = [each for each in SELLERS if each.slug == PLAYED]
    filled = CreateTenant(
        slug=SLUG, name=SLUG, currency="EUR", timezone="Europe/Paris", country="FR"
    )
    async with opened(settings, urls) as application:
        played = await open_tenant(application, settings.home, seller)
        async with application.transaction(None, actor="operator") as tx:
            created = await create_tenant(tx, filled, pepper=application.pepper)
    write_private(settings.home / KEYS / SLUG, created.admin_key.text)
    return played


if __name__ == "__main__":
    main()
