"""The gate that usage passes on its way in: what must be exact while events are stored.

Thresholds and wallets ask two things of whoever stores usage. Before the insert the gate
may refuse rows (a wallet is short) and takes the locks that make its answer hold; after it
the gate is told what was stored, and draws the consequences in the same transaction. What
counts and what it costs is decided above, by `core.billing_cycles.usage_gate`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from core.db import Tx
from core.usage.rows import Row


class Admitted(Protocol):
    """A batch that has passed the gate: its rows, some of them refused by now."""

    @property
    def rows(self) -> Sequence[Row]:
        """The rows in their order; a refused one stands as `Refused`."""
        ...

    async def stored(self, tx: Tx, identities: Collection[UUID]) -> None:
        """Hear which events the insert has stored; the others were there before."""
        ...


class Gate(Protocol):
    """Decides about a batch between making its rows and inserting them."""

    async def admit(self, tx: Tx, rows: Sequence[Row]) -> Admitted:
        """Let rows pass, or replace some by `Refused`.

        Called after the tenant's freeze lock was taken and the periods were read. Rows that
        correct an event come together: the one that takes it back, and its new revision.
        """
        ...


@dataclass(frozen=True, slots=True)
class Passed:
    """A batch about which there was nothing to decide."""

    rows: Sequence[Row]

    async def stored(self, tx: Tx, identities: Collection[UUID]) -> None:
        """Do nothing."""
