"""Runs and parked subscriptions as the schema shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.loading import load_accounts
from api.features.accounts.types import Account
from api.features.subscriptions.loading import load_subscriptions
from api.features.subscriptions.types import Subscription
from api.graphql.ids import IdKind
from api.graphql.nodes import Node
from api.linked import linked
from core.billing_cycles import repository
from core.tenancy import Capability

CLOSE_RUN_ID: Final = IdKind(prefix="run", type_name="CloseRun")


@strawberry.type(description="One closing: what was due at an instant, and how far it is.")
class CloseRun(Node):
    """A run's progress; it grows while it is being frozen, and when a chunk is divided."""

    due_until: datetime = strawberry.field(description="What was due by then is in it.")
    created_at: datetime = strawberry.field(description="When it began.")
    periods: int = strawberry.field(description="Billing periods frozen so far.")
    subscriptions: int = strawberry.field(description="Subscriptions that they belong to.")
    chunks: int = strawberry.field(description="Parts in which workers close it.")
    chunks_done: int = strawberry.field(description="Parts that are closed.")
    invoices: int = strawberry.field(description="Invoices made so far.")
    parked: int = strawberry.field(description="Subscriptions left out so far, with a reason.")
    is_done: bool = strawberry.field(
        description="Whether all that was due is frozen, and every part closed."
    )
    last_done_at: datetime | None = strawberry.field(
        description="When the last part was closed; null before the first."
    )

    @classmethod
    def of(cls, record: repository.RunProgress) -> CloseRun:
        """Show a record."""
        return cls(
            id=CLOSE_RUN_ID.encode(record.id),
            due_until=record.due_until,
            created_at=record.created_at,
            periods=record.periods,
            subscriptions=record.subscriptions,
            chunks=record.chunks,
            chunks_done=record.chunks_done,
            invoices=record.invoices,
            parked=record.parked,
            is_done=record.is_done,
            last_done_at=record.last_done_at,
        )


@strawberry.type(description="A subscription that could not be billed at a date, and why.")
class ParkedSubscription:
    """Left out of a closing; its neighbours were billed."""

    due_at: datetime = strawberry.field(description="The billing date that waits.")
    code: str = strawberry.field(description="Why, for programs.")
    reason: str = strawberry.field(description="Why, for people.")
    plugin: str | None = strawberry.field(
        description="The plugin that failed, with its version; null when none did."
    )
    attempts: int = strawberry.field(description="How often billing it was tried.")
    parked_at: datetime = strawberry.field(description="When it was tried last.")
    retry_at: datetime | None = strawberry.field(
        description="When it is tried again by itself."
    )
    account_key: strawberry.Private[UUID]
    subscription_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: repository.ParkedSubscription) -> ParkedSubscription:
        """Show a record."""
        return cls(
            due_at=record.due_at,
            code=record.code,
            reason=record.reason,
            plugin=record.plugin,
            attempts=record.attempts,
            parked_at=record.parked_at,
            retry_at=record.retry_at,
            account_key=record.account_id,
            subscription_key=record.subscription_id,
        )

    @strawberry.field(description="The customer.")
    @requires(Capability.ACCOUNT_READ)
    async def account(self, info: Info) -> Account | None:
        """Load the account."""
        return await linked(info, load_accounts, key=self.account_key, show=Account.of)

    @strawberry.field(description="The subscription.")
    @requires(Capability.SUBSCRIPTION_READ)
    async def subscription(self, info: Info) -> Subscription | None:
        """Load the subscription."""
        return await linked(
            info, load_subscriptions, key=self.subscription_key, show=Subscription.of
        )
