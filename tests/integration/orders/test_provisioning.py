"""A request reaches its provider at least once; what it answers is final, or it waits."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from core.orders.order import place_order
from core.orders.posting import Recorder
from core.orders.records import PlaceOrder
from core.plugin_api import ProvisioningOutcome, ProvisioningRequest
from core.plugin_host import PluginHost
from core.provisioning.carrying import carry, provisioner_name
from core.provisioning.logging_provisioner import LoggingProvisioner, write_into
from core.subscriptions.records import Subscription
from tests.integration.orders.conftest import GATE, NOON, At, Rows

NAGRA = "nagra_media_live"


class Provider:
    """A provider that answers as it is told, and remembers what it was asked."""

    name = NAGRA

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[ProvisioningRequest] = []

    async def provision(self, request: ProvisioningRequest) -> ProvisioningOutcome:
        """Give the next answer; an exception is raised, a number is slept."""
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, float):
            await asyncio.sleep(answer)
        return answer


@pytest.fixture
async def request_id(at: At, rows: Rows, subscription: Subscription, host: PluginHost) -> UUID:
    """The request of an order of Braveheart."""
    command = PlaceOrder(
        subscription_id=subscription.id, service="braveheart", udr_type="movie", method="tv"
    )
    async with at(NOON) as tx:
        await place_order(tx, command, recorder=Recorder(host, GATE))
    (row,) = await rows("provisioning_request", "id")
    return row["id"]


async def carried(
    at: At, request_id: UUID, *provisioners: Any, now: datetime = NOON
) -> str | None:
    """Carry the request once."""
    return await carry(
        request_id,
        begin=lambda: at(now),
        provisioners={one.name: one for one in provisioners},
        seconds=0.2,
    )


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("Nagra Media Live", NAGRA),
        (" Nagra-Media  LIVE! ", NAGRA),
        ("by_hand", "by_hand"),
    ],
)
def test_a_provider_is_found_by_its_name_in_plain_letters(provider: str, name: str) -> None:
    """Lower case, and _ for everything that is no letter or digit."""
    assert provisioner_name(provider) == name


async def test_a_request_that_is_done_is_settled_with_its_reference(
    at: At, rows: Rows, request_id: UUID
) -> None:
    """Carried again, the provider is not asked again."""
    provider = Provider(ProvisioningOutcome("done", reference="N-1"))
    assert await carried(at, request_id, provider) is None
    (row,) = await rows("provisioning_request", "id")
    assert (row["state"], row["reference"], row["attempts"]) == ("done", "N-1", 1)
    assert (row["settled_at"], row["error"]) == (NOON, None)
    (asked,) = provider.asked
    assert asked.idempotency_key == str(request_id)
    assert (asked.product, asked.action, asked.provisioning_id) == (
        "braveheart",
        "activate",
        "1AQ8",
    )
    assert asked.values == {"method": "tv"}
    assert await carried(at, request_id, provider) is None
    assert len(provider.asked) == 1


async def test_a_refusal_of_the_provider_is_final_and_says_why(
    at: At, rows: Rows, request_id: UUID
) -> None:
    """The smart card is unknown: no attempt follows."""
    provider = Provider(ProvisioningOutcome("failed", reason="unknown card"))
    assert await carried(at, request_id, provider) is None
    (row,) = await rows("provisioning_request", "id")
    assert (row["state"], row["error"], row["attempts"]) == ("failed", "unknown card", 1)


async def test_what_is_pending_fails_or_hangs_is_asked_again_under_the_same_key(
    at: At, rows: Rows, request_id: UUID
) -> None:
    """Pending, an exception, no answer in time, nonsense, and at last done: 5 attempts."""
    provider = Provider(
        ProvisioningOutcome("pending"),
        ConnectionError("refused"),
        5.0,
        ProvisioningOutcome("maybe"),  # type: ignore[arg-type] # the point
        ProvisioningOutcome("done"),
    )
    expected = (
        "the provider has not finished",
        f"{NAGRA}: ConnectionError: refused",
        f"{NAGRA} did not answer within 0.2 s",
        f"{NAGRA}: ValueError: status 'maybe' is none of done, pending, failed",
    )
    for attempt, error in enumerate(expected, start=1):
        assert await carried(at, request_id, provider) == error
        (row,) = await rows("provisioning_request", "id")
        assert (row["state"], row["error"], row["attempts"]) == ("waiting", error, attempt)
    assert await carried(at, request_id, provider) is None
    assert {asked.idempotency_key for asked in provider.asked} == {str(request_id)}
    (row,) = await rows("provisioning_request", "id")
    assert (row["state"], row["attempts"]) == ("done", 5)


class Unspeakable(Exception):
    """An exception whose text fails too."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (None, "AttributeError"),
        ("done", "AttributeError"),
        (ProvisioningOutcome("done", reference=5), "TypeError"),  # type: ignore[arg-type]
        (ProvisioningOutcome("pending", reason="a\0b\ud800"), "a b "),
        (ValueError("a\0b\ud800"), "ValueError: a b "),
        (Unspeakable(), "Unspeakable"),
        (SystemExit("bye"), "SystemExit: bye"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (asyncio.CancelledError(), "CancelledError"),
    ],
    ids=repr,
)
async def test_whatever_a_provisioner_does_is_noted_and_asked_again(
    at: At, rows: Rows, request_id: UUID, answer: Any, error: str
) -> None:
    """It ends no worker, and its words are made storable."""
    provider = Provider(answer, ProvisioningOutcome("done", reference="x\0y\ud800"))
    told = await carried(at, request_id, provider)
    assert told is not None
    assert error in told
    (row,) = await rows("provisioning_request", "id")
    assert (row["state"], row["error"], row["attempts"]) == ("waiting", told, 1)
    assert await carried(at, request_id, provider) is None
    (row,) = await rows("provisioning_request", "id")
    assert (row["state"], row["reference"]) == ("done", "x y ")


async def test_who_stops_a_worker_stops_it(at: At, rows: Rows, request_id: UUID) -> None:
    """Cancelled from outside while it waits for a provider: nothing is noted, it asks again."""
    task = asyncio.create_task(carried(at, request_id, Provider(5.0)))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (row,) = await rows("provisioning_request", "id")
    assert (row["state"], row["attempts"]) == ("waiting", 0)


async def test_a_provider_without_a_provisioner_waits_and_says_so(
    at: At, rows: Rows, request_id: UUID
) -> None:
    """Installed later, it is asked then."""
    told = await carried(at, request_id)
    assert told is not None
    assert told.startswith("no provisioner 'nagra_media_live' is installed")
    (row,) = await rows("provisioning_request", "id")
    assert (row["state"], row["error"]) == ("waiting", told)
    assert await carried(at, request_id, Provider(ProvisioningOutcome("done"))) is None


async def test_the_built_in_provisioner_writes_a_request_down_once(
    at: At, rows: Rows, request_id: UUID
) -> None:
    """A repeated request leaves one entry."""
    log = LoggingProvisioner(NAGRA, write_into(lambda: at(NOON)))
    assert await carried(at, request_id, log) is None
    (entry,) = await rows("provisioning_log", "request_id")
    assert (entry["request_id"], entry["provider"]) == (request_id, NAGRA)
    assert (entry["product"], entry["action"]) == ("braveheart", "activate")
    assert (entry["provisioning_id"], entry["facts"]) == ("1AQ8", {"method": "tv"})
    again = ProvisioningRequest(
        str(request_id), "a", "s", "braveheart", "activate", provisioning_id="1AQ8"
    )
    assert (await log.provision(again)).status == "done"
    assert len(await rows("provisioning_log", "request_id")) == 1
