"""How many users of modules no pack covers: the most at one moment of a period. Pure.

A user is a member with at least one right on the module, or on any module of the suite. The
administrator is included in every module; who has no right is a collaborator and costs
nothing (DailyBiz' manual). A right counts for the module's own item; for a suite that contains
it where there is none.

Whole local days do not matter here: whoever was a user for an hour counts like the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from core.kernel.gaps import gaps
from core.kernel.periods import Period

NOBODY: Final = Decimal(0)


class HeldModule(NamedTuple):
    """A module that an account has for a time, and the users that it includes."""

    item_id: UUID
    subscription_id: UUID
    product_id: UUID
    includes: Decimal
    from_at: datetime
    until_at: datetime | None


class HeldPack(NamedTuple):
    """A pack that belongs to the item of a module, and the users that it covers."""

    module_item_id: UUID
    covers: Decimal
    from_at: datetime
    until_at: datetime | None


class Opened(NamedTuple):
    """A member other than the administrator may open a module, for a time."""

    member_id: UUID
    product_id: UUID
    from_at: datetime
    until_at: datetime | None


class Peak(NamedTuple):
    """The moment at which most users had no pack: how many there were, and were covered."""

    beyond: Decimal
    at: datetime
    users: int
    covered: Decimal


_Lasting = HeldModule | HeldPack | Opened


@dataclass(frozen=True, slots=True)
class People:
    """Everything of one account that decides how many users it has.

    `suites` are the modules in each suite, by the suite.
    """

    modules: Sequence[HeldModule]
    packs: Sequence[HeldPack]
    opened: Sequence[Opened]
    suites: Mapping[UUID, Collection[UUID]]

    def modules_of(self, subscription_id: UUID) -> list[UUID]:
        """Return the modules that a subscription has at some time, each once."""
        own = (one.product_id for one in self.modules if one.subscription_id == subscription_id)
        return list(dict.fromkeys(own))

    def peak(
        self,
        subscription_id: UUID,
        product_id: UUID,
        *,
        within: Period,
        rests: Sequence[Period] = (),
    ) -> Peak | None:
        """Return the first moment with the most users beyond; None: nobody was beyond.

        Moments in which the subscription rests without being billed do not count.
        """
        best: Peak | None = None
        for time in gaps(within, rests):
            for moment in self._moments(time):
                found = self._at(subscription_id, product_id, moment)
                if found.beyond > (NOBODY if best is None else best.beyond):
                    best = found
        return best

    def _moments(self, time: Period) -> list[datetime]:
        """Return when the count may have changed in a time: its start, and every change."""
        lasting: Iterable[_Lasting] = (*self.modules, *self.packs, *self.opened)
        changes = {time.start}
        for one in lasting:
            changes.update(at for at in (one.from_at, one.until_at) if at is not None)
        return sorted(at for at in changes if time.start <= at < time.end)

    def _at(self, subscription_id: UUID, product_id: UUID, moment: datetime) -> Peak:
        present = [one for one in self.modules if _holds(one, moment)]
        own = {
            one.item_id: one.includes
            for one in present
            if (one.subscription_id, one.product_id) == (subscription_id, product_id)
        }
        if not own:
            return Peak(NOBODY, moment, 0, NOBODY)
        users = {
            one.member_id
            for one in self.opened
            if _holds(one, moment) and self._counts_for(one.product_id, own, present)
        }
        packs = (
            one.covers
            for one in self.packs
            if one.module_item_id in own and _holds(one, moment)
        )
        covered = sum(own.values(), NOBODY) + sum(packs, NOBODY)
        return Peak(max(len(users) - covered, NOBODY), moment, len(users), covered)

    def _counts_for(
        self, product_id: UUID, own: Collection[UUID], present: Sequence[HeldModule]
    ) -> bool:
        """Tell whether a right on a module is a right on one of these items."""
        fitting = [one for one in present if one.product_id == product_id] or [
            one for one in present if product_id in self.suites.get(one.product_id, ())
        ]
        if not fitting:
            return False
        return min(fitting, key=lambda one: (one.from_at, one.item_id.int)).item_id in own


def _holds(one: _Lasting, moment: datetime) -> bool:
    return one.from_at <= moment and (one.until_at is None or moment < one.until_at)
