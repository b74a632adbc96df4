"""How events of one channel are read from JSON, written as JSON, and digested.

Made once per channel from its fields, because it runs for every event. What it cannot read
it hands to the host's own reader, which refuses it with the path of what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from weakref import WeakKeyDictionary

import orjson

from core.kernel.clock import in_utc
from core.kernel.decimals import parse_decimal
from core.kernel.digests import Field
from core.plugin_host import EventField, HostedChannel, PluginHost, from_json, to_json
from core.usage.identity import content_digester

_PLAIN: Final = frozenset({"text", "boolean", "integer"})
_Convert = Callable[[Any], Any] | None


class ChannelCodec:
    """Reads, writes and lists the fields of one channel's events."""

    __slots__ = ("_has_lists", "_names", "_read", "_write", "channel", "digester")

    def __init__(self, channel: HostedChannel) -> None:
        self.channel = channel
        self._names = tuple(field.name for field in channel.fields)
        self.digester = content_digester(
            channel.name,
            self._names,
            defaults={field.name: field.default for field in channel.fields},
        )
        self._has_lists = any(field.is_list for field in channel.fields)
        self._read = {field.json_name: (field.name, _reader(field)) for field in channel.fields}
        self._write = tuple(
            (field.name, field.json_name, field.is_required, field.default, _writer(field))
            for field in channel.fields
        )

    def read(self, written: Mapping[str, object]) -> Any:
        """Return the event of a JSON object.

        Its values are not judged here: `measure_batch` checks each of them.

        Raises:
            EventInvalid: a field is unknown, missing or cannot be read.
        """
        if self._has_lists:
            return from_json(self.channel, written)
        values: dict[str, object] = {}
        try:
            for json_name, value in written.items():
                name, convert = self._read[json_name]
                values[name] = value if convert is None or value is None else convert(value)
            return self.channel.event_class(**values)
        except Exception:  # noqa: BLE001 - whatever it was, the host's reader says it
            return from_json(self.channel, written)

    def payload(self, event: object) -> str:
        """Return the JSON text that is stored of an event: what is not default."""
        if self._has_lists:
            return orjson.dumps(to_json(self.channel, event)).decode()
        written: dict[str, object] = {}
        for name, json_name, is_required, default, write in self._write:
            value = getattr(event, name)
            if is_required or value != default:
                written[json_name] = value if write is None or value is None else write(value)
        return orjson.dumps(written).decode()

    def fields(self, event: object) -> dict[str, Field]:
        """Return the fields of an event by name."""
        return {name: getattr(event, name) for name in self._names}


_codecs: WeakKeyDictionary[PluginHost, dict[str, ChannelCodec]] = WeakKeyDictionary()


def codecs_of(host: PluginHost) -> Mapping[str, ChannelCodec]:
    """Return the codec of each channel of a host; a host never changes, so they are kept."""
    found = _codecs.get(host)
    if found is None:
        found = {name: ChannelCodec(channel) for name, channel in host.channels.items()}
        _codecs[host] = found
    return found


def _reader(field: EventField) -> _Convert:
    if field.kind in _PLAIN:
        return None
    if field.enum is not None:
        return field.enum.__members__.__getitem__
    if field.kind == "decimal":
        return _decimal
    return datetime.fromisoformat if field.kind == "instant" else date.fromisoformat


def _decimal(written: object) -> Decimal:
    if type(written) is int:
        written = str(written)
    if not isinstance(written, str):
        raise TypeError("a decimal is a text")
    return parse_decimal(written, max_digits=13, max_places=9)


def _writer(field: EventField) -> _Convert:
    if field.kind in _PLAIN:
        return None
    if field.enum is not None:
        return _name
    if field.kind == "decimal":
        return _fixed
    return _utc if field.kind == "instant" else date.isoformat


def _name(member: Enum) -> str:
    return member.name


def _fixed(value: Decimal) -> str:
    return format(value, "f")


def _utc(instant: datetime) -> str:
    return in_utc(instant).isoformat().replace("+00:00", "Z")
