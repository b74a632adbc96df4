"""The plugins that docs/reference/hooks.md shows, as modules that a child can import too."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

from tests.architecture.hook_contract import examples, sections


def documented(hook: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Write the example of a hook's section to a module of its own and import it."""
    (example,) = examples(sections()[hook])
    name = f"documented_{hook}_{abs(hash(folder)):x}"
    (folder / f"{name}.py").write_text(example, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    return importlib.import_module(name)
