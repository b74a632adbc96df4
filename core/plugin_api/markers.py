"""The version of the contract and the marks that plugins put on their hooks."""

from __future__ import annotations

from typing import Final

import pluggy

PROJECT: Final = "forfait"
"""The name that hook specifications and implementations share."""

ENTRY_POINT_GROUP: Final = "forfait.plugins"
"""The entry-point group in which an installed package names its plugins."""

API_VERSION: Final = (1, 2)
"""The contract's version: major changes break plugins, minor ones only add.

A plugin states `REQUIRES_API = (major, minor)`, the version it was written against. It
is taken when the major is the same and the minor is not above the host's: (1, 0) stands
for "1.0 or later, below 2.0".
"""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


def supports(required: tuple[int, int]) -> bool:
    """Tell whether this release honours a plugin's `REQUIRES_API`."""
    return required[0] == API_VERSION[0] and required[1] <= API_VERSION[1]
