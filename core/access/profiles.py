"""Create, change and remove profiles: named sets of rights on modules and companies.

Who has a profile has its rights; a change of one changes what all of them may open, at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from core.access import repository
from core.access.intervals import keep_exact
from core.access.named import trace, unique_name
from core.access.owned import checked_rights, require_profile
from core.access.records import Profile, Right
from core.accounts.update_account import require_account
from core.contact_details import line_of_text
from core.db import Tx
from core.kernel.ids import new_id


@dataclass(frozen=True, slots=True)
class CreateProfile:
    """A profile of an account, with its rights."""

    account_id: UUID
    name: str
    rights: Sequence[Right] = ()


@dataclass(frozen=True, slots=True)
class UpdateProfile:
    """What is to change of a profile; None stays. `rights` replaces the whole of them."""

    profile_id: UUID
    name: str | None = None
    rights: Sequence[Right] | None = None


async def create_profile(tx: Tx, command: CreateProfile) -> Profile:
    """Create a profile; nobody has it yet."""
    account = await require_account(tx, command.account_id)
    rights = await checked_rights(tx, account.id, command.rights)
    name = line_of_text(command.name, path=("name",))
    profile = Profile(new_id(), account.id, name, "active", tx.now)
    with unique_name(profile):
        await repository.add_profile(tx, profile)
    await repository.replace_rights(tx, profile.id, rights)
    await trace(tx, profile, action="profile.created", rights=len(rights))
    return profile


async def update_profile(tx: Tx, command: UpdateProfile) -> Profile:
    """Change a profile's name, its rights, or both; the same again changes nothing."""
    before = await require_profile(tx, command.profile_id)
    after = before
    if command.name is not None:
        after = replace(before, name=line_of_text(command.name, path=("name",)))
    stored = (await repository.rights_of(tx, [before.id]))[before.id]
    rights = stored
    if command.rights is not None:
        rights = await checked_rights(tx, before.account_id, command.rights)
    if after == before and set(rights) == set(stored):
        return before
    with unique_name(after):
        await repository.set_profile(tx, after)
    if set(rights) != set(stored):
        await repository.replace_rights(tx, after.id, rights)
        await keep_exact(tx, after.account_id)
    await trace(tx, after, action="profile.changed", rights=len(rights))
    return after


async def remove_profile(tx: Tx, profile_id: UUID) -> Profile:
    """Remove a profile; who had it loses its rights."""
    removed = replace(await require_profile(tx, profile_id), state="removed")
    await repository.set_profile(tx, removed)
    await keep_exact(tx, removed.account_id)
    await trace(tx, removed, action="profile.removed")
    return removed
