"""What GraphQL costs by itself, beside plain JSON of the same process.

Real servers on the loopback (`server.py`), one keep-alive connection, one request after the
other; CPU is the server's. Before anything is measured the answers of both sides are compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson

from bench.graphql_apps import ROWS
from bench.http_faces import Client, server
from bench.measuring import Sample, middle, rounds
from bench.place import Place
from bench.report import Report, cost_ratio

ONE: Final = "{ period { id stream ordinal startsAt endsAt state } }"
MANY: Final = "query Rows($first: Int!) { periods(first: $first) " + ONE[9:]


async def measure_graphql(place: Place, report: Report, *, requests: int, count: int) -> None:
    """Measure GraphQL beside plain JSON of the same process and the same rows in memory."""
    with server(place, "memory", "-", key="") as (client, pid):
        cases: dict[str, Callable[[], Any]] = {}

        def case(name: str, path: str, body: dict[str, Any], times: int) -> None:
            text, number = orjson.dumps(body), requests * times

            async def run() -> Sample:
                with place.meter.measure(number, others={pid}) as sample:
                    for _request in range(number):
                        client.post(path, text)
                return sample

            cases[name] = run

        first = {"first": ROWS}
        case("one", "/graphql", {"query": ONE}, 2)
        case("plain one", "/one", first, 6)
        case("many", "/graphql", {"query": MANY, "variables": first}, 1)
        case("plain many", "/many", first, 3)
        _compare(client)
        found = {
            name: middle(samples)
            for name, samples in (await rounds(cases, count=count)).items()
        }
    report.sample("GraphQL itself: one object of 6 fields", "requests", found["one"])
    report.sample("plain JSON: the same", "requests", found["plain one"])
    report.sample(f"GraphQL itself: {ROWS} objects of 6 fields", "requests", found["many"])
    report.sample("plain JSON: the same", "requests", found["plain many"])
    report.ratios += [
        cost_ratio("GraphQL itself, one object: cost of plain JSON", found["one"],
                   found["plain one"], target=6, alarm=12),
        cost_ratio(f"GraphQL itself, {ROWS} x 6 fields: cost of plain JSON", found["many"],
                   found["plain many"], target=3, alarm=6),
    ]  # fmt: skip


def _compare(client: Client) -> None:
    """Ask both ways; the answers must be the same."""
    graphql = data_of(client, {"query": MANY, "variables": {"first": ROWS}})
    assert graphql == orjson.loads(client.post("/many", orjson.dumps({"first": ROWS})))
    assert len(graphql["periods"]) == ROWS


def data_of(client: Client, body: dict[str, Any]) -> dict[str, Any]:
    """Ask GraphQL; it must succeed."""
    answer = orjson.loads(client.post("/graphql", orjson.dumps(body)))
    assert "errors" not in answer, answer["errors"]
    data: dict[str, Any] = answer["data"]
    return data
