"""Write the stored catalogue as YAML: applying it again changes nothing."""

from __future__ import annotations

from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from core.catalogue.current import ALWAYS
from core.catalogue.plain import to_plain
from core.catalogue.schema import SECTIONS, Catalogue, PricePlanDefinition
from core.catalogue.stored import read_stored
from core.db import Tx


async def export_catalogue(tx: Tx) -> str:
    """Return the current version of everything as YAML, sections and codes in order."""
    return catalogue_text((await read_stored(tx)).catalogue)


def catalogue_text(catalogue: Catalogue) -> str:
    """Write definitions in normal form as YAML, in a stable order."""
    document: dict[str, Any] = {}
    for section in SECTIONS:
        definitions = sorted(catalogue.section(section), key=lambda found: found.code)
        if definitions:
            document[section] = {found.code: _entry(found) for found in definitions}
    if not document:
        return "{}\n"
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 96
    written = StringIO()
    yaml.dump(_quoted(document), written)
    return written.getvalue()


def _entry(definition: Any) -> dict[str, Any]:
    without: tuple[str, ...] = ("code",)
    if isinstance(definition, PricePlanDefinition) and definition.effective_from == ALWAYS:
        without = (*without, "effective_from")
    return to_plain(definition, without=without)


def _quoted(value: Any) -> Any:
    """Quote the texts that other readers of YAML would take for something else."""
    if isinstance(value, dict):
        return {_quoted(name): _quoted(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_quoted(item) for item in value]
    return (
        DoubleQuotedScalarString(value) if isinstance(value, str) and _is_odd(value) else value
    )


def _is_odd(text: str) -> bool:
    return text.strip() != text or text in {"", "~"} or text.lower() in {"null", "<<"}
