"""`<section>Define`: an entry that is read whole becomes what it is to be, all alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.catalogue.entry_types import KINDS, TYPES, Kind, entry_node
from api.features.catalogue.inputs import definition_input, plain_of
from api.features.catalogue.problems import (
    DETAILS,
    CatalogueInvalid,
    ImmutableField,
    in_input,
    translated,
)
from api.features.catalogue.storing import bound
from api.graphql.errors import UserError, answers_refusals, user_errors
from api.graphql.inputs import DryRunInput, IdempotentInput
from api.mutations import StoredAnswer, by_id, run
from api.refusals import KEY_REFUSALS
from core.catalogue.entries import Entry, entries_by_ids, entry_by_id
from core.catalogue.one_entry import define_entry
from core.catalogue.schema import DEFINITIONS
from core.db import Tx
from core.kernel.errors import Refusal
from core.tenancy import Capability


async def _read(tx: Tx, key: UUID) -> Entry | None:
    return (await entries_by_ids(tx, [key])).get(key)


_ANSWER: Final[StoredAnswer[Entry]] = by_id(_read)


_NAMES: Final[Mapping[str, str]] = {
    "usage_definitions": "usage_definition_define",
    "buy_in_advance": "buy_in_advance_define",
}


def _define(kind: Kind) -> Any:
    """Make the mutation that defines an entry of a section."""
    operation = _operation(kind)
    type_name = operation[0].upper() + operation[1:]
    payload = _payload(kind, type_name)
    asked = definition_input(
        DEFINITIONS[kind.section],
        f"{type_name}Input",
        description="What an entry is to be, as a whole. An unknown code makes a new one.",
        bases=(IdempotentInput, DryRunInput),
    )

    async def define(self: object, info: Info, input: Any) -> Any:  # noqa: A002 - by convention
        """Store what differs from the entry of the same code."""

        async def verb(tx: Tx) -> Entry:
            body = plain_of(DEFINITIONS[kind.section], input)
            wanted = bound(kind.section, input.code, body)
            installed = info.context.application.installed
            applied = await define_entry(tx, kind.section, wanted, installed=installed)
            return await entry_by_id(tx, kind.section, applied.id)

        stored = await run(
            info,
            operation=operation,
            given=input,
            verb=lambda tx: translated(verb(tx), path_of=in_input),
            answer=_ANSWER,
        )
        return payload(**{kind.field: entry_node(stored)})

    told = strawberry.argument(description="What it is to be.")
    define.__annotations__.update(info=Info, input=Annotated[asked, told])
    define.__annotations__["return"] = payload
    guarded = requires(Capability.CATALOGUE_WRITE)(answers_refusals(payload)(define))
    words = kind.plural.replace("_", " ").removesuffix("s")
    return strawberry.mutation(
        description=f"Defines a {words}, or publishes the next version of it."
    )(guarded)


def _operation(kind: Kind) -> str:
    first, *rest = _NAMES.get(kind.section, f"{kind.field}_define").split("_")
    return first + "".join(word.capitalize() for word in rest)


def _payload(kind: Kind, type_name: str) -> Any:
    """Make the payload: the entry as it is now, or why nothing changed."""
    told = "The entry as it is stored now, or why nothing changed."
    refusals: tuple[type[Refusal], ...] = (CatalogueInvalid, ImmutableField, *KEY_REFUSALS)
    namespace = {
        "__doc__": told,
        "__module__": __name__,
        "__annotations__": {
            kind.field: TYPES[kind.section] | None,
            "user_errors": list[UserError],
        },
        kind.field: strawberry.field(description="The entry.", default=None),
        "user_errors": user_errors(type_name, *refusals, details=DETAILS),
    }
    return strawberry.type(type(f"{type_name}Payload", (), namespace), description=told)


EntryMutation: Final[Any] = strawberry.type(
    type(
        "EntryMutation",
        (),
        {
            "__doc__": "Definitions of entries.",
            **{
                _NAMES.get(kind.section, f"{kind.field}_define"): _define(kind)
                for kind in KINDS
            },
        },
    ),
    description="Definitions of the entries that are read whole.",
)
