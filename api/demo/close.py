"""Closing the month: the API freezes what is due, worker processes make the invoices."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from rich.console import Console

from api.demo.client import DemoClient, DemoFailed
from api.demo.customers import CUSTOMERS
from api.demo.play import progress_on
from api.serving.children import WorkerCrew

POLL_SECONDS: Final = 0.1
PATIENCE_SECONDS: Final = 180
_CLOSE: Final = "mutation { closeStart { run { id } } }"
_INVOICES: Final = """
query ($account: String!) {
  account(ref: $account) { name invoices(last: 1) { edges { node {
    number issueDate
    net { formatted } tax { formatted } total { formatted } taxes { rate }
    lines { description quantity amount { formatted } explanation }
  } } } }
}
"""
_PARKED: Final = "{ parkedSubscriptions(first: 10) { edges { node { code reason } } } }"


async def close_month(
    client: DemoClient, crew: WorkerCrew, *, console: Console
) -> list[dict[str, Any]]:
    """Close what is due with the crew's workers, and return each customer's first invoice."""
    await client.ask(_CLOSE)
    crew.start()
    with progress_on(console) as progress:
        task = progress.add_task(f"Closing, {crew.count} workers", total=len(CUSTOMERS))
        for _poll in range(int(PATIENCE_SECONDS / POLL_SECONDS)):
            found = [await _first_invoice(client, customer.ref) for customer in CUSTOMERS]
            made = [each for each in found if each is not None]
            progress.update(task, completed=len(made))
            if len(made) == len(CUSTOMERS):
                return made
            await asyncio.sleep(POLL_SECONDS)
    parked = (await client.ask(_PARKED))["parkedSubscriptions"]["edges"]
    told = "; ".join(f"{edge['node']['code']}: {edge['node']['reason']}" for edge in parked)
    raise DemoFailed(f"not every invoice was made in {PATIENCE_SECONDS} s; {told or 'why?'}")


async def _first_invoice(client: DemoClient, ref: str) -> dict[str, Any] | None:
    account = (await client.ask(_INVOICES, account=ref))["account"]
    edges = account["invoices"]["edges"]
    return {**edges[0]["node"], "buyer": account["name"]} if edges else None
