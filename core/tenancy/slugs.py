"""The short name of a seller, by which addresses and tokens name it. It never changes."""

from __future__ import annotations

import re
from typing import Final

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def is_slug(text: str) -> bool:
    """Say whether a text has the form of a slug."""
    return _SLUG.fullmatch(text) is not None
