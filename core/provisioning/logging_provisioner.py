"""The built-in provisioner: it writes down what it was asked, once per request.

It stands for providers that Forfait's operator lists (`FORFAIT_LOGGED_PROVIDERS`), such as
Nagra Media Live until its plugin is installed: somebody or something reads the log and acts.
It is no plugin, because plugins get no database; the worker gives it a place to write.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import orjson

from core.db import Tx
from core.plugin_api import ProvisioningOutcome, ProvisioningRequest
from core.provisioning.carrying import Open

_WRITE: Final = """
INSERT INTO provisioning_log (tenant_id, request_id, provider, account, subscription, product,
    action, provisioning_id, facts, at)
VALUES ($1, $2::uuid, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (tenant_id, request_id) DO NOTHING
"""

Write = Callable[[str, ProvisioningRequest], Awaitable[None]]
"""Writes a provisioner's request into a log, once for each idempotency key."""


class LoggingProvisioner:
    """Answers `done` when the request is in the log."""

    def __init__(self, name: str, write: Write) -> None:
        self._name = name
        self._write = write

    @property
    def name(self) -> str:
        """Return the provider that it stands for."""
        return self._name

    async def provision(self, request: ProvisioningRequest) -> ProvisioningOutcome:
        """Write the request down."""
        await self._write(self._name, request)
        return ProvisioningOutcome("done", reference=f"log:{request.idempotency_key}")


def write_into(begin: Open) -> Write:
    """Return what writes into a tenant's provisioning log, each time in a transaction."""

    async def write(name: str, request: ProvisioningRequest) -> None:
        async with begin() as tx:
            await write_log(tx, name, request)

    return write


async def write_log(tx: Tx, name: str, request: ProvisioningRequest) -> None:
    """Write a request down, unless it is there."""
    await tx.execute(
        _WRITE,
        tx.tenant_id,
        request.idempotency_key,
        name,
        request.account,
        request.subscription,
        request.product,
        request.action,
        request.provisioning_id,
        orjson.dumps(dict(request.values)).decode(),
        tx.now,
    )
