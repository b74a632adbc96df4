"""`POST /usage` behind the same keys as GraphQL."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.authentication import authenticated
from api.bulk_usage import Sender, typed_names, usage_route
from core.bootstrap import Application
from core.database_errors import Unavailable
from core.tenancy import Capability, Forbidden, Unauthenticated
from core.usage.bulk import BulkIngest


def upload_route(application: Application) -> Route:
    """Return the route for a process; what it answers before reading has a code too."""
    ingest = BulkIngest(
        database=application.database,
        host=application.host,
        gate=application.gate,
        pool=application.pool,
        names=typed_names(),
    )

    async def authenticate(request: Request) -> Sender | Response:
        try:
            principal = await authenticated(application, request)
            principal.require(Capability.USAGE_WRITE)
        except Unauthenticated as refusal:
            return _refused(refusal, 401, {"www-authenticate": "Bearer"})
        except Forbidden as refusal:
            return _refused(refusal, 403, {})
        except Unavailable as unavailable:
            waits = {"retry-after": str(unavailable.retry_after_seconds)}
            return _answer(503, "UNAVAILABLE", "This cannot be done now. Try again.", waits)
        assert principal.tenant_id is not None  # an operator's key lacks the capability
        return Sender(principal.tenant_id, principal.actor, principal.org_unit_id)

    return usage_route(ingest, authenticate=authenticate)


def _refused(
    refusal: Unauthenticated | Forbidden, status: int, headers: dict[str, str]
) -> Response:
    return _answer(status, refusal.code, refusal.message, headers)


def _answer(status: int, code: str, message: str, headers: dict[str, str]) -> Response:
    # The body may be long and is not read: the connection cannot be used again.
    return JSONResponse(
        {"error": {"code": code, "message": message}},
        status_code=status,
        headers={**headers, "connection": "close"},
    )
