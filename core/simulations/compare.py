"""Compare what a chunk of accounts paid in a month with what it would have paid."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from core.billing_cycles.park import code_and_reason
from core.billing_cycles.pricing import Pricing
from core.catalogue.checks import Installed
from core.db import Tx
from core.kernel.money import to_minor
from core.periods.rows import StoredPeriod
from core.simulations.alternative import put_alternative
from core.simulations.explained import NOTHING, GivenBack, charged_unused, given_back
from core.simulations.month import invoiced, periods_of
from core.simulations.records import Failure, Result, Side, Simulation
from core.simulations.sides import (
    Paid,
    PricedSide,
    price_side,
    read_side,
    redate_side,
)
from core.simulations.undone import undone


class Billed(NamedTuple):
    """What was invoiced, given back, given back by staff, and charged without being used."""

    invoiced: Decimal = NOTHING
    credited: Decimal = NOTHING
    corrected: Decimal = NOTHING
    unused: Decimal = NOTHING


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of a chunk: rows to store."""

    results: Sequence[Result] = ()
    failures: Sequence[Failure] = ()


async def compare(
    tx: Tx,
    simulation: Simulation,
    account_ids: Sequence[UUID],
    *,
    pricing: Pricing,
    installed: Installed,
) -> Compared:
    """Price the month's periods of these accounts twice; the transaction is left as it was.

    Raises:
        CatalogueRefused: the catalogue does not fit what is stored by now.
    """
    periods = await periods_of(
        tx, account_ids, from_at=simulation.from_at, until_at=simulation.until_at
    )
    if not periods:
        return Compared()
    before = await read_side(tx, periods, pricing=pricing)
    async with undone(tx):
        subscriptions = {period.subscription_id for period in periods}
        await put_alternative(tx, simulation, subscriptions, installed=installed)
        after = await read_side(tx, periods, pricing=pricing)
        await redate_side(tx, before, after)
    currencies = {
        facts.id: facts.currency
        for reading in before
        for facts in reading.rows.subscriptions.values()
    }
    outcome = await price_side(before, pricing=pricing)
    return _compared(
        periods,
        outcome,
        await price_side(after, pricing=pricing),
        billed=await billed_of(tx, periods, outcome),
        currencies=currencies,
    )


async def billed_of(
    tx: Tx, periods: Sequence[StoredPeriod], outcome: PricedSide
) -> dict[UUID, Billed]:
    """Return what was invoiced for these periods, and what explains that it differs.

    What was charged without being used is asked only where something is still to explain.
    """
    charged = await invoiced(tx, periods)
    returned = await given_back(tx, periods)
    open_ones = [
        key
        for key, amount in charged.items()
        if amount - returned.get(key, GivenBack()).credited != outcome.paid.get(key, Paid()).net
    ]
    unused = await charged_unused(tx, periods, open_ones, outcome=outcome.held)
    return {
        key: Billed(amount, *returned.get(key, GivenBack()), unused.get(key, NOTHING))
        for key, amount in charged.items()
    }


def _compared(
    periods: Sequence[StoredPeriod],
    before: PricedSide,
    after: PricedSide,
    *,
    billed: Mapping[UUID, Billed],
    currencies: Mapping[UUID, str],
) -> Compared:
    accounts = {period.subscription_id: period.account_id for period in periods}
    unbilled = Counter(period.subscription_id for period in periods if period.state != "billed")
    failures = _failures(accounts, before, after)
    failed = {one.subscription_id for one in failures}
    together: dict[tuple[UUID, str], list[UUID]] = defaultdict(list)
    for subscription_id, account_id in accounts.items():
        if subscription_id not in failed:
            together[account_id, currencies[subscription_id]].append(subscription_id)
    results = []
    for (account_id, currency), own in together.items():
        was, would = _sum(before, own), _sum(after, own)
        results.append(
            Result(
                account_id,
                currency,
                len(own),
                sum(unbilled[one] for one in own),
                *_together(billed, own),
                was.net,
                would.net,
                would.net - was.net,
                to_minor(would.net - was.net, currency),
                was.total,
                would.total,
            )
        )
    return Compared(results, failures)


def _together(billed: Mapping[UUID, Billed], subscription_ids: Sequence[UUID]) -> Billed:
    own = [billed[one] for one in subscription_ids if one in billed]
    return Billed(*(sum(amounts, NOTHING) for amounts in zip(*own, strict=True)))


def _sum(side: PricedSide, subscription_ids: Sequence[UUID]) -> Paid:
    paid = [side.paid.get(one, Paid()) for one in subscription_ids]
    net = sum((one.net for one in paid), NOTHING)
    return Paid(net, sum((one.total for one in paid), NOTHING))


def _failures(
    accounts: Mapping[UUID, UUID], before: PricedSide, after: PricedSide
) -> list[Failure]:
    """Name who cannot be priced; what fails under the present prices is told as that."""
    sides: tuple[tuple[Side, PricedSide], ...] = (("before", before), ("after", after))
    found: list[Failure] = []
    for subscription_id, account_id in accounts.items():
        for side, priced in sides:
            error = priced.faults.get(subscription_id)
            if error is not None:
                found.append(
                    Failure(subscription_id, account_id, side, *code_and_reason(error))
                )
                break
    return found
