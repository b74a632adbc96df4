"""A real door: an application that trusts a provider, at a time that a test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from api.app import create_app
from core.identities import TokenVerifier
from core.kernel.clock import FixedClock
from core.tenancy.authenticate import Authenticator
from tests.graphql.api_clients import Api, KeyClient
from tests.identity_provider import LocalProvider, local_provider

VIEWER = "{ viewer { label scopes expiresAt } }"


class Seconds:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Tell the seconds."""
        return self.now


@dataclass
class Door:
    """An application that trusts a provider, at a time that a test moves."""

    api: Api
    http: httpx.AsyncClient
    provider: LocalProvider
    clock: FixedClock
    seconds: Seconds

    @property
    def one(self) -> KeyClient:
        """The administrator of the seller `one`."""
        return KeyClient(self.http, self.api.one.key, self.api.one.tenant_id)

    @property
    def other(self) -> KeyClient:
        """The administrator of the other seller."""
        return KeyClient(self.http, self.api.other.key, self.api.other.tenant_id)

    def with_token(self, **claims: Any) -> KeyClient:
        """Somebody with a token of the provider, in force for an hour from now on."""
        now = int(self.clock.now().timestamp())
        text = self.provider.token(**{"iat": now, "exp": now + 3600, **claims})
        return KeyClient(self.http, text)

    def pass_by(self, seconds: float) -> None:
        """Let time go by, for what is remembered and for what is over."""
        self.seconds.now += seconds
        self.clock.advance(timedelta(seconds=seconds))

    async def staff(self, name: str, *roles: str) -> str:
        """Add a member of the staff; roles are SUPPORT unless said otherwise."""
        given = {"email": f"{name}@one.fr", "name": name, "roles": list(roles or ("SUPPORT",))}
        return str(
            (await self.one.changed("staffCreate", "staff { id }", given))["staff"]["id"]
        )

    async def linked(self, audience: str, *, by_email: bool = False) -> str:
        """Link the provider for an audience."""
        given = {"issuer": self.provider.issuer, "audience": audience, "bindsByEmail": by_email}
        made = await self.one.changed("identityProviderLink", "provider { id }", given)
        return str(made["provider"]["id"])

    async def bound(self, staff: str, provider: str, subject: str) -> str:
        """Bind a subject of the provider to a member of the staff."""
        given = {"staff": staff, "provider": provider, "subject": subject}
        made = await self.one.changed("staffIdentityBind", "identity { id }", given)
        return str(made["identity"]["id"])


@pytest.fixture(scope="module")
def provider() -> Iterator[LocalProvider]:
    """A provider with one key."""
    with local_provider() as started:
        yield started


@pytest.fixture
async def door(api: Api, provider: LocalProvider) -> AsyncIterator[Door]:
    """The application with its own clock, and a memory that has seen nobody."""
    clock, seconds = FixedClock(datetime.now(UTC)), Seconds()
    verifier = TokenVerifier([provider.issuer], monotonic=seconds)
    application = replace(
        api.application,
        clock=clock,
        settings=api.application.settings.model_copy(
            update={"oidc_issuers": (provider.issuer,)}
        ),
        authenticator=Authenticator(
            api.application.database,
            pepper=api.application.pepper,
            monotonic=seconds,
            clock=clock,
            verifier=verifier,
        ),
    )
    transport = httpx.ASGITransport(app=create_app(application))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield Door(api, http, provider, clock, seconds)
    await verifier.close()


async def is_let_in(client: KeyClient) -> bool:
    """Say whether a credential is taken; whoever is not learns nothing of why."""
    answer = await client.post(VIEWER)
    if answer.status_code == 200:
        return True
    assert answer.status_code == 401
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    told = "what you sent is not valid; send an API key or a token that is in force"
    assert error["message"] == told
    return False
