"""The worked example of `docs/simulations.md`, with the file as it stands there."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from core.simulations.start import StartSimulation
from core.simulations.statistics import distribution_of, gainers_of, totals_of
from tests.building import Shop, utc
from tests.integration.simulations.conftest import Simulate

GUIDE = Path(__file__).parents[3] / "docs" / "simulations.md"


async def test_the_example_comes_out_as_the_guide_says(shop: Shop, simulate: Simulate) -> None:
    """Each amount of its table, and the ranges that it names, stand in the guide's words."""
    text = GUIDE.read_text(encoding="utf-8")
    edited = text.split("```yaml\n")[1].split("```")[0]
    names = {}
    for name, seats in (("Petit", "2"), ("Grand", "10")):
        account = await shop.customer(name, opened=utc(10))
        items = [("seats", seats), ("email", "1")]
        await shop.subscribed(account, *items, now=utc(10))
        names[account] = name
    petit = next(key for key, name in names.items() if name == "Petit")
    await shop.emails(petit, 12_345, on=utc(10, 20))
    await shop.close(utc(11))

    asked = StartSimulation(date(2026, 10, 1), catalogue=edited)
    done = await simulate(asked, now=utc(11, 3))

    async with shop.at() as tx:
        (sums,) = await totals_of(tx, [done.id])
        found = await gainers_of(tx, done.id, "EUR", most=10)
        buckets = await distribution_of(tx, [done.id])
    told = [
        (
            names[one.account_id],
            f"{one.before:.2f}",
            f"{one.after:.2f}",
            f"{one.difference:.2f}",
        )
        for one in found
    ]
    assert told == [
        ("Grand", "250.00", "200.00", "-50.00"),
        ("Petit", "74.70", "72.50", "-2.20"),
    ]
    for name, before, after, difference in told:
        (row,) = [line for line in text.splitlines() if line.startswith(f"| {name} ")]
        assert f"= {before} |" in row
        assert f"= {after} | {difference} |" in row
    assert (f"{sums.before:.2f}", f"{sums.after:.2f}") == ("324.70", "272.50")
    assert "| both | 324.70 | 272.50 | -52.20 | |" in text
    ranges = [(one.from_percent, one.until_percent, one.accounts) for one in buckets]
    assert ranges == [(-20, -10, 1), (-5, 0, 1)]
