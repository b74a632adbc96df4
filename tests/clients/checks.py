"""Every check by its name, in groups that run one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from tests.clients.fuzz import check_fuzz, check_portal_fuzz
from tests.clients.nodes import HERE, node, run_script, run_tool, tool
from tests.clients.relay import check_relay
from tests.clients.stage import Stage
from tests.clients.verdict import Verdict
from tests.clients.walks import check_walks

Check = Callable[[Stage, Verdict], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Group:
    """Checks that do not disturb each other, and how many of them run at a time."""

    at_once: int
    checks: Mapping[str, Check]


GENERATED: Final = HERE / "generated"


async def _script(stage: Stage, verdict: Verdict, *, name: str) -> None:
    await run_script(stage, name, verdict)


async def _linted(stage: Stage, verdict: Verdict) -> None:
    """Lint the schema with both linters, and the clients' documents with the second."""
    schema = str((await _schema(stage)).relative_to(HERE))
    for name, *arguments in (
        ("graphql-schema-linter", "-c", ".", schema),
        ("eslint", "--max-warnings", "0", schema, "documents"),
    ):
        status, told = await run_tool([tool(name), *arguments])
        verdict.counts[f"findings of {name}"] += 0
        if status:
            verdict.wrong.append(f"{name}: {told[-3000:]}")
    verdict.counts["lines of schema"] = len(
        (GENERATED / "schema.graphql").read_text().splitlines()
    )


async def _typed(stage: Stage, verdict: Verdict) -> None:
    """Generate a client, compile it strictly, and let it speak with the server."""
    await _schema(stage)
    await run_script(stage, "codegen.mjs", verdict)
    status, told = await run_tool([node(), tool("tsc"), "--strict", "-p", "."])
    if status:
        verdict.wrong.append(f"tsc --strict: {told[-2000:]}")
        return
    verdict.counts["errors of tsc --strict"] += 0
    await run_script(stage, "../generated/js/typed/run.js", verdict)
    await run_script(stage, "../generated/js/typed/portal.js", verdict)


async def _relay(stage: Stage, verdict: Verdict) -> None:
    await _schema(stage)
    await check_relay(stage, verdict)


async def _schema(stage: Stage) -> Path:
    """Put the schema that is served where the tools expect it, once for all of them.

    As text with descriptions; that `api/schema.graphql` is the same text is a test of its own.
    """
    if stage.url not in _schemas:
        _schemas[stage.url] = asyncio.create_task(_written(stage))
    return await _schemas[stage.url]


_schemas: dict[str, asyncio.Task[Path]] = {}


async def _written(stage: Stage) -> Path:
    GENERATED.mkdir(exist_ok=True)
    path = GENERATED / "schema.graphql"
    await asyncio.to_thread(stage.write_schema, path)
    return path


GROUPS: Final[tuple[Group, ...]] = (
    # What reads goes first, while nothing changes below it.
    Group(
        2,
        {
            "walks": check_walks,
            "lint": _linted,
            "relay": _relay,
            "audits": partial(_script, name="audits.mjs"),
        },
    ),
    Group(
        2,
        {
            "typed": _typed,
            "apollo": partial(_script, name="apollo.mjs"),
            "urql": partial(_script, name="urql.mjs"),
        },
    ),
    # All three restart the server once, together.
    Group(
        3,
        {
            "sockets": partial(_script, name="sockets.mjs"),
            "events": partial(_script, name="events.mjs"),
            "live": partial(_script, name="live.mjs"),
        },
    ),
    # The seller's may end the customer's token, so the customer's goes first.
    Group(1, {"portal-fuzz": check_portal_fuzz, "fuzz": check_fuzz}),
)
NAMES: Final = tuple(name for group in GROUPS for name in group.checks)
