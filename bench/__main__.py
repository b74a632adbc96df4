"""Measure and print: `python -m bench` in about two minutes, `--full` at full size."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Annotated

import typer
from rich.console import Console

from bench.closing import measure_close
from bench.graphql_itself import measure_graphql
from bench.http_faces import measure_faces
from bench.ingest import measure_ingest
from bench.pages import measure_page
from bench.per_event import measure_orders
from bench.place import Place, own_place
from bench.report import Report
from bench.windowed import measure_windowed
from core.logging import configure_logging


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    rows: int
    customers: int
    batches: int
    subscriptions: int
    events_each: int
    ingest_rounds: int
    close_rounds: int
    windowed_rows: int
    requests: int
    pages: int


QUICK = Size(
    rows=20_000, customers=1_000, batches=8, subscriptions=4_000, events_each=50,
    ingest_rounds=3, close_rounds=2, windowed_rows=20_000,
    requests=1_200, pages=200,
)  # fmt: skip
WHOLE = Size(
    rows=200_000, customers=10_000, batches=20, subscriptions=100_000, events_each=100,
    ingest_rounds=3, close_rounds=3, windowed_rows=100_000,
    requests=6_000, pages=600,
)  # fmt: skip

Part = Callable[[Place, Report, Size], Awaitable[None]]


async def _ingest(place: Place, report: Report, size: Size) -> None:
    await measure_ingest(
        place, report, rows=size.rows, customers=size.customers, count=size.ingest_rounds
    )


async def _orders(place: Place, report: Report, size: Size) -> None:
    await measure_orders(
        place, report, rows=size.rows, customers=size.customers, count=size.ingest_rounds
    )


async def _close(place: Place, report: Report, size: Size) -> None:
    await measure_close(
        place,
        report,
        subscriptions=size.subscriptions,
        events_each=size.events_each,
        count=size.close_rounds,
    )


async def _windowed(place: Place, report: Report, size: Size) -> None:
    await measure_windowed(place, report, rows=size.windowed_rows, count=size.ingest_rounds)


async def _faces(place: Place, report: Report, size: Size) -> None:
    await measure_faces(
        place,
        report,
        customers=size.customers,
        batches=size.batches,
        count=size.ingest_rounds,
    )


async def _graphql(place: Place, report: Report, size: Size) -> None:
    await measure_graphql(place, report, requests=size.requests, count=size.ingest_rounds)


async def _page(place: Place, report: Report, size: Size) -> None:
    await measure_page(place, report, requests=size.pages, count=size.ingest_rounds)


def _leave(_number: int, _frame: object) -> None:
    """Leave on SIGTERM as on an error, so that the servers and their folder go too."""
    sys.exit(143)


PARTS: dict[str, Part] = {
    "ingest": _ingest,
    "orders": _orders,
    "windowed": _windowed,
    "faces": _faces,
    "graphql": _graphql,
    "page": _page,
    "close": _close,
}


def main(
    *,
    full: Annotated[
        bool, typer.Option("--full", help="100,000 subscriptions, 10M events.")
    ] = False,
    only: Annotated[list[str] | None, typer.Option(help="Only this part.")] = None,
    subscriptions: Annotated[
        int | None, typer.Option(help="Another size of the close.")
    ] = None,
) -> None:
    """Measure the product beside its floors; exit 1 when a ratio is beyond its alarm."""
    configure_logging(level="WARNING")
    signal.signal(signal.SIGTERM, _leave)
    size = WHOLE if full else QUICK
    if subscriptions is not None:
        size = replace(size, subscriptions=subscriptions)
    report, console = Report(), Console(width=None if sys.stdout.isatty() else 160)
    began = time.monotonic()
    try:
        with own_place() as place:
            for name in only or PARTS:
                console.print(f"{time.monotonic() - began:5.0f} s  {name}", highlight=False)
                asyncio.run(PARTS[name](place, report, size))
    finally:
        report.show(console)
    console.print(f"{time.monotonic() - began:.0f} s in all")
    sys.exit(report.has_alarm)


if __name__ == "__main__":
    typer.run(main)
