"""`GET /simulations/{id}.csv`: results streamed as CSV, behind the same keys as GraphQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from api.authentication import authenticated
from api.features.accounts.types import ACCOUNT_ID
from api.features.simulations.types import SIMULATION_ID
from core.bootstrap import Application
from core.database_errors import Unavailable
from core.db import Tx
from core.kernel.errors import Refusal
from core.simulations import repository
from core.simulations.export import csv_pages
from core.tenancy import Capability, Forbidden, Principal, Unauthenticated

CSV: str = "text/csv; charset=utf-8"


def export_route(application: Application) -> Route:
    """Return the route for a process; what it answers before streaming has a code too."""

    async def export(request: Request) -> Response:
        try:
            principal = await authenticated(application, request)
            principal.require(Capability.SIMULATION_RUN)
            key = SIMULATION_ID.parse(request.path_params["simulation"])
            async with _transaction(application, principal) as tx:
                found = await repository.simulation(tx, key)
        except Unauthenticated as refusal:
            return _refused(refusal.code, refusal.message, 401)
        except Forbidden as refusal:
            return _refused(refusal.code, refusal.message, 403)
        except Unavailable:
            return _refused("UNAVAILABLE", "This cannot be done now. Try again.", 503)
        except Refusal as refusal:
            return _refused("INVALID_ID", refusal.message, 404)
        if found is None:
            return _refused("NOT_FOUND", "There is no such simulation.", 404)
        name = f"simulation-{found.month:%Y-%m}.csv"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        pages = _pages(application, principal, key)
        return StreamingResponse(pages, media_type=CSV, headers=headers)

    return Route("/simulations/{simulation}.csv", export, methods=["GET"])


async def _pages(
    application: Application, principal: Principal, key: UUID
) -> AsyncIterator[str]:
    async with _transaction(application, principal) as tx:
        async for page in csv_pages(tx, key, shown=ACCOUNT_ID.encode):
            yield page


def _transaction(
    application: Application, principal: Principal
) -> AbstractAsyncContextManager[Tx]:
    return application.transaction(
        principal.tenant_id, actor=principal.actor, unit_id=principal.org_unit_id
    )


def _refused(code: str, message: str, status: int) -> JSONResponse:
    headers = {"www-authenticate": "Bearer"} if status == 401 else {}
    return JSONResponse(
        {"error": {"code": code, "message": message}}, status_code=status, headers=headers
    )
