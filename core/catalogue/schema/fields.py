"""How a key of the catalogue is declared: a dataclass field that describes itself.

The same declarations drive the YAML loader, the reference page and the GraphQL inputs, so
a key is written down once: its type is the annotation, its meaning the description.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, field, fields
from functools import cache
from typing import Any, Final, Literal, get_type_hints

KEY: Final = "key"
DESCRIPTION: Final = "description"
REFUSED_WHEN: Final = "refused_when"
DEFAULT_TEXT: Final = "default_text"
KEYED_BY: Final = "keyed_by"
GROUPED: Final = "grouped"
DETAIL: Final = "detail"

ProductKind = Literal[
    "module",
    "pack",
    "licence",
    "termed_service",
    "one_time_service",
    "expense",
    "physical_good",
    "usage_service",
]
RECURRING_KINDS: Final = frozenset({"module", "pack", "licence", "termed_service"})
"""Kinds that are charged again every period; their rates have `per`."""

GaugePolicy = Literal["max", "last", "average"]
BilledIn = Literal["advance", "arrears"]
State = Literal["active", "retired"]
TaxMode = Literal["exclusive", "inclusive"]
EntryState = Literal["active", "inactive"]
TermsKind = Literal["normal", "prepaid", "job"]


def key(
    description: str,
    *,
    default: Any = MISSING,
    empty: Callable[[], Any] | None = None,
    name: str = "",
    refused_when: str = "",
    default_text: str = "",
    keyed_by: str = "",
    grouped: str = "",
    detail: str = "",
) -> Any:
    """Declare one key: what it means, its default, and what is refused in it.

    `empty` makes the default of a mapping (`dict`). `name` is the key in YAML where Python
    reserves the word (`from`). A tuple with `keyed_by` is written as a mapping from that
    field's value to the rest; `grouped` allows a list of the rest there, told apart by
    that field. `default_text` says a default that depends on something, and `detail` the
    kind of a text.
    """
    metadata: Mapping[str, object] = {
        KEY: name,
        DESCRIPTION: description,
        REFUSED_WHEN: refused_when,
        DEFAULT_TEXT: default_text,
        KEYED_BY: keyed_by,
        GROUPED: grouped,
        DETAIL: detail,
    }
    if empty is not None:
        return field(default_factory=empty, metadata=metadata)
    return field(default=default, metadata=metadata)


@cache
def keys_of(definition: type) -> dict[str, Field[Any]]:
    """Return the fields of a definition by the name that they have in YAML."""
    return {found.metadata.get(KEY) or found.name: found for found in fields(definition)}


@cache
def types_of(definition: type) -> dict[str, Any]:
    """Return the resolved annotations of a definition by field name."""
    return get_type_hints(definition)


def is_required(found: Field[Any]) -> bool:
    """Tell whether a key has no default."""
    return found.default is MISSING and found.default_factory is MISSING
