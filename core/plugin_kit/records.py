"""What `forfait plugin check` last said of each installed plugin, kept in Forfait's home.

It is told of a name and a version, so that another release of a plugin counts as not checked.
What is said of a package's folder counts once a plugin with the same modules is installed.
One-file plugins are for trying out and change under one version: nothing is kept of them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from core.plugin_host import PluginListing, PluginSource, installed_sources
from core.plugin_kit.code_digest import code_digest
from core.plugin_kit.running import Checked
from core.plugin_kit.targets import Target

FILE: Final = "plugin_checks.json"
MAX_FAILURES: Final = 50


@dataclass(frozen=True, slots=True)
class FailedCheck:
    """A property that a plugin lacks, and what its author must do."""

    channel: str
    check: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """The last check of a plugin's version on this machine."""

    version: str
    checked_at: datetime
    passed: int
    failed: tuple[FailedCheck, ...]

    @property
    def conforms(self) -> bool:
        """Tell whether no check failed."""
        return not self.failed


def keep_record_of(
    home: Path, target: Target, checks: Sequence[Checked], *, now: datetime
) -> bool:
    """Keep what the checks of a target said; tell whether it was kept.

    Of a folder it is, unless other modules are installed under the plugin's name: what is
    known of those stands.
    """
    source = target.source
    if not target.folders:
        keep_record(home, source, checks, now=now)
        return source.origin != "file"
    code = code_digest(source, target.folders)
    installed = [one for one in installed_sources() if one.name == source.name]
    if any(code != code_digest(one) for one in installed):
        return False
    keep_record(home, installed[0] if installed else source, checks, now=now, code=code)
    return True


def keep_record(
    home: Path,
    source: PluginSource,
    checks: Sequence[Checked],
    *,
    now: datetime,
    code: str | None = None,
) -> None:
    """Keep what the checks of an installed plugin said, or of one whose modules are `code`."""
    if source.origin not in {"built_in", "installed"}:
        return
    failed = [
        FailedCheck(one.channel, one.check, one.message)
        for one in checks
        if one.outcome == "failed"
    ]
    record = CheckRecord(
        source.version,
        now,
        sum(one.outcome == "passed" for one in checks),
        tuple(failed[:MAX_FAILURES]),
    )
    kept = _read(home) | {source.name: asdict(record) | ({"code": code} if code else {})}
    home.mkdir(parents=True, exist_ok=True, mode=0o711)
    fresh = home / f".{FILE}.{os.getpid()}"
    fresh.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2))
    fresh.replace(home / FILE)


def records(home: Path, listings: Sequence[PluginListing]) -> dict[str, CheckRecord]:
    """Return what is known of plugins as they are installed now, by name."""
    kept = _read(home)
    found: dict[str, CheckRecord] = {}
    for listing in listings:
        written = kept.get(listing.name)
        if isinstance(written, dict) and written.get("version") == listing.version:
            record = _record(written)
            if record is not None and listing.origin != "file" and _is_of(written, listing):
                found[listing.name] = record
    return found


def _is_of(written: dict[str, Any], listing: PluginListing) -> bool:
    """Tell whether what was said of a folder's modules is of those that are installed."""
    code = written.get("code")
    return code is None or any(
        code == code_digest(one) for one in installed_sources() if one.name == listing.name
    )


def _record(written: dict[str, Any]) -> CheckRecord | None:
    try:
        return CheckRecord(
            written["version"],
            datetime.fromisoformat(written["checked_at"]),
            int(written["passed"]),
            tuple(FailedCheck(**each) for each in written["failed"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _read(home: Path) -> dict[str, Any]:
    """Return what is kept; a file that is gone or broken means that nothing is known."""
    try:
        read = orjson.loads((home / FILE).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return read if isinstance(read, dict) else {}
