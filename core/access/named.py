"""What teams and profiles have in common: a name of their own, and a trace of each change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

import asyncpg

from core.access.records import Profile, Team
from core.access.refusals import ProfileNameTaken, TeamNameTaken
from core.accounts import history
from core.db import Tx

Named: TypeAlias = Team | Profile


@contextmanager
def unique_name(named: Named) -> Iterator[None]:
    """Store a team or a profile whose name no other one of its account may have.

    Raises:
        TeamNameTaken, ProfileNameTaken: another one has it.
    """
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        refusal = TeamNameTaken if isinstance(named, Team) else ProfileNameTaken
        message = f"the account has a {_kind(named)} of this name; choose another"
        raise refusal(message, path=("name",)) from error


async def trace(tx: Tx, named: Named, *, action: str, **details: object) -> None:
    """Note in the account's history what was done to one."""
    await history.append(
        tx,
        account_id=named.account_id,
        action=action,
        subject_type=_kind(named),
        subject_id=named.id,
        details={"name": named.name, **details},
    )


def _kind(named: Named) -> str:
    return "team" if isinstance(named, Team) else "profile"
