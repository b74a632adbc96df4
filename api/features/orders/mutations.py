"""Ordering usage services, and cancelling orders."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.catalogue.entry_types import IDS
from api.features.catalogue.types import PRODUCT_ID
from api.features.orders.payloads import (
    UsageOrderCancelInput,
    UsageOrderCancelPayload,
    UsageOrderInput,
    UsageOrderPayload,
)
from api.features.orders.types import ORDER_ID, UsageOrder
from api.features.subscriptions.answers import subscription_key
from api.features.usage.verdicts import as_refusal
from api.graphql.errors import answers_refusals
from api.mutations import by_id, runner
from api.references import choice, code_of, given
from core.bootstrap import Application
from core.db import Tx
from core.orders.cancel import cancel_order
from core.orders.order import place_order
from core.orders.posting import Recorder
from core.orders.records import Order, OrderRefused, PlaceOrder
from core.orders.repository import orders_by_ids
from core.tenancy import Capability


@strawberry.type(description="Changes of orders.")
class OrdersMutation:
    """Changes of orders."""

    @strawberry.mutation(
        description="Orders a usage service. For now, it is recorded and priced at once; for "
        "later, it is checked now and becomes an event at its time."
    )
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(UsageOrderPayload)
    async def usage_order(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            UsageOrderInput, strawberry.argument(description="What is ordered.")
        ],
    ) -> UsageOrderPayload:
        """Order a service."""
        recorder = recorder_of(info.context.application)
        unit_id = info.context.principal.org_unit_id

        async def verb(tx: Tx) -> Order:
            key = await subscription_key(tx, input.subscription)
            command = await _command(tx, input, key, unit_id=unit_id)
            try:
                return await place_order(tx, command, recorder=recorder)
            except OrderRefused as refused:
                raise as_refusal(refused.verdict, path=()) from None

        made = await _run(info, operation="usageOrder", given=input, verb=verb)
        return UsageOrderPayload(order=UsageOrder.of(made))

    @strawberry.mutation(
        description="Cancels an order that waits for its time. What was posted is voided as "
        "an event."
    )
    @requires(Capability.SUBSCRIPTION_WRITE)
    @answers_refusals(UsageOrderCancelPayload)
    async def usage_order_cancel(
        self,
        info: Info,
        input: Annotated[  # noqa: A002 - by convention
            UsageOrderCancelInput, strawberry.argument(description="Which order.")
        ],
    ) -> UsageOrderCancelPayload:
        """Cancel an order."""

        async def verb(tx: Tx) -> Order:
            return await cancel_order(tx, ORDER_ID.parse(input.order, path=("order",)))

        cancelled = await _run(info, operation="usageOrderCancel", given=input, verb=verb)
        return UsageOrderCancelPayload(order=UsageOrder.of(cancelled))


def recorder_of(application: Application) -> Recorder:
    """Return what a process records orders with."""
    return Recorder(application.host, application.gate, application.pool)


async def _command(
    tx: Tx, asked: UsageOrderInput, key: UUID, *, unit_id: UUID | None
) -> PlaceOrder:
    service, udr_type = ("service",), ("udrType",)
    return PlaceOrder(
        subscription_id=key,
        service=await code_of(tx, PRODUCT_ID, asked.service, table="product", path=service),
        udr_type=await code_of(
            tx, IDS["udr_types"], asked.udr_type, table="catalogue_entry", path=udr_type
        ),
        termed_service=asked.termed_service,
        method=asked.method,
        device=asked.device,
        source_system=asked.source_system,
        source_category=asked.source_category,
        destination_category=asked.destination_category,
        amount=given(asked.amount),
        ordered_for=given(asked.ordered_for),
        directive=choice(asked.directive),
        unit_id=unit_id,
    )


async def _read(tx: Tx, key: UUID) -> Order | None:
    return (await orders_by_ids(tx, [key])).get(key)


_run: Final = runner(by_id(_read))
