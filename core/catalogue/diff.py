"""Show what applying a catalogue would change, as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.catalogue.apply import BUILT_INS, planned_changes
from core.catalogue.changes import Change
from core.catalogue.checks import Installed
from core.catalogue.plain import flat, plain_value
from core.catalogue.schema import Catalogue, Definition, RateTableDefinition
from core.catalogue.yaml_source import LoadedCatalogue
from core.db import Tx

NO_DIFFERENCE = "no difference\n"
_SAID = {
    "created": "new",
    "versioned": "new version",
    "extended": "added to the current version",
    "updated": "changed",
}


async def diff_catalogue(
    tx: Tx, source: Catalogue | LoadedCatalogue, *, installed: Installed = BUILT_INS
) -> str:
    """Return what would change: a heading for each entry, then lines with - and +.

    The same comparison as applying; nothing is written.

    Raises:
        CatalogueRefused: the catalogue has problems.
    """
    changes, _stored = await planned_changes(tx, source, installed=installed)
    return diff_text(changes)


def diff_text(changes: Iterable[Change]) -> str:
    """Write changes as text; `no difference` when there are none."""
    lines = [line for change in changes for line in _described(change)]
    return "\n".join(lines) + "\n" if lines else NO_DIFFERENCE


def _described(change: Change) -> Iterator[str]:
    if change.outcome == "unchanged":
        return
    yield f"{change.section}.{change.code}: {_SAID[change.outcome]}"
    before = _leaves(change.before) if change.before is not None else {}
    after = _leaves(change.wanted)
    differs = False
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) == after.get(path):
            continue
        differs = True
        if path in before:
            yield f"- {path}: {before[path]}"
        if path in after:
            yield f"+ {path}: {after[path]}"
    if not differs:
        yield "  the prices of a rate table that it uses changed"


def _leaves(definition: Definition) -> dict[str, str]:
    """Write a definition leaf by leaf; slots are named by their start and not by a number."""
    if not isinstance(definition, RateTableDefinition):
        return flat(definition, without=("code",))
    leaves = flat(definition, without=("code", "slots"))
    for slot in definition.slots:
        name = f"slots.{plain_value(slot.starts)}"
        for path, text in flat(slot, without=("starts",)).items():
            leaves[f"{name}.{path}"] = text
    return leaves
