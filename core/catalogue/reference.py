"""Write the reference of the catalogue's format from its schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, is_dataclass
from inspect import getdoc
from typing import Any, Final, get_args

from core.catalogue.plain import plain_value
from core.catalogue.schema import Catalogue
from core.catalogue.schema.fields import (
    DEFAULT_TEXT,
    DESCRIPTION,
    DETAIL,
    GROUPED,
    KEYED_BY,
    REFUSED_WHEN,
    is_required,
    keys_of,
    types_of,
)
from core.catalogue.wording import described

BEGIN: Final = "<!-- begin: written from the schema -->"
END: Final = "<!-- end: written from the schema -->"
_DETAILS: Final = {
    "frequency": "a length of time: `month`, `3 months`, `P3M`, `year`, `2 weeks`",
    "delay": "a delay: `3 days`, `12 hours`, `30 minutes`",
    "delays": "a list of delays: `[1 day, 3 days]`",
    "condition": "a condition in CEL",
}


def reference_tables() -> str:
    """Return a section with a table of keys for every definition, in Markdown."""
    return "\n".join([BEGIN, "", *_section(Catalogue, "The file", keyed_by=""), END])


def _section(definition: type, title: str, *, keyed_by: str) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield str(getdoc(definition))
    yield ""
    yield "| key | type | meaning | default | refused when |"
    yield "|---|---|---|---|---|"
    hints = types_of(definition)
    below: list[tuple[type, str, str]] = []
    for name, found in keys_of(definition).items():
        if name == keyed_by:
            continue
        hint = hints[found.name]
        yield f"| `{name}` | {_type(hint, found)} | {_cells(found)} |"
        below += [
            (nested, f"{title} · `{name}`", str(found.metadata.get(KEYED_BY) or ""))
            for nested in _nested(hint)
        ]
    yield ""
    for nested, heading, key in below:
        yield from _section(nested, heading.removeprefix("The file · "), keyed_by=key)


def _type(hint: Any, found: Any) -> str:
    keyed_by = found.metadata.get(KEYED_BY)
    if keyed_by:
        some = ", or a list of them" if found.metadata.get(GROUPED) else ""
        return f"a mapping from {keyed_by} to the keys below{some}"
    if found.metadata.get(DETAIL):
        return _DETAILS[found.metadata[DETAIL]]
    nested = _nested(hint)
    if not nested:
        return described(hint)
    listed = "a list of mappings" if str(hint).startswith("tuple") else "a mapping"
    return f"a code, or {listed}" if str in get_args(hint) else listed


def _cells(found: Any) -> str:
    default = found.metadata.get(DEFAULT_TEXT) or _default(found)
    return " | ".join(
        [found.metadata[DESCRIPTION], default, found.metadata.get(REFUSED_WHEN) or "—"]
    )


def _default(found: Any) -> str:
    if is_required(found):
        return "required"
    if found.default is MISSING or found.default in (None, (), ""):
        return "none"
    default = plain_value(found.default)
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _nested(hint: Any) -> list[type]:
    """Return the definitions inside an annotation."""
    if is_dataclass(hint) and isinstance(hint, type):
        return [hint]
    return [nested for member in get_args(hint) for nested in _nested(member)]
