"""Entitlements as the schema shows them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.loading import load_members
from api.features.accounts.types import Member
from api.features.catalogue.loading import load_products
from api.features.catalogue.types import Product
from api.features.subscriptions.loading import load_subscriptions
from api.features.subscriptions.types import ITEM_ID, Subscription
from api.features.tenancy.actors import Actor
from api.linked import linked
from core.catalogue.plain import decimal_text
from core.entitlements.allowances import Consumption
from core.entitlements.can import Answer
from core.entitlements.listing import Listed
from core.tenancy import Capability


@strawberry.enum(description="Why something is not allowed.")
class EntitlementReason(Enum):
    """The reasons, of which the first that stands alone in the way is told."""

    UNKNOWN_FEATURE = strawberry.enum_value(
        "UNKNOWN_FEATURE", description="No active feature has this code."
    )
    UNKNOWN_MEMBER = strawberry.enum_value(
        "UNKNOWN_MEMBER", description="The account has no such member."
    )
    NO_GRANT = strawberry.enum_value(
        "NO_GRANT", description="Nothing that the account has grants it."
    )
    SUSPENDED = strawberry.enum_value(
        "SUSPENDED", description="The subscription is suspended; only tickets are left."
    )
    TRIAL_OVER = strawberry.enum_value(
        "TRIAL_OVER", description="The trial that granted it is over."
    )
    NEEDS_PAYMENT = strawberry.enum_value(
        "NEEDS_PAYMENT", description="The subscription's first invoice is not paid."
    )
    NO_LICENCE = strawberry.enum_value(
        "NO_LICENCE", description="It is for members who hold a licence."
    )
    NO_ACCESS = strawberry.enum_value(
        "NO_ACCESS", description="The member has no right on the module."
    )
    WINDOW_CLOSED = strawberry.enum_value(
        "WINDOW_CLOSED", description="The window with the recipient is closed, or not named."
    )
    USED_UP = strawberry.enum_value("USED_UP", description="Too little of it is left.")
    HELD = strawberry.enum_value(
        "HELD", description="There is no room: what is beyond waits until there is."
    )


@strawberry.enum(description="What would help where something is not allowed.")
class EntitlementHelp(Enum):
    """Kinds of steps."""

    BUY = strawberry.enum_value("buy", description="Buy one of `products`, or more of them.")
    PAY = strawberry.enum_value("pay", description="Pay the first invoice.")
    ASSIGN_LICENCE = strawberry.enum_value(
        "assign_licence", description="Assign a licence to the member (`licenceAssign`)."
    )
    GIVE_ACCESS = strawberry.enum_value(
        "give_access", description="Give the member a profile that opens the module."
    )
    RESUME = strawberry.enum_value(
        "resume", description="Resume the subscription, or pay what is open."
    )
    ORDER = strawberry.enum_value("order", description="Order what was tried.")
    SEND_TEMPLATE = strawberry.enum_value(
        "send_template", description="Send a template; the recipient's answer opens the window."
    )


@strawberry.type(description="Whether something is allowed, why not, and what would help.")
class EntitlementVerdict:
    """The answer to a check."""

    feature: str = strawberry.field(description="Code of the feature.")
    allowed: bool = strawberry.field(description="Whether it is.")
    reason: EntitlementReason | None = strawberry.field(description="Why not; null: it is.")
    message: str = strawberry.field(description="Why not, in words; empty where it is.")
    remaining: Decimal | None = strawberry.field(
        description="How much is left before it; null: any amount."
    )
    billed: Decimal = strawberry.field(
        description="How many of the amount are beyond what is granted, and billed by "
        "consumption."
    )
    help: EntitlementHelp | None = strawberry.field(description="What would help.")
    product_keys: strawberry.Private[tuple[UUID, ...]]

    @classmethod
    def of(cls, answer: Answer) -> EntitlementVerdict:
        """Show an answer."""
        verdict = answer.verdict
        return cls(
            feature=verdict.feature,
            allowed=verdict.allowed,
            reason=None if verdict.reason is None else EntitlementReason(verdict.reason),
            message=verdict.message,
            remaining=_shown(verdict.remaining),
            billed=_number(verdict.billed),
            help=None if verdict.help is None else EntitlementHelp(verdict.help),
            product_keys=tuple(each.id for each in answer.products),
        )

    @strawberry.field(
        description="Products that grant it: those that the account's plans price, else all."
    )
    @requires(Capability.CATALOGUE_READ, customers=Capability.SUBSCRIPTION_READ)
    async def products(self, info: Info) -> list[Product]:
        """Load the products."""
        found = await info.context.loaders.of(load_products).load_many(list(self.product_keys))
        return [Product.of(each) for each in found if each is not None]


@strawberry.type(description="What one item grants of a feature, and what is left of it.")
class Entitlement:
    """One grant that an account has."""

    feature: str = strawberry.field(description="Code of the feature.")
    granted: Decimal | None = strawberry.field(description="How much; null: any amount.")
    used: Decimal = strawberry.field(
        description="How much of it was consumed. Features that count members, companies, "
        "contacts or a gauge have it in `counted`."
    )
    counted: Decimal | None = strawberry.field(
        description="What there is in the whole account of what the feature counts; null where "
        "it counts consumption."
    )
    remaining: Decimal | None = strawberry.field(
        description="What is left of this grant; null: any amount."
    )
    from_at: datetime = strawberry.field(description="From when it may be used.")
    until_at: datetime | None = strawberry.field(
        description="When it ends, or is there anew; null: as long as the item."
    )
    renews: bool = strawberry.field(description="Whether it is there anew with each period.")
    is_trial: bool = strawberry.field(description="Whether a trial grants it.")
    per_licence: bool = strawberry.field(
        description="Whether it is for the members who hold a licence of the item."
    )
    reason: EntitlementReason | None = strawberry.field(
        description="Why it grants nothing at present; null: it does."
    )
    item: strawberry.ID | None = strawberry.field(
        description="The item that grants it; null: the subscription itself does."
    )
    product_key: strawberry.Private[UUID | None]
    subscription_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, listed: Listed) -> Entitlement:
        """Show a grant."""
        source = listed.source
        return cls(
            feature=source.feature,
            granted=_shown(source.granted),
            used=_number(source.used),
            counted=_shown(listed.counted),
            remaining=_shown(source.left),
            from_at=source.from_at,
            until_at=source.until_at,
            renews=source.renews,
            is_trial=source.is_trial,
            per_licence=source.needs_seat,
            reason=None if source.closed is None else EntitlementReason(source.closed),
            item=None if source.item_id is None else ITEM_ID.encode(source.item_id),
            product_key=source.product_id,
            subscription_key=source.subscription_id,
        )

    @strawberry.field(description="The product that grants it; null: the subscription itself.")
    @requires(Capability.CATALOGUE_READ, customers=Capability.SUBSCRIPTION_READ)
    async def product(self, info: Info) -> Product | None:
        """Load the product."""
        return await linked(info, load_products, key=self.product_key, show=Product.of)

    @strawberry.field(description="The subscription that the item belongs to.")
    @requires(Capability.SUBSCRIPTION_READ, customers=True)
    async def subscription(self, info: Info) -> Subscription | None:
        """Load the subscription."""
        return await linked(
            info, load_subscriptions, key=self.subscription_key, show=Subscription.of
        )


@strawberry.type(description="An amount of a feature that was used up; it never changes.")
class EntitlementConsumption:
    """A consumption."""

    feature: str = strawberry.field(description="Code of the feature.")
    amount: Decimal = strawberry.field(description="How much.")
    at: datetime = strawberry.field(description="When, in the account's time.")
    source: str = strawberry.field(description="Who reported it.")
    event_id: str = strawberry.field(description="What the reporter calls it.")
    actor: Actor = strawberry.field(description="Whose key it came with.")
    member_key: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, record: Consumption) -> EntitlementConsumption:
        """Show a record."""
        return cls(
            feature=record.feature,
            amount=_number(record.amount),
            at=record.at,
            source=record.source,
            event_id=record.event_id,
            actor=Actor.of(record.actor),
            member_key=record.member_id,
        )

    @strawberry.field(description="Who used it; null: the account.")
    @requires(Capability.ACCOUNT_READ, customers=True)
    async def member(self, info: Info) -> Member | None:
        """Load the member."""
        return await linked(info, load_members, key=self.member_key, show=Member.of)


def _shown(value: Decimal | None) -> Decimal | None:
    return None if value is None else _number(value)


def _number(value: Decimal) -> Decimal:
    """Return a number without the zeros that its column has."""
    return Decimal(decimal_text(value))
