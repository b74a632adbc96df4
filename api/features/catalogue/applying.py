"""catalogueApply: read a text, compare it with what is stored, store the difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.context import Info
from api.features.catalogue.payloads import (
    CatalogueApplyInput,
    CatalogueApplyPayload,
    CatalogueEntry,
    CatalogueOutcome,
)
from api.features.catalogue.problems import in_yaml, translated
from api.mutations import StoredAnswer, run
from core.catalogue.apply import ApplyResult, apply_catalogue, lock_catalogue
from core.catalogue.checks import Installed
from core.catalogue.diff import diff_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.db import Tx


@dataclass(frozen=True, slots=True)
class _Done:
    result: ApplyResult
    diff: str


async def _never_recalled(_tx: Tx, _kept: Mapping[str, Any]) -> _Done:
    raise AssertionError("a catalogue is applied without an idempotency key")


_NOT_KEPT: StoredAnswer[_Done] = StoredAnswer(keep=lambda _done: {}, recall=_never_recalled)


async def apply_yaml(info: Info, asked: CatalogueApplyInput) -> CatalogueApplyPayload:
    """Apply a catalogue in one transaction; a dry run is undone and tells the same."""
    installed = info.context.application.installed

    async def verb(tx: Tx) -> _Done:
        work = _applied(tx, asked.yaml, installed=installed)
        return await translated(work, path_of=in_yaml)

    done = await run(info, operation="catalogueApply", given=asked, verb=verb, answer=_NOT_KEPT)
    entries = [
        CatalogueEntry(
            section=entry.section, code=entry.code, outcome=CatalogueOutcome(entry.outcome)
        )
        for entry in done.result.entries
    ]
    return CatalogueApplyPayload(entries=entries, diff=done.diff)


async def _applied(tx: Tx, text: str, *, installed: Installed) -> _Done:
    loaded = load_catalogue(text)
    await lock_catalogue(tx)  # so that the difference told is the one that is stored
    diff = await diff_catalogue(tx, loaded, installed=installed)
    result = await apply_catalogue(tx, loaded, installed=installed)
    return _Done(result, diff)
