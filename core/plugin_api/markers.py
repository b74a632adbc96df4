"""The version of the contract, what of it is going away, and the marks on hooks."""

from __future__ import annotations

from typing import Final, NamedTuple

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

KEPT_FOR_MINORS: Final = 2
"""Minor versions at least that still have what is deprecated, after the one that says so."""


class Deprecation(NamedTuple):
    """Something of the contract that goes away with the next major version.

    `what` is a hook (`register_observers`), or a member of what a hook contributes
    (`register_observers.kinds`). A plugin that has it is taken, and warned of.
    """

    what: str
    since: tuple[int, int]
    instead: str

    @property
    def removed_in(self) -> tuple[int, int]:
        """The version without it: the next major one."""
        return self.since[0] + 1, 0

    @property
    def kept_until(self) -> tuple[int, int]:
        """The minor version that still has it, before the next major one may come."""
        return self.since[0], self.since[1] + KEPT_FOR_MINORS


DEPRECATED: Final[tuple[Deprecation, ...]] = ()
"""What still works in this version and goes away. Nothing at present."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


def supports(required: tuple[int, int]) -> bool:
    """Tell whether this release honours a plugin's `REQUIRES_API`."""
    return required[0] == API_VERSION[0] and 0 <= required[1] <= API_VERSION[1]
