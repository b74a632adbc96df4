"""Every check by its name, in the order in which they run: those that change rows come last."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final

from tests.clients.fuzz import check_fuzz
from tests.clients.nodes import HERE, node, run_script, run_tool, tool
from tests.clients.relay import check_relay
from tests.clients.stage import Stage
from tests.clients.verdict import Verdict
from tests.clients.walks import check_walks

Check = Callable[[Stage, Verdict], Awaitable[None]]

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


async def _relay(stage: Stage, verdict: Verdict) -> None:
    await _schema(stage)
    await check_relay(stage, verdict)


async def _schema(stage: Stage) -> Path:
    """Put the schema that is served where the tools expect it, as text with descriptions.

    That `api/schema.graphql` is the same text is a test of its own.
    """
    GENERATED.mkdir(exist_ok=True)
    path = GENERATED / "schema.graphql"
    await asyncio.to_thread(stage.write_schema, path)
    return path


CHECKS: Final[dict[str, Check]] = {
    "audits": partial(_script, name="audits.mjs"),
    "lint": _linted,
    "walks": check_walks,
    "relay": _relay,
    "typed": _typed,
    "apollo": partial(_script, name="apollo.mjs"),
    "urql": partial(_script, name="urql.mjs"),
    "sockets": partial(_script, name="sockets.mjs"),
    "events": partial(_script, name="events.mjs"),
    "live": partial(_script, name="live.mjs"),
    "fuzz": check_fuzz,
}
