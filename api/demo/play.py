"""Playing the month of a seller: catalogue, customers, gauges and usage, by the public API.

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

from api.demo.cast import Customer, Seller
from api.demo.client import DemoClient, DemoFailed

HERE: Final = Path(__file__).parent
BATCH: Final = 500
_UNITS: Final = "{ orgUnits(first: 50) { edges { node { code } } } }"
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
        TextColumn("{task.description:<34}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


async def set_up(client: DemoClient, seller: Seller) -> None:
    """Give a seller the org units that its catalogue names, and the catalogue."""
    found = (await client.ask(_UNITS))["orgUnits"]["edges"]
    known = {edge["node"]["code"] for edge in found}
    for code, name in seller.units:
        if code not in known:
            await client.change("orgUnitCreate", {"code": code, "name": name}, "")
    yaml = (HERE / seller.catalogue).read_text(encoding="utf-8")
    await client.change("catalogueApply", {"yaml": yaml}, "")


async def play_month(
    client: DemoClient, seller: Seller, *, month: datetime, console: Console
) -> Counter[str]:
    """Play the month in and return how many events were accepted, and how many known."""
    months = [await _customer(client, each, month=month) for each in seller.customers]
    lived = [
        (each, began)
        for each, began in zip(seller.customers, months, strict=True)
        if each.readings(began) or each.events(began)
    ]
    counted: Counter[str] = Counter()
    if lived:
        with progress_on(console) as progress:
            for customer, began in lived:
                await _gauges(client, customer.readings(began))
                counted += await _usage(client, customer, began, progress=progress)
    return counted


async def _customer(client: DemoClient, customer: Customer, *, month: datetime) -> datetime:
    """Find or make a customer with its subscription; return the month that it began in."""
    names = {"account": customer.ref, "subscription": customer.subscription}
    found = await client.ask(_FIND, **names)
    if found["account"] is None:
        given = {"name": customer.name, "ref": customer.ref, "country": customer.country}
        await client.change("accountCreate", given, "")
    if found["subscription"] is not None:
        return datetime.fromisoformat(found["subscription"]["startsAt"])
    subscription: dict[str, Any] = {
        "account": customer.ref,
        "ref": customer.subscription,
        "billingTerms": customer.terms,
        "items": list(customer.items),
        "startsAt": month.isoformat(),
    }
    if customer.plan is not None:
        subscription["pricePlan"] = customer.plan
    await client.change("subscriptionCreate", subscription, "")
    return month


async def _gauges(client: DemoClient, readings: list[dict[str, Any]]) -> None:
    if readings:
        answer = await client.change("gaugeSet", {"readings": readings}, _VERDICTS)
        refuse_rejected(answer["verdicts"])


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
        refuse_rejected(answer["verdicts"])
        outcomes = Counter(verdict["verdict"] for verdict in answer["verdicts"])
        counted += Counter(new=outcomes["ACCEPTED"], known=outcomes["DUPLICATE"])
        progress.advance(task, len(batch))
    return counted


def refuse_rejected(verdicts: list[dict[str, Any]]) -> None:
    """End the demonstration where something reported was not taken."""
    for verdict in verdicts:
        if verdict["verdict"] == "REJECTED":
            raise DemoFailed(f"{verdict['reason']}: {verdict['message']}")
