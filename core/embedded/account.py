"""The operating-system account that the servers run under.

PostgreSQL refuses to run as root. Started by root, we drop to an account that exists already
(`postgres`, else `nobody`): adding one would change a machine that is not ours.
"""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.embedded.errors import ServicesUnavailable

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """An account to drop to; its ids, and nothing of root's groups."""

    name: str
    uid: int
    gid: int

    def popen_options(self) -> dict[str, Any]:
        """Return the arguments with which subprocess starts a program under this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, folder: Path) -> bool:
        """Say whether this account may pass through `folder` and every folder above it."""
        return all(self._may_execute(step) for step in (folder, *folder.parents))

    def _may_execute(self, folder: Path) -> bool:
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & 0o100)
        if status.st_gid == self.gid:
            return bool(status.st_mode & 0o010)
        return bool(status.st_mode & 0o001)


def account_to_drop_to() -> Account | None:
    """Return the account for the servers when we are root; None: run them as who we are.

    Raises:
        ServicesUnavailable: we are root and no candidate exists.
    """
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise ServicesUnavailable(
        "Running as root, and neither of the accounts 'postgres' and 'nobody' exists. "
        "Run as a plain user, or set DATABASE_URL and REDIS_URL to servers of your own."
    )
