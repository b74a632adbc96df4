"""What a child process gets to see of the environment: no address, no secret.

It holds a plugin's faults, not a hostile author: a child runs as the same user.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from threading import Lock
from typing import Final

_NAMES: Final = frozenset(
    {
        "HOME",
        "LANG",
        "LANGUAGE",
        "LD_LIBRARY_PATH",
        "PATH",
        "TMPDIR",
        "TZ",
        "TZDIR",
        "USER",
        "VIRTUAL_ENV",
    }
)
_PREFIXES: Final = ("LC_", "PYTHON")
_changing = Lock()


def is_harmless(name: str) -> bool:
    """Tell whether a variable may reach a child: a list of what may, not of what may not.

    DATABASE_URL, OWNER_DATABASE_URL, REDIS_URL, PGPASSWORD and FORFAIT_PEPPER may not,
    nor does whatever the next release or the operator's platform adds.
    """
    return name in _NAMES or name.startswith(_PREFIXES)


def strip(environment: MutableMapping[str, str]) -> dict[str, str]:
    """Remove what may not reach a child, and return it."""
    return {name: environment.pop(name) for name in list(environment) if not is_harmless(name)}


@contextmanager
def harmless_environment() -> Iterator[None]:
    """Take everything else out of this process's environment for a moment.

    Short, and before requests are served: it changes what the whole process sees.
    """
    with _changing:
        removed = strip(os.environ)
        try:
            yield
        finally:
            os.environ.update(removed)
