"""PostgreSQL and Valkey as children of this process, from programs that come as wheels.

Owns: finding the programs, starting, attaching to and stopping the servers, the three database
roles, extra databases for tests. Does not own: the schema (migrations) or what is stored.

Invariants: nothing listens beyond the loopback; every password is random and stays in a file
that only its owner reads; no server outlives the process that started it; the application's
role owns nothing and cannot bypass row-level security.
"""

from core.embedded.database import APP_ROLE, OWNER_ROLE, SUPERUSER, DatabaseUrls
from core.embedded.errors import ServicesUnavailable
from core.embedded.supervisor import EmbeddedServices, ServiceUrls, start

__all__ = [
    "APP_ROLE",
    "OWNER_ROLE",
    "SUPERUSER",
    "DatabaseUrls",
    "EmbeddedServices",
    "ServiceUrls",
    "ServicesUnavailable",
    "start",
]
