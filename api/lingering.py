"""End a connection so that its last answer arrives.

Who is refused in the middle of a long body is still sending. Closing a connection whose
input was not read resets it, and the reset overtakes the answer: the caller would learn
nothing but that the connection broke.
"""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LINGER_SECONDS: Final = 5.0
"""How long what is still being sent is taken, and thrown away."""


class LingeringClose:
    """Reads on, for a while, behind an answer after which the connection is closed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; its answer is complete at once, its connection a moment later."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_sending, is_last, is_held = True, False, False

        async def receive_and_note() -> Message:
            nonlocal is_sending
            message = await receive()
            is_sending = message.get("more_body", False)
            return message

        async def send_but_hold(message: Message) -> None:
            nonlocal is_last, is_held
            if message["type"] == "http.response.start":
                is_last = (b"connection", b"close") in message["headers"]
            elif is_last and is_sending and not message.get("more_body", False):
                is_held = True
                message = {**message, "more_body": True}
            await send(message)

        await self._app(scope, receive_and_note, send_but_hold)
        if is_held:  # here, the request has left its place among those that are served
            await _let_finish(receive)
            await send({"type": "http.response.body"})


async def _let_finish(receive: Receive) -> None:
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while (await receive()).get("more_body", False):
                pass
    except TimeoutError:
        pass  # it has had the time to read its answer
