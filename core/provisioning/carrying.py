"""Carry a request to its provider: read it, ask outside of any transaction, note the answer.

At least once: a worker that dies in between asks again, with the same idempotency key. What
the provider answers is final, or `pending`; everything else is tried again with the growing
pauses of the outbox, a provider without a provisioner too.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Final
from uuid import UUID

from core.db import Tx
from core.fault_points import reached
from core.plugin_api import Provisioner, ProvisioningOutcome, ProvisioningRequest
from core.plugin_host.refusals import described_exception, readable
from core.provisioning.records import StoredRequest
from core.provisioning.repository import Attempt, note_attempt, request_to_carry

PROVIDER_SECONDS: Final = 10.0
"""Time for a provider to answer one request."""
MAX_TEXT: Final = 500
_NO_NAME: Final = re.compile(r"[^a-z0-9]+")

Open = Callable[[], AbstractAsyncContextManager[Tx]]
Provisioners = Mapping[str, Provisioner]


def provisioner_name(provider: str) -> str:
    """Return the name of the provisioner that stands for a provider.

    A catalogue names its provider in words; "Nagra Media Live" is `nagra_media_live`.
    """
    return _NO_NAME.sub("_", provider.lower()).strip("_")


async def carry(
    request_id: UUID,
    *,
    begin: Open,
    provisioners: Provisioners,
    seconds: float = PROVIDER_SECONDS,
) -> str | None:
    """Carry one request; return why it must be carried again, or None when it is settled."""
    async with begin() as tx:
        found = await request_to_carry(tx, request_id)
    if found is None or found[0].state != "waiting":
        return None
    request, product = found
    attempt = await _asked(request, product, provisioners, seconds=seconds)
    reached("provider_answered")
    async with begin() as tx:
        await note_attempt(tx, request_id, attempt)
    return attempt.error or "pending" if attempt.state == "waiting" else None


async def _asked(
    request: StoredRequest, product: str, provisioners: Provisioners, *, seconds: float
) -> Attempt:
    name = provisioner_name(request.provider)
    provisioner = provisioners.get(name)
    if provisioner is None:
        told = f"no provisioner {name!r} is installed for the provider {request.provider!r}; "
        told += "install a plugin with it, or list it in FORFAIT_LOGGED_PROVIDERS"
        return Attempt("waiting", "", told[:MAX_TEXT])
    asked = ProvisioningRequest(
        idempotency_key=str(request.id),
        account=str(request.account_id),
        subscription=str(request.subscription_id),
        product=product,
        action=request.action,  # type: ignore[arg-type] # the database holds no other
        provisioning_id=request.provisioning_id,
        values=dict(request.facts),
    )
    try:
        return await asyncio.wait_for(_answer(provisioner, asked), seconds)
    except TimeoutError:
        return Attempt("waiting", "", f"{name} did not answer within {seconds:g} s")
    except Exception as error:  # noqa: BLE001 - a provider's failure is noted and repeated
        cause = error.__cause__ if isinstance(error, _Stopped) else error
        told = f"{name}: {described_exception(cause or error)}"
        return Attempt("waiting", "", readable(told, limit=MAX_TEXT))


class _Stopped(Exception):
    """A provisioner tried to end its worker, or gave itself up."""


async def _answer(provisioner: Provisioner, asked: ProvisioningRequest) -> Attempt:
    """Ask, so that nothing but the worker itself can end the worker."""
    try:
        return _attempt(await provisioner.provision(asked))
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise _Stopped from error
    except (SystemExit, KeyboardInterrupt) as error:
        raise _Stopped from error


def _attempt(outcome: ProvisioningOutcome) -> Attempt:
    """Read an answer; what is none rises, and is repeated."""
    reference = readable(outcome.reference, limit=MAX_TEXT)
    reason = readable(outcome.reason, limit=MAX_TEXT)
    if outcome.status == "done":
        return Attempt("done", reference, None)
    if outcome.status == "failed":
        return Attempt("failed", reference, reason or "the provider refused")
    if outcome.status == "pending":
        return Attempt("waiting", reference, reason or "the provider has not finished")
    raise ValueError(f"status {outcome.status!r} is none of done, pending, failed")
