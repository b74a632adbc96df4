"""Provisioning: requests that left through the outbox are carried to their providers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final
from uuid import UUID

from core.db import Tx
from core.logging import get_logger
from core.outbox import OutboxMessage
from core.plugin_api import Provisioner
from core.provisioning.carrying import carry, provisioner_name
from core.provisioning.logging_provisioner import LoggingProvisioner, write_into
from core.provisioning.requesting import TOPIC
from workers.context import WorkerContext

ACTOR: Final = "system:provisioning"
PROVIDER_SECONDS: Final = 5.0
AT_ONCE: Final = 8
"""Providers that are asked at the same time; each answer takes a connection to be noted."""
BATCH_SECONDS: Final = 25.0
"""Time for the requests of one batch; the others keep their turn until the next."""

_log = get_logger(__name__)


async def carried(
    context: WorkerContext, tenant_id: UUID, messages: Sequence[OutboxMessage]
) -> dict[UUID, str]:
    """Carry the requests among these messages; return why some must come again."""
    requests = [message for message in messages if message.topic == TOPIC]
    if not requests:
        return {}
    provisioners = provisioners_of(context, tenant_id)
    turns = asyncio.Semaphore(AT_ONCE)
    loop = asyncio.get_running_loop()
    until = loop.time() + BATCH_SECONDS

    async def one(message: OutboxMessage) -> str | None:
        async with turns:
            if loop.time() > until or context.is_stopping:
                return "others took the time; it waits for its turn"
            return await _carried(context, tenant_id, message, provisioners)

    failures = await asyncio.gather(*(one(message) for message in requests))
    return {
        message.id: failure
        for message, failure in zip(requests, failures, strict=True)
        if failure is not None
    }


def provisioners_of(context: WorkerContext, tenant_id: UUID) -> dict[str, Provisioner]:
    """Return the provisioners by name: the plugins', and logs for the listed providers."""
    application = context.application
    write = write_into(lambda: _begin(context, tenant_id))
    names = map(provisioner_name, application.settings.logged_providers)
    found: dict[str, Provisioner] = {name: LoggingProvisioner(name, write) for name in names}
    installed = application.host.provisioners
    return found | {name: hosted.contribution for name, hosted in installed.items()}


async def _carried(
    context: WorkerContext,
    tenant_id: UUID,
    message: OutboxMessage,
    provisioners: Mapping[str, Provisioner],
) -> str | None:
    request_id = UUID(message.payload["request"])
    try:
        failure = await carry(
            request_id,
            begin=lambda: _begin(context, tenant_id),
            provisioners=provisioners,
            seconds=PROVIDER_SECONDS,
        )
    except Exception as error:  # noqa: BLE001 - one request's failure stays its own
        failure = f"{type(error).__name__}: {error}"
    if failure is not None:
        _log.warning("provisioning_waits", request_id=str(request_id), reason=failure)
    return failure


def _begin(context: WorkerContext, tenant_id: UUID) -> AbstractAsyncContextManager[Tx]:
    return context.application.transaction(tenant_id, actor=ACTOR)
