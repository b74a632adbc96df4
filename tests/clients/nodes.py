"""Running a check that is written for Node: what it prints becomes a verdict."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from asyncio.subprocess import PIPE
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.clients.stage import ROOT, Stage
from tests.clients.verdict import Verdict

HERE: Final = Path(__file__).parent
NODE_MODULES: Final = HERE / "node_modules"
OLDEST_NODE: Final = 20
SECONDS: Final = 240
_LINE_BYTES: Final = 1_000_000


class ToolsMissing(Exception):
    """Node or the packages are not installed; the message says what to do."""


def node() -> str:
    """Return the path of Node.

    Raises:
        ToolsMissing: it is not installed, or its packages are not.
    """
    found = shutil.which("node")
    if found is None:
        raise ToolsMissing(f"Node {OLDEST_NODE} or newer is needed on the PATH.")
    if not NODE_MODULES.is_dir():
        raise ToolsMissing("The Node packages are not installed: run `make check-graphql`.")
    return found


def tool(name: str) -> str:
    """Return the path of a program that an npm package brings."""
    return str(NODE_MODULES / ".bin" / name)


async def run_script(stage: Stage, script: str, verdict: Verdict) -> None:
    """Run one of the scripts in `node/`, doing what it asks for, and take what it finds."""
    with stage.restarts.joined():
        await _run_script(stage, script, verdict)


async def _run_script(stage: Stage, script: str, verdict: Verdict) -> None:
    process = await asyncio.create_subprocess_exec(
        node(),
        str(HERE / "node" / script),
        cwd=HERE,
        env=environment(stage),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        limit=_LINE_BYTES,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    said_wrong = asyncio.create_task(process.stderr.read())
    try:
        async with asyncio.timeout(SECONDS):
            async for line in process.stdout:
                await _heard(stage, process, line, verdict)
            status = await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        verdict.wrong.append(f"{script} was not done after {SECONDS} s")
        return
    told = (await said_wrong).decode(errors="replace")[-1500:]
    if status:
        verdict.wrong.append(f"{script} ended with {status}: {told}")


async def run_tool(
    command: Sequence[str], *, cwd: Path = HERE, more: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run a program to its end; return its status and all that it wrote.

    `more` is added to its environment.
    """
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env=dict(os.environ) | dict(more or {}),
        stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(SECONDS):
            written, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return 1, f"{command[0]} was not done after {SECONDS} s"
    return process.returncode or 0, written.decode(errors="replace")


def environment(stage: Stage) -> Mapping[str, str]:
    """Return what a script finds in its environment."""
    return dict(os.environ) | {
        "FORFAIT_URL": stage.url,
        "FORFAIT_KEYS": json.dumps(stage.keys()),
        "FORFAIT_ROOT": str(ROOT),
    }


async def _heard(
    stage: Stage, process: asyncio.subprocess.Process, line: bytes, verdict: Verdict
) -> None:
    try:
        said: dict[str, Any] = json.loads(line)
    except ValueError:
        verdict.wrong.append(f"not a line of a check: {line[:300]!r}")
        return
    if "count" in said:
        verdict.counts[said["count"]] += said["number"]
    if "wrong" in said:
        verdict.wrong.append(said["wrong"])
    if said.get("ask") == "restart":
        await stage.restarts.restart()
        assert process.stdin is not None
        process.stdin.write(b"restarted\n")
        await process.stdin.drain()
