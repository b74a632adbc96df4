"""From an input of the catalogue to its stored entry, by the same reader as YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from api.context import ApiContext, Info
from api.features.catalogue.inputs import plain_of
from api.features.catalogue.problems import in_input, translated
from api.graphql.ids import IdKind
from api.mutations import StoredAnswer, by_id, run
from api.references import reference
from core.catalogue.apply import lock_catalogue
from core.catalogue.errors import CatalogueEntryUnknown
from core.catalogue.one_entry import change_entry, create_entry, stored_entry
from core.catalogue.plain import to_plain
from core.catalogue.records import BillingTerms, Gauge, PricePlan, Product, RateTableHead
from core.catalogue.repository import head_by_id, heads_by_ids
from core.catalogue.schema import Definition, Section
from core.catalogue.yaml_source import load_catalogue_values
from core.db import Tx

Head = TypeVar("Head", Gauge, Product, RateTableHead, PricePlan, BillingTerms)


async def create(
    info: Info,
    asked: Any,
    *,
    operation: str,
    section: Section,
    definition: type,
    head: type[Head],
) -> Head:
    """Store a definition whose code is free, and return its head."""

    async def verb(tx: Tx) -> Head:
        wanted = bound(section, asked.code, plain_of(definition, asked))
        installed = info.context.application.installed
        applied = await create_entry(tx, section, wanted, installed=installed)
        return await head_by_id(tx, head, applied.id)

    return await _run(info, asked, operation=operation, head=head, verb=verb)


async def publish(
    info: Info,
    asked: Any,
    *,
    operation: str,
    section: Section,
    definition: type,
    head: type[Head],
) -> Head:
    """Store what differs from the entry of the same code, and return its head."""

    async def verb(tx: Tx) -> Head:
        wanted = bound(section, asked.code, plain_of(definition, asked))
        return await _changed(info.context, tx, section=section, wanted=wanted, head=head)

    return await _run(info, asked, operation=operation, head=head, verb=verb)


async def change(
    info: Info,
    asked: Any,
    *,
    operation: str,
    section: Section,
    named: tuple[IdKind, str, str],
    head: type[Head],
    changes: Mapping[str, Any],
) -> Head:
    """Store an entry with some keys changed; `named` is its kind of id, text and argument.

    A change that is a list of one mapping under `slots` is added to what is there.
    """
    kind, text, argument = named

    async def verb(tx: Tx) -> Head:
        await lock_catalogue(tx)  # what is read here is what the change is put upon
        code = await _code(tx, head, kind, text, path=(argument,))
        try:
            before = await stored_entry(tx, section, code)
        except CatalogueEntryUnknown as unknown:
            raise CatalogueEntryUnknown(unknown.message, path=(argument,)) from None
        plain: dict[str, Any] = to_plain(before, without=("code",))
        slots = [*plain.get("slots", ()), *changes.get("slots", ())]
        merged = {**plain, **changes, **({"slots": slots} if slots else {})}
        wanted = bound(section, code, merged)
        return await _changed(info.context, tx, section=section, wanted=wanted, head=head)

    return await _run(info, asked, operation=operation, head=head, verb=verb)


async def _run(info: Info, asked: Any, *, operation: str, head: type[Head], verb: Any) -> Head:
    return await run(
        info,
        operation=operation,
        given=asked,
        verb=lambda tx: translated(verb(tx), path_of=in_input),
        answer=_answer(head),
    )


async def _changed(
    context: ApiContext, tx: Tx, *, section: Section, wanted: Definition, head: type[Head]
) -> Head:
    installed = context.application.installed
    applied = await change_entry(tx, section, wanted, installed=installed)
    return await head_by_id(tx, head, applied.id)


def bound(section: Section, code: str, plain: Mapping[str, Any]) -> Definition:
    """Read plain values as YAML is read; refuses with every problem found."""
    body = {name: value for name, value in plain.items() if name != "code"}
    loaded = load_catalogue_values({section: {code: body}})
    loaded.refuse_if_any()
    return loaded.catalogue.section(section)[0]


async def _code(
    tx: Tx, head: type[Head], kind: IdKind, text: str, *, path: tuple[str, ...]
) -> str:
    """Return the code of an entry that is named by id or code; it may not exist."""
    named = reference(kind, text, path=path)
    if not isinstance(named, UUID):
        return named
    try:
        return (await head_by_id(tx, head, named)).code
    except CatalogueEntryUnknown as unknown:
        raise CatalogueEntryUnknown(unknown.message, path=path) from None


def _answer(head: type[Head]) -> StoredAnswer[Head]:
    async def read(tx: Tx, key: UUID) -> Head | None:
        return (await heads_by_ids(tx, head, [key])).get(key)

    return by_id(read)
