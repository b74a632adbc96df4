"""Definitions as plain dicts, lists and texts, and back: for YAML, JSON columns and digests.

One form for all three, so that what is exported, stored and digested cannot differ.
Defaults are left out; decimals are their shortest text; mappings are sorted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from core.catalogue.binding import Binder, Broken
from core.catalogue.schema.fields import GROUPED, KEY, KEYED_BY
from core.catalogue.yaml_tree import tree_of
from core.kernel.digests import content_digest

T = TypeVar("T")
Plain = dict[str, Any]


def to_plain(definition: Any, *, without: tuple[str, ...] = ()) -> Plain:
    """Write a definition as plain values, without defaults and without the named fields."""
    written: Plain = {}
    for found in fields(definition):
        value = getattr(definition, found.name)
        if found.name in without or _is_default(found, value):
            continue
        name = found.metadata.get(KEY) or found.name
        keyed_by = found.metadata.get(KEYED_BY)
        if keyed_by:
            written[name] = _keyed(value, keyed_by, grouped=bool(found.metadata.get(GROUPED)))
        else:
            written[name] = plain_value(value)
    return written


def plain_value(value: Any) -> Any:
    """Write one value: a decimal as its shortest text, an instant in UTC."""
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, date):
        return _moment_text(value)
    if isinstance(value, Mapping):
        return {name: plain_value(value[name]) for name in sorted(value)}
    if isinstance(value, tuple):
        return [plain_value(item) for item in value]
    if is_dataclass(value):
        return to_plain(value)
    return value if value is None or isinstance(value, int) else str(value)


def _moment_text(moment: date) -> str:
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return moment.isoformat()


def from_plain(definition: type[T], plain: Mapping[str, Any], **given: Any) -> T:
    """Read back what `to_plain` wrote; `given` are the fields it was told to leave out.

    What was stored was checked; a fault in it is a bug and rises.
    """
    binder = Binder()
    try:
        return binder.bind(tree_of(_sorted(plain)), definition, (), **given)
    except Broken:
        told = "; ".join(str(problem) for problem in binder.problems)
        raise ValueError(f"stored {definition.__name__} cannot be read: {told}") from None


def _sorted(value: Any) -> Any:
    """Sort mappings by name as normal forms are: a JSON column keeps no order of its own."""
    if isinstance(value, Mapping):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def decimal_text(value: Decimal) -> str:
    """Write a decimal without exponent and without zeros that say nothing: 5.00 is 5."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def flat(definition: Any, *, without: tuple[str, ...] = ()) -> dict[str, str]:
    """Write a definition as one text per leaf: `rates.email.base` is `1.9`."""
    return dict(_leaves(to_plain(definition, without=without), ""))


def digest_of(definition: Any, *, kind: str, without: tuple[str, ...] = ()) -> bytes:
    """Digest a definition in its normal form; equal content, equal digest, on every host."""
    return content_digest(kind, 1, dict(flat(definition, without=without)))


def _keyed(items: tuple[Any, ...], keyed_by: str, *, grouped: bool) -> Plain:
    written: Plain = {}
    for item in items:
        name = getattr(item, keyed_by)
        body = to_plain(item, without=(keyed_by,))
        if not grouped:
            written[name] = body
        elif name in written:
            before = written[name]
            written[name] = [*(before if isinstance(before, list) else [before]), body]
        else:
            written[name] = body
    return written


def _is_default(found: Any, value: Any) -> bool:
    if found.default is not MISSING:
        return bool(value == found.default)
    return found.default_factory is not MISSING and value == found.default_factory()


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name in value:
            yield from _leaves(value[name], f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]")
    else:
        yield path, str(value).lower() if isinstance(value, bool) else str(value)
