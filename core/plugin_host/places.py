"""Where in a plugin's own code an exception came from: file and line, and no values."""

from __future__ import annotations

import sys
from collections import deque
from types import TracebackType
from typing import Final

from core.plugin_host.sources import FILE_MODULE, PluginSource

MAX_FRAMES: Final = 3
"""Frames that are told: the plugin's innermost ones."""
MAX_FILE_NAME: Final = 80


def place_of(error: BaseException, *sources: PluginSource) -> str:
    """Return the plugin's innermost line, `pricing.py:22`; empty when it has none in this."""
    return "".join(frames_of(error, *sources)[-1:])


def frames_of(error: BaseException, *sources: PluginSource) -> tuple[str, ...]:
    """Return the last lines within the plugins, the innermost last: `pricing.py:22`.

    Of a file only its name, and no source text: it may be shown to whoever sent an event.
    """
    kept: deque[str] = deque(maxlen=MAX_FRAMES)
    try:
        at: TracebackType | None = error.__traceback__
        while at is not None:
            module = at.tb_frame.f_globals.get("__name__")
            if isinstance(module, str) and any(_is_within(module, one) for one in sources):
                file_name = at.tb_frame.f_code.co_filename.replace("\\", "/").rpartition("/")[2]
                kept.append(f"{_printable(file_name)}:{at.tb_lineno}")
            at = at.tb_next
    except Exception:  # noqa: BLE001 - a plugin's exception class may do anything
        return ()
    return tuple(kept)


def _is_within(module: str, source: PluginSource) -> bool:
    root = module.partition(".")[0]
    if source.file is not None:
        return module == f"{FILE_MODULE}{source.name}"
    if source.target is not None:
        return root == source.target.partition(":")[0].partition(".")[0]
    return root != "core" and root not in sys.stdlib_module_names


def _printable(file_name: str) -> str:
    return "".join(one if one.isprintable() else " " for one in file_name[:MAX_FILE_NAME])
