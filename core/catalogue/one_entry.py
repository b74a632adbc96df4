"""Store one definition by hand: the same checks, comparison and writer as a whole file."""

from __future__ import annotations

from typing import Any

from core.catalogue.apply import BUILT_INS, Applied, apply_catalogue, lock_catalogue
from core.catalogue.checks.known import LISTS, WORDS, Installed
from core.catalogue.errors import CatalogueEntryExists, CatalogueEntryUnknown
from core.catalogue.schema import Catalogue, Definition, Section
from core.catalogue.stored import read_stored
from core.db import Tx


async def create_entry(
    tx: Tx, section: Section, definition: Definition, *, installed: Installed = BUILT_INS
) -> Applied:
    """Store a definition whose code is free.

    Raises:
        CatalogueEntryExists: the code is taken.
        CatalogueRefused: the definition has problems.
    """
    await lock_catalogue(tx)
    if definition.code in (await read_stored(tx)).catalogue.by_code(section):
        told = f"there is {WORDS[section]} {definition.code!r} already; choose another code"
        raise CatalogueEntryExists(told, path=("code",))
    return await _apply(tx, section, definition, installed=installed)


async def change_entry(
    tx: Tx, section: Section, definition: Definition, *, installed: Installed = BUILT_INS
) -> Applied:
    """Store what differs from the stored definition of the same code.

    Raises:
        CatalogueEntryUnknown: nothing has this code.
        CatalogueRefused: the definition has problems, or changes what is for good.
    """
    await lock_catalogue(tx)
    await stored_entry(tx, section, definition.code)
    return await _apply(tx, section, definition, installed=installed)


async def define_entry(
    tx: Tx, section: Section, definition: Definition, *, installed: Installed = BUILT_INS
) -> Applied:
    """Store a definition whose code is free, or what differs from the stored one.

    Raises:
        CatalogueRefused: the definition has problems, or changes what is for good.
    """
    await lock_catalogue(tx)
    return await _apply(tx, section, definition, installed=installed)


async def stored_entry(tx: Tx, section: Section, code: str) -> Any:
    """Return the current definition of a code, in normal form.

    Raises:
        CatalogueEntryUnknown: nothing has this code.
    """
    found = (await read_stored(tx)).catalogue.by_code(section).get(code)
    if found is None:
        told = (
            f"there is no {WORDS[section]} {code!r}; look at the list, query {LISTS[section]}"
        )
        raise CatalogueEntryUnknown(told, path=("code",))
    return found


async def _apply(
    tx: Tx, section: Section, definition: Definition, *, installed: Installed
) -> Applied:
    parts: dict[str, Any] = {section: (definition,)}
    result = await apply_catalogue(tx, Catalogue(**parts), installed=installed)
    return next(
        entry
        for entry in result.entries
        if (entry.section, entry.code) == (section, definition.code)
    )
