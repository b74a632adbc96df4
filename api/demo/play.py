"""Playing the month: catalogue, customers, gauges and usage, all through the public API.

Everything has a name of its own, so that playing it again finds it there: customers and
subscriptions by their ref, events and readings by their id.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.demo.client import DemoClient, DemoFailed
from api.demo.customers import CUSTOMERS, Customer

CATALOGUE: Final = Path(__file__).parent / "crm360.yaml"
BATCH: Final = 500
_ITEMS: Final = ("profiles", "users", "email", "sms", "postal-corrected", "postal-deduplicated")
_FIND: Final = """
query ($account: String!, $subscription: String!) {
  account(ref: $account) { id }
  subscription(ref: $subscription) { id startsAt }
}
"""
_VERDICTS: Final = "verdicts { verdict reason message }"


def progress_on(console: Console) -> Progress:
    """Return a progress bar in the demonstration's form."""
    return Progress(
        TextColumn("{task.description:<28}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


async def play_month(client: DemoClient, *, month: datetime, console: Console) -> Counter[str]:
    """Play the month in and return how many events were accepted, and how many known."""
    yaml = CATALOGUE.read_text(encoding="utf-8")
    await client.change("catalogueApply", {"yaml": yaml}, "")
    months = [await _customer(client, each, month=month) for each in CUSTOMERS]
    counted: Counter[str] = Counter()
    with progress_on(console) as progress:
        for customer, began in zip(CUSTOMERS, months, strict=True):
            await _gauges(client, customer.readings(began))
            counted += await _usage(client, customer, began, progress=progress)
    return counted


async def _customer(client: DemoClient, customer: Customer, *, month: datetime) -> datetime:
    """Find or make a customer with its subscription; return the month that it began in."""
    names = {"account": customer.ref, "subscription": customer.subscription}
    found = await client.ask(_FIND, **names)
    if found["account"] is None:
        given = {"name": customer.name, "ref": customer.ref, "country": "FR"}
        await client.change("accountCreate", given, "account { id }")
    if found["subscription"] is not None:
        return datetime.fromisoformat(found["subscription"]["startsAt"])
    await client.change(
        "subscriptionCreate",
        {
            "account": customer.ref,
            "ref": customer.subscription,
            "billingTerms": "monthly",
            "pricePlan": customer.level,
            "items": [{"product": product} for product in _ITEMS],
            "startsAt": month.isoformat(),
        },
        "subscription { id }",
    )
    return month


async def _gauges(client: DemoClient, readings: list[dict[str, Any]]) -> None:
    answer = await client.change("gaugeSet", {"readings": readings}, _VERDICTS)
    _refuse_rejected(answer["verdicts"])


async def _usage(
    client: DemoClient, customer: Customer, month: datetime, *, progress: Progress
) -> Counter[str]:
    """Send a customer's usage: in batches by `usageRecord`, or as one bulk upload."""
    events = customer.events(month)
    task = progress.add_task(f"Usage of {customer.name}", total=len(events))
    if customer.in_bulk:
        summary = await client.upload(events, sent=lambda count: progress.advance(task, count))
        return Counter(new=summary["accepted"], known=summary["duplicate"])
    counted: Counter[str] = Counter()
    for start in range(0, len(events), BATCH):
        batch = events[start : start + BATCH]
        answer = await client.change("usageRecord", {"events": batch}, _VERDICTS)
        _refuse_rejected(answer["verdicts"])
        outcomes = Counter(verdict["verdict"] for verdict in answer["verdicts"])
        counted += Counter(new=outcomes["ACCEPTED"], known=outcomes["DUPLICATE"])
        progress.advance(task, len(batch))
    return counted


def _refuse_rejected(verdicts: list[dict[str, Any]]) -> None:
    for verdict in verdicts:
        if verdict["verdict"] == "REJECTED":
            raise DemoFailed(f"{verdict['reason']}: {verdict['message']}")
