"""The whole demonstration, seller by seller, on an API that answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console

from api.demo.client import DemoClient
from api.demo.close import Selling, close_month, documents_of
from api.demo.play import play_month, set_up
from api.demo.show import show_documents
from api.demo.stories import answers_of, tell
from api.demo.tenants import Open
from api.serving.children import WorkerCrew


async def run_demo(
    address: str, tenants: Sequence[Open], crew: WorkerCrew, *, console: Console
) -> None:
    """Play every seller's month, close it with the crew, and print what came of it."""
    sellings = [Selling(each.seller, DemoClient(address, each.key)) for each in tenants]
    counted: Counter[str] = Counter()
    for selling, tenant in zip(sellings, tenants, strict=True):
        seller, client = selling.seller, selling.client
        console.print(f"[bold]{seller.name}[/bold]: {seller.sells}")
        await set_up(client, seller)
        counted += await play_month(client, seller, month=tenant.month, console=console)
        for story in seller.stories:
            console.print(f"On a test clock: {story.name}")
            await tell(client, story)
    console.print(f"{counted['new']} events are new, {counted['known']} were known.")
    await close_month(sellings, crew, console=console)
    for selling in sellings:
        await _show(selling, console=console)


async def _show(selling: Selling, *, console: Console) -> None:
    """Print a seller's invoices: of the closing, then those of its stories."""
    seller, client = selling.seller, selling.client
    console.rule(f"[bold]{seller.name}[/bold]: {seller.sells}", align="left")
    for customer in seller.customers:
        made = await documents_of(client, customer.ref, first=customer.invoices)
        invoices = [document for document in made if "corrects" not in document]
        show_documents(console, invoices[-1:], of=customer.name)
    for story in seller.stories:
        console.print(f"{story.name} lives on a test clock, as orders and changes act at once:")
        for line in story.in_words:
            console.print(f"  {line}", markup=False, highlight=False)
        show_documents(console, await documents_of(client, story.ref), of=story.name)
        for answer in await answers_of(client, story):
            console.print(f"  {answer}", markup=False, highlight=False)
