"""Reading series: recurring revenue with its movements, and usage by time."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.types import ACCOUNT_ID
from api.features.catalogue.types import PRODUCT_ID
from api.features.revenue.types import (
    RevenueBy,
    RevenueMonth,
    RevenuePart,
    RevenueSeries,
    UsagePer,
    UsageSeries,
)
from api.graphql.cost import FieldCost
from api.graphql.ids import IdKind
from api.graphql.scalars import CurrencyCode
from api.references import choice, given, key_of
from api.refusals import NotFound
from core.db import Tx
from core.kernel.money import minor_digits
from core.revenue.months import month_ends, steps
from core.revenue.recurring import revenue_months, revenue_parts
from core.revenue.usage import UsageAsked, usage_series
from core.tenancy import Capability

SERIES_COST: Final = FieldCost(flat=100)

_TENANT: Final = "SELECT currency, timezone FROM tenant WHERE id = $1"
_CODES: Final = "SELECT id, code FROM product WHERE tenant_id = $1 AND id = ANY ($2::uuid[])"

First = Annotated[date, strawberry.argument(name="from", description="A day of the first one.")]
Last = Annotated[date, strawberry.argument(description="A day of the last one.")]
WithTests = Annotated[
    bool, strawberry.argument(description="Whether accounts on test clocks count too.")
]


@strawberry.type(description="Reads of revenue and of usage over time.")
class RevenueQuery:
    """Series."""

    @strawberry.field(
        description="Recurring revenue at the end of each month, before tax, and what moved "
        "it: what fees were charged less what was given back, brought to a month; usage, "
        "counted and one-time charges do not recur. At most 36 months.",
        metadata=SERIES_COST.metadata(),
    )
    @requires(Capability.REVENUE_READ)
    async def revenue_series(
        self,
        info: Info,
        *,
        from_: First,
        to: Last,
        currency: Annotated[
            CurrencyCode | None,
            strawberry.argument(description="Which amounts; the seller's own, if left out."),
        ] = strawberry.UNSET,
        by: Annotated[
            RevenueBy | None, strawberry.argument(description="By what to break it down.")
        ] = strawberry.UNSET,
        with_tests: WithTests = False,
    ) -> RevenueSeries | None:
        """Return the months of a range."""
        async with info.context.transaction() as tx:
            own, zone = await _tenant(tx)
            chosen = given(currency) or own
            minor_digits(chosen)
            ends = month_ends(from_, to, zone=zone, now=tx.now)
            found = await revenue_months(tx, ends, currency=chosen, with_tests=with_tests)
            wanted, parts = given(by), []
            if wanted is not None:
                parts = await revenue_parts(
                    tx, ends, currency=chosen, by=choice(wanted), with_tests=with_tests
                )
        days = steps(from_, to.replace(day=1), per="month")
        return RevenueSeries(
            currency=CurrencyCode(chosen),
            months=[
                RevenueMonth.of(each, month=day, currency=chosen)
                for each, day in zip(found, days, strict=True)
            ],
            breakdown=[RevenuePart.of(part, currency=chosen) for part in parts],
        )

    @strawberry.field(
        description="Usage by day (at most 366), week (106) or month (60), from the stored "
        "events by the seller's own clock: the 20 series of product, channel and unit with "
        "most events.",
        metadata=SERIES_COST.metadata(),
    )
    @requires(Capability.USAGE_READ)
    async def usage_series(
        self,
        info: Info,
        *,
        from_: First,
        to: Last,
        per: Annotated[UsagePer, strawberry.argument(description="What one point holds.")],
        account: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only of this account, by id or ref."),
        ] = strawberry.UNSET,
        product: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only of this product, by id or code."),
        ] = strawberry.UNSET,
        channel: Annotated[
            str | None, strawberry.argument(description="Only on this channel.")
        ] = strawberry.UNSET,
        unit: Annotated[
            str | None, strawberry.argument(description="Only in this unit.")
        ] = strawberry.UNSET,
        with_tests: WithTests = False,
    ) -> list[UsageSeries] | None:
        """Return the usage of a range."""
        step = choice(per)
        days = steps(from_, to, per=step)
        async with info.context.transaction() as tx:
            _own, zone = await _tenant(tx)
            asked = UsageAsked(
                account=await _key(tx, ACCOUNT_ID, account, ("account", "ref")),
                channel=given(channel),
                product=await _key(tx, PRODUCT_ID, product, ("product", "code")),
                unit=given(unit),
                with_tests=with_tests or given(account) is not None,
            )
            found = await usage_series(tx, days, per=step, zone=zone, asked=asked)
            keys = [each.product_id for each in found]
            codes = {
                row["id"]: row["code"] for row in await tx.fetch(_CODES, tx.tenant_id, keys)
            }
        return [
            UsageSeries.of(each, product=codes[each.product_id], days=days) for each in found
        ]


async def _tenant(tx: Tx) -> tuple[str, str]:
    row = await tx.fetchrow(_TENANT, tx.tenant_id)
    assert row is not None
    return row["currency"], row["timezone"]


async def _key(tx: Tx, kind: IdKind, text: str | None, where: tuple[str, str]) -> UUID | None:
    wanted = given(text)
    if wanted is None:
        return None
    table, code = where
    found = await key_of(tx, kind, wanted, table=table, code=code, path=(table,))
    if found is None:
        raise NotFound(f"there is nothing called {wanted!r}", path=(table,))
    return found
