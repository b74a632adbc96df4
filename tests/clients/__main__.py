"""`python -m tests.clients`: the product and the public clients of GraphQL.

python -m tests.clients                 every check
python -m tests.clients apollo walks    some of them
python -m tests.clients --home FOLDER   in a home that is kept, and filled the first time
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from pathlib import Path

from tests.clients.checks import GROUPS, NAMES, Check
from tests.clients.nodes import ToolsMissing, node
from tests.clients.stage import Stage, StageFailed, stage
from tests.clients.verdict import Verdict


def main() -> int:
    """Run what was asked for; 1 where something does not hold, 2 where tools are missing."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the server ends with us
    try:
        node()
        began = time.monotonic()
        with stage(kept=asked.home) as running:
            print(
                f"serving at {running.address}, filled, after {time.monotonic() - began:.1f} s",
                flush=True,
            )
            verdicts = asyncio.run(_run(running, asked.checks or list(NAMES)))
            bugs = running.server_errors()
    except (ToolsMissing, StageFailed) as problem:
        print(problem, file=sys.stderr)
        return 2
    failed = [verdict.name for verdict in verdicts if not verdict.holds]
    for line in bugs[:10]:
        print(f"    in the server's log: {line[:300]}")
    told = f"{len(verdicts) - len(failed)} of {len(verdicts)} checks hold"
    print(f"{told}, {len(bugs)} bugs in the server's log, {time.monotonic() - began:.0f} s")
    return 1 if failed or bugs else 0


async def _run(running: Stage, names: list[str]) -> list[Verdict]:
    verdicts: list[Verdict] = []
    for group in GROUPS:
        free = asyncio.Semaphore(group.at_once)
        asked = [(name, check) for name, check in group.checks.items() if name in names]
        verdicts += await asyncio.gather(
            *(_checked(running, name, check, free) for name, check in asked)
        )
    return verdicts


async def _checked(running: Stage, name: str, check: Check, free: asyncio.Semaphore) -> Verdict:
    async with free:
        verdict, began = Verdict(name), time.monotonic()
        await check(running, verdict)
        verdict.seconds = time.monotonic() - began
        print("\n".join(verdict.lines()), flush=True)
    return verdict


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.clients", description=__doc__)
    parser.add_argument("checks", nargs="*", choices=[*NAMES, []], metavar="check")
    parser.add_argument(
        "--home", type=Path, help="a home that is kept, and filled the first time"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
