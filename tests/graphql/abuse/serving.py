"""One web server process for the tests of abuse: `python -m tests.graphql.abuse.serving`.

The addresses of its database and of Valkey are its arguments, its settings are in the
environment; it says where it listens, and ends on SIGTERM.
"""

from __future__ import annotations

import asyncio
import sys

from api.app import create_app
from api.serving.web import address_of, listening_socket, stops_on_signals, web_server
from core.bootstrap import bootstrap
from core.config import load_settings
from core.embedded import ServiceUrls


async def serve(app_url: str, owner_url: str, redis_url: str) -> None:
    """Serve until the end is asked for."""
    settings = load_settings()
    urls = ServiceUrls(database_url=app_url, owner_database_url=owner_url, redis_url=redis_url)
    async with bootstrap(settings, urls) as application:
        server = web_server(create_app(application), settings)
        stops_on_signals(server)
        with listening_socket("127.0.0.1", 0) as listening:
            print(address_of(listening), flush=True)
            await server.serve(sockets=[listening])


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:4]))
