"""Closing the month: the API freezes what is due, worker processes make the invoices."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console

from api.demo.cast import Seller
from api.demo.client import DemoClient, DemoFailed
from api.demo.play import progress_on
from api.serving.children import WorkerCrew

POLL_SECONDS: Final = 0.2
PATIENCE_SECONDS: Final = 180
_CLOSE: Final = "mutation { closeStart { run { id } } }"
_DOCUMENT: Final = """
    number issueDate
    net { formatted } tax { formatted } total { formatted } taxes { rate }
"""
_SETTLED: Final = """
    settlement { credited { amount formatted } paid { amount formatted } }
"""
_LINE: Final = "description quantity amount { formatted } explanation fromAt untilAt"
_INVOICES: Final = f"""
query ($account: String!, $first: Int!) {{
  account(ref: $account) {{
    name timezone
    invoices(last: $first) {{ edges {{ node {{
      {_DOCUMENT} {_SETTLED} lines {{ {_LINE} }}
    }} }} }}
    creditNotes(last: $first) {{ edges {{ node {{
      {_DOCUMENT} reason corrects {{ number }} lines {{ line {{ {_LINE} }} }}
    }} }} }}
  }}
}}
"""
_COUNT: Final = """
query ($account: String!, $first: Int!) {
  account(ref: $account) { invoices(last: $first) { edges { node { number } } } }
}
"""
_PARKED: Final = "{ parkedSubscriptions(first: 10) { edges { node { code reason } } } }"
MOST: Final = 10
"""Documents that are read of one account."""


@dataclass(frozen=True, slots=True)
class Selling:
    """A seller and a client that acts for it."""

    seller: Seller
    client: DemoClient


async def close_month(
    sellings: Sequence[Selling], crew: WorkerCrew, *, console: Console
) -> None:
    """Close what is due of every seller with the crew's workers, and wait for the invoices."""
    for selling in sellings:
        await selling.client.ask(_CLOSE)
    crew.start()
    with progress_on(console) as progress:
        tasks = [
            progress.add_task(
                f"Closing {each.seller.name}, {crew.count} workers", total=_due(each)
            )
            for each in sellings
        ]
        for _poll in range(int(PATIENCE_SECONDS / POLL_SECONDS)):
            made = [await _made(each) for each in sellings]
            for task, count in zip(tasks, made, strict=True):
                progress.update(task, completed=count)
            if made == [_due(each) for each in sellings]:
                return
            await asyncio.sleep(POLL_SECONDS)
    told = "; ".join([await _parked(each) for each in sellings])
    raise DemoFailed(f"not every invoice was made in {PATIENCE_SECONDS} s; {told}")


async def documents_of(
    client: DemoClient, ref: str, *, first: int = MOST
) -> list[dict[str, Any]]:
    """Return an account's first invoices and its credit notes, the oldest first."""
    account = (await client.ask(_INVOICES, account=ref, first=first))["account"]
    found = [
        {**edge["node"], "buyer": account["name"], "timezone": account["timezone"]}
        for documents in ("invoices", "creditNotes")
        for edge in reversed(account[documents]["edges"])
    ]
    return sorted(found, key=lambda each: (str(each["issueDate"]), str(each["number"])))


def _due(selling: Selling) -> int:
    return sum(customer.invoices for customer in selling.seller.customers)


async def _made(selling: Selling) -> int:
    """Count the invoices that the first closing is to make, and has made."""
    count = 0
    for customer in selling.seller.customers:
        answer = await selling.client.ask(_COUNT, account=customer.ref, first=customer.invoices)
        count += len(answer["account"]["invoices"]["edges"])
    return count


async def _parked(selling: Selling) -> str:
    edges = (await selling.client.ask(_PARKED))["parkedSubscriptions"]["edges"]
    told = [f"{edge['node']['code']}: {edge['node']['reason']}" for edge in edges]
    return ", ".join([selling.seller.name, *told])
