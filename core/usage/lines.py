"""Lines of NDJSON: cut out of a stream of bytes, and read as reports.

A line is `{"account": …, "source": …, "id": …, "occurredAt": …, "subscription": …,
"event": {"<channel>": {…}}}`, the shape of the typed mutation.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from core.plugin_host import EventInvalid
from core.usage.codec import ChannelCodec
from core.usage.records import MOST_CHARACTERS, Named, UsageReport, Verdict, rejected

_KEYS: Final = frozenset({"account", "source", "id", "occurredAt", "subscription", "event"})
_TEXTS: Final = ("account", "source", "id", "occurredAt")


class Line(NamedTuple):
    """A line with its number from 1; of one that is too long, no text and its bound."""

    number: int
    text: bytes
    too_long: int = 0


def _as_ref(text: str) -> Named:
    return text


@dataclass(frozen=True, slots=True)
class Names:
    """How a text that names an account or a subscription becomes an id, or else a ref."""

    account: Callable[[str], Named] = _as_ref
    subscription: Callable[[str], Named] = _as_ref


async def cut_lines(body: AsyncIterator[bytes], *, longest: int) -> AsyncIterator[list[Line]]:
    """Yield the lines that are not empty, with their numbers, block by block.

    Never holds more of a line than `longest` bytes: of a longer one the rest is dropped as
    it comes.
    """
    number, begun, too_long = 1, b"", False
    async for block in body:
        *whole, rest = block.split(b"\n")
        lines: list[Line] = []
        for piece in whole:
            text = begun + piece if begun else piece
            if too_long or len(text) > longest:
                lines.append(Line(number, b"", too_long=longest))
            elif text and not text.isspace():
                lines.append(Line(number, text))
            number, begun, too_long = number + 1, b"", False
        too_long = too_long or len(begun) + len(rest) > longest
        begun = b"" if too_long else begun + rest
        yield lines
    if too_long:
        yield [Line(number, b"", too_long=longest)]
    elif begun and not begun.isspace():
        yield [Line(number, begun)]


def by_spelling(codecs: Mapping[str, ChannelCodec]) -> dict[str, ChannelCodec]:
    """Return the codecs by what lines may call them: as the schema does, or by their names."""
    return {each.channel.json_name: each for each in codecs.values()} | dict(codecs)


class LineReader:
    """Reads the lines of one stream; names repeat in it and are remembered, within a bound."""

    _REMEMBERED: Final = 10_000

    def __init__(self, codecs: Mapping[str, ChannelCodec], names: Names) -> None:
        self._codecs = by_spelling(codecs)
        self._names = names
        self._accounts: dict[str, Named] = {}

    def read(self, line: Line) -> UsageReport | Verdict:
        """Return the report of a line, or the verdict that rejects it with its place."""
        if line.too_long:
            return _unreadable(f"the line is longer than {line.too_long} bytes; split it")
        try:
            written = orjson.loads(line.text)
        except orjson.JSONDecodeError as error:
            return _unreadable(f"the line is no JSON: {error}; write one object a line")
        if not isinstance(written, dict):
            return _unreadable("the line is no JSON object; write one object a line")
        return self.read_object(written)

    def read_object(self, written: dict[str, Any]) -> UsageReport | Verdict:
        """Return the report of an object, or the verdict that rejects it with its place."""
        try:
            return self._report(written)
        except _Unreadable as unreadable:
            return unreadable.verdict

    def _report(self, written: dict[str, Any]) -> UsageReport:
        if not _KEYS.issuperset(written):
            unknown = next(key for key in written if key not in _KEYS)
            raise _Unreadable(f"there is no field {unknown[:80]!r}", path=(unknown[:80],))
        for name in _TEXTS:
            if type(written.get(name)) is not str:
                raise _Unreadable(f"{name} is missing or no text", path=(name,))
        subscription = written.get("subscription")
        if subscription is not None and type(subscription) is not str:
            raise _Unreadable("subscription is no text", path=("subscription",))
        channel, event = self._event(written.get("event"))
        return UsageReport(
            self._account(written["account"]),
            written["source"],
            written["id"],
            _instant(written["occurredAt"]),
            channel,
            event,
            None if subscription is None else self._names.subscription(subscription),
        )

    def _account(self, text: str) -> Named:
        found = self._accounts.get(text)
        if found is None:
            if len(text) > MOST_CHARACTERS:
                told = (
                    f"account is longer than {MOST_CHARACTERS} characters; give an id or a ref"
                )
                raise _Unreadable(told, path=("account",))
            if len(self._accounts) >= self._REMEMBERED:
                self._accounts.clear()
            found = self._accounts[text] = self._names.account(text)
        return found

    def _event(self, written: object) -> tuple[str, Any]:
        if not isinstance(written, dict) or len(written) != 1:
            raise _Unreadable(
                "the event is not of exactly one channel; fill in the fields of one",
                path=("event",),
            )
        ((spelled, fields),) = written.items()
        codec = self._codecs.get(spelled)
        if codec is None:
            known = ", ".join(
                sorted({each.channel.json_name for each in self._codecs.values()})
            )
            told = f"there is no channel {spelled[:80]!r}; choose from {known}"
            raise _Unreadable(told, path=("event",))
        channel = codec.channel.name
        if not isinstance(fields, dict):
            raise _Unreadable(f"{spelled} is no object", path=("event", channel))
        try:
            return channel, codec.read(fields)
        except EventInvalid as invalid:
            raise _Unreadable(invalid.message, path=("event", channel, *invalid.path)) from None


class _Unreadable(Exception):
    """A line holds no report; the verdict says why."""

    def __init__(self, message: str, *, path: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.verdict = rejected("INVALID_VALUE", message, path=path)


def _unreadable(message: str) -> Verdict:
    return rejected("INVALID_VALUE", message)


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        told = "occurredAt is no instant; write 2026-11-21T10:00:00Z, say"
        raise _Unreadable(told, path=("occurredAt",))
    return instant
