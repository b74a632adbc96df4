"""Products, gauges and rate tables as the schema shows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.catalogue import loading
from api.features.catalogue.enums import (
    BilledIn,
    GaugePolicy,
    OfferState,
    ProductKind,
    TableApplies,
)
from api.features.catalogue.grants import WithGrants, allowed_fields
from api.graphql.ids import IdKind
from api.graphql.nodes import Node
from api.linked import linked
from core.catalogue import records
from core.catalogue.plain import decimal_text
from core.tenancy import Capability

GAUGE_ID: Final = IdKind(prefix="gauge", type_name="Gauge")
PRODUCT_ID: Final = IdKind(prefix="prod", type_name="Product")
RATE_TABLE_ID: Final = IdKind(prefix="table", type_name="RateTable")


@strawberry.type(description="A level that is set for an account, such as profiles hosted.")
class Gauge(Node):
    """A gauge."""

    code: str = strawberry.field(description="Your own code, unique among gauges.")
    name: str = strawberry.field(description="The name shown to people.")
    created_at: datetime = strawberry.field(description="When it was declared.")

    @classmethod
    def of(cls, record: records.Gauge) -> Gauge:
        """Show a record."""
        return cls(
            id=GAUGE_ID.encode(record.id),
            code=record.code,
            name=record.name,
            created_at=record.created_at,
        )


@strawberry.type(description="The usage that a usage service sells.")
class Meters:
    """A unit of a channel."""

    channel: str = strawberry.field(description="The channel of a plugin.")
    unit: str = strawberry.field(description="The unit of the channel that is counted.")


@strawberry.type(description="Anything that is sold.")
class Product(WithGrants, Node):
    """A product."""

    code: str = strawberry.field(description="Your own code, unique among products.")
    kind: ProductKind = strawberry.field(description="What kind of product it is, for good.")
    type: str | None = strawberry.field(description="Your own word for a group of products.")
    name: str = strawberry.field(description="The name on invoices.")
    description: str = strawberry.field(description="A longer text for people.")
    unit_label: str = strawberry.field(description="What one unit is called.")
    tax_class: str = strawberry.field(description="The class by which it is taxed.")
    meters: Meters | None = strawberry.field(description="The usage that it sells.")
    gauge_policy: GaugePolicy | None = strawberry.field(
        description="Which value of its gauge counts; null when it has none."
    )
    billed_in: BilledIn | None = strawberry.field(
        description="When it is billed; null: as the billing terms say."
    )
    state: OfferState = strawberry.field(description="Whether it is still offered.")
    created_at: datetime = strawberry.field(description="When it was created.")
    key: strawberry.Private[UUID]
    gauge_key: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, record: records.Product) -> Product:
        """Show a record."""
        channel, unit = record.meters_channel, record.meters_unit
        policy, billed_in = record.gauge_policy, record.billed_in
        return cls(
            id=PRODUCT_ID.encode(record.id),
            code=record.code,
            kind=ProductKind(record.kind),
            type=record.type,
            name=record.name,
            description=record.description,
            unit_label=record.unit_label,
            tax_class=record.tax_class,
            meters=None if channel is None else Meters(channel=channel, unit=unit or ""),
            gauge_policy=None if policy is None else GaugePolicy(policy),
            billed_in=None if billed_in is None else BilledIn(billed_in),
            state=OfferState(record.state),
            created_at=record.created_at,
            key=record.id,
            gauge_key=record.gauge_id,
            **allowed_fields(record.body),
        )

    @strawberry.field(description="The gauge that gives its quantity; null when items do.")
    @requires(Capability.CATALOGUE_READ)
    async def gauge(self, info: Info) -> Gauge | None:
        """Load the gauge."""
        return await linked(info, loading.load_gauges, key=self.gauge_key, show=Gauge.of)

    @strawberry.field(description="The modules of a suite; empty for everything else.")
    @requires(Capability.CATALOGUE_READ, customers=Capability.SUBSCRIPTION_READ)
    async def members(self, info: Info) -> list[Product]:
        """Load the modules."""
        keys = await info.context.loaders.of(loading.load_suite_members).load(self.key)
        found = await info.context.loaders.of(loading.load_products).load_many(keys)
        return [Product.of(each) for each in found if each is not None]


@strawberry.type(description="One price of a rate table.")
class PriceRow:
    """A price by dimension value."""

    value: str = strawberry.field(description="The dimension's value, such as a country.")
    price: Decimal = strawberry.field(description="The price of one unit there.")


@strawberry.type(description="A dated state of a rate table.")
class RateTableSlot:
    """Prices from an instant on."""

    number: int = strawberry.field(description="Its number in the table.")
    starts_at: datetime = strawberry.field(description="From when it holds.")
    rows: list[PriceRow] = strawberry.field(description="The prices, by value.")
    default: Decimal | None = strawberry.field(
        description="The price of every value without a row; null: it has none."
    )

    @classmethod
    def of(cls, slot: loading.TableSlot) -> RateTableSlot:
        """Show a slot."""
        default = slot.default_price
        return cls(
            number=slot.number,
            starts_at=slot.starts_at,
            rows=price_rows(slot.rows),
            default=None if default is None else Decimal(decimal_text(default)),
        )


@strawberry.type(description="Prices by a dimension, such as the country called.")
class RateTable(Node):
    """A rate table."""

    code: str = strawberry.field(description="Your own code, unique among rate tables.")
    name: str = strawberry.field(description="The name shown to people.")
    dimension: str = strawberry.field(description="What the rows are keyed by.")
    applies: TableApplies = strawberry.field(description="From when its prices hold.")
    created_at: datetime = strawberry.field(description="When it was created.")
    key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: records.RateTableHead) -> RateTable:
        """Show a record."""
        return cls(
            id=RATE_TABLE_ID.encode(record.id),
            code=record.code,
            name=record.name,
            dimension=record.dimension,
            applies=TableApplies(record.applies),
            created_at=record.created_at,
            key=record.id,
        )

    @strawberry.field(description="Its states, the earliest first.")
    @requires(Capability.CATALOGUE_READ)
    async def slots(self, info: Info) -> list[RateTableSlot]:
        """Load the slots."""
        found = await info.context.loaders.of(loading.load_slots).load(self.key)
        return [RateTableSlot.of(slot) for slot in found]


def price_rows(rows: Mapping[str, Any]) -> list[PriceRow]:
    """Return prices by value in the order of the values; stored ones are texts."""
    return [
        PriceRow(value=value, price=Decimal(str(price)))
        for value, price in sorted(rows.items())
    ]
