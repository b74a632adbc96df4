"""From a request's `Authorization: Bearer prefix.secret` to who asks.

Nobody passes without a key. What the key may do is decided field by field (`api.access`).
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from api.context import ApiContext, context_for, spending_of
from api.graphql.view import ContextFactory
from core.bootstrap import Application
from core.tenancy import Principal, Unauthenticated

_SCHEME: Final = "bearer"


async def authenticated(application: Application, request: Request) -> Principal:
    """Return who sent a request.

    Raises:
        Unauthenticated: there is no key, or it is not valid.
    """
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != _SCHEME or not key.strip():
        raise Unauthenticated("Send your API key: `Authorization: Bearer <key>`.")
    return await application.authenticator.authenticate(key.strip())


def context_factory(application: Application) -> ContextFactory:
    """Return what makes the context of each GraphQL request."""
    spending = spending_of(application)

    async def make(request: Request, request_id: str) -> ApiContext:
        async def again() -> Principal:
            return await authenticated(application, request)

        return context_for(
            application,
            await again(),
            request_id=request_id,
            spending=spending,
            reauthenticate=again,
        )

    return make
