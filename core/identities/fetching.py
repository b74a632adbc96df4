"""Asking a provider for a small document, bounded in time and in size."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import orjson

SECONDS: Final = 5.0
MOST_BYTES: Final = 262_144
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class ProviderUnreachable(Exception):
    """A provider did not answer with what it must; the message says what was amiss."""


def is_safe_address(address: str) -> bool:
    """Say whether an address may be asked: encrypted, or on this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)


async def fetch_document(client: httpx.AsyncClient, address: str) -> dict[str, Any]:
    """Return the JSON object at an address; redirections are not followed.

    Raises:
        ProviderUnreachable: there is none within 5 seconds and 256 KiB.
    """
    if not is_safe_address(address):
        raise ProviderUnreachable(f"{address} is not an https address")
    try:
        async with asyncio.timeout(SECONDS):
            body = await _body(client, address)
        found = orjson.loads(body)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
        told = str(error) or type(error).__name__
        raise ProviderUnreachable(f"{address} did not answer: {told}") from error
    if not isinstance(found, dict):
        raise ProviderUnreachable(f"{address} did not answer with a JSON object")
    return found


async def _body(client: httpx.AsyncClient, address: str) -> bytes:
    body = bytearray()
    async with client.stream("GET", address, headers={"accept": "application/json"}) as answer:
        if answer.status_code != httpx.codes.OK:
            raise ProviderUnreachable(f"{address} answered {answer.status_code}")
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > MOST_BYTES:
                raise ProviderUnreachable(f"{address} answered more than {MOST_BYTES} bytes")
    return bytes(body)
