"""What a subscription has used in its open period, priced so far."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from api.access import requires
from api.context import ApiContext, Info
from api.features.invoices.lines import InvoiceLine, drafted_line, money
from api.features.invoices.pricing import pricing_of
from api.features.subscriptions.types import Subscription
from api.graphql.cost import FieldCost
from api.graphql.money import Money
from api.graphql.scalars import CurrencyCode
from core.billing_cycles import current_usage as used
from core.billing_cycles.current_usage import current_usages
from core.tenancy import Capability


@strawberry.type(description="The usage of an open period, priced so far, before tax.")
class CurrentUsage:
    """Usage only: fees, gauges and the commitment are on the preview of the invoice."""

    starts_at: datetime = strawberry.field(description="The period's first instant.")
    ends_at: datetime = strawberry.field(description="The first instant behind it.")
    currency: CurrencyCode = strawberry.field(description="The currency of every amount.")
    amount: Money = strawberry.field(description="The sum of the lines' amounts.")
    billed: Money = strawberry.field(
        description="What of the amount is on interim invoices already, before discounts."
    )
    unbilled: Money = strawberry.field(
        description="What of the amount waits for an invoice, before discounts."
    )
    unbilled_events: int = strawberry.field(
        description="How many usage records wait for an invoice; a credit is one too."
    )
    lines: list[InvoiceLine] = strawberry.field(
        description="What was used in all of the period, product by product, with its working."
    )


@strawberry.type(description="What a subscription has of usage.")
class SubscriptionUsage:
    """Added to `Subscription`."""

    @strawberry.field(
        description="What it has used in its open period, priced so far; null when it has "
        "none. Those of a page are read together.",
        metadata=FieldCost(flat=5).metadata(),
    )
    @requires(Capability.USAGE_READ, customers=True)
    async def current_usage(
        self, info: Info, root: strawberry.Parent[Subscription]
    ) -> CurrentUsage | None:
        """Price the usage by the same code as the closing."""
        return await usage_of(info.context, root.key)


async def usage_of(context: ApiContext, subscription_id: UUID) -> CurrentUsage | None:
    """Price what a subscription has used in its open period; None: it has none."""
    found = await context.loaders.of(load_usages).load(subscription_id)
    assert not isinstance(found, Exception)  # a loader raises what it is given
    return found


async def load_usages(
    context: ApiContext, keys: list[UUID]
) -> Sequence[CurrentUsage | Exception | None]:
    """Price the usage of many subscriptions in one reading; a fault is its own's alone."""
    pricing = pricing_of(context.application)
    async with context.transaction() as tx:
        found = await current_usages(tx, keys, pricing=pricing)
    return [_shown_or_fault(found[key]) for key in keys]


def _shown_or_fault(
    found: used.CurrentUsage | Exception | None,
) -> CurrentUsage | Exception | None:
    return _shown(found) if isinstance(found, used.CurrentUsage) else found


def _product(found: used.CurrentUsage, key: UUID | None) -> dict[str, str | None]:
    return {"product_code": None if key is None else found.codes[key]}


def _shown(found: used.CurrentUsage) -> CurrentUsage:
    """Show what was used; every line is of the one period, so nothing is asked again."""
    own: dict[str, Any] = {
        "timezone": found.zone,
        "starts_at": found.period.start,
        "ends_at": found.period.end,
    }
    lines = [
        drafted_line(number, line, own | _product(found, line.product_id), found.currency)
        for number, line in enumerate(found.lines, start=1)
    ]
    return CurrentUsage(
        starts_at=found.period.start,
        ends_at=found.period.end,
        currency=CurrencyCode(found.currency),
        amount=money(found.amount, found.currency),
        billed=money(found.billed, found.currency),
        unbilled=money(found.unbilled, found.currency),
        unbilled_events=found.unbilled_events,
        lines=lines,
    )
