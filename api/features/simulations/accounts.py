"""What comes out of a simulation for one account or subscription, as the schema shows it."""

from __future__ import annotations

from enum import Enum
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.loading import load_accounts
from api.features.accounts.types import Account
from api.features.simulations.amounts import ComparedAmounts, amounts_of
from api.features.subscriptions.loading import load_subscriptions
from api.features.subscriptions.types import Subscription
from api.graphql.scalars import CurrencyCode
from api.linked import linked
from core.simulations import records
from core.tenancy import Capability


@strawberry.enum(description="Which prices could not be applied.")
class SimulationSide(Enum):
    """The two sides of the comparison."""

    BEFORE = strawberry.enum_value("before", description="Those that hold.")
    AFTER = strawberry.enum_value("after", description="Those that are tried.")


@strawberry.type(description="What an account would have paid in one currency, without tax.")
class SimulationResult(ComparedAmounts):
    """One account."""

    currency: CurrencyCode = strawberry.field(description="The currency of the amounts.")
    subscriptions: int = strawberry.field(description="Its subscriptions that were priced.")
    unbilled_periods: int = strawberry.field(
        description="Its periods that are not billed yet; they count as known by now."
    )
    is_as_invoiced: bool = strawberry.field(
        description="Whether `before` is what was invoiced; if not, something was changed, "
        "given back or not billed yet since then."
    )
    account_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: records.Result) -> SimulationResult:
        """Show a result."""
        return cls(
            currency=CurrencyCode(record.currency),
            subscriptions=record.subscriptions,
            unbilled_periods=record.unbilled_periods,
            is_as_invoiced=record.invoiced == record.before,
            account_key=record.account_id,
            **amounts_of(record),
        )

    @strawberry.field(description="The account.")
    @requires(Capability.ACCOUNT_READ)
    async def account(self, info: Info) -> Account | None:
        """Load the account."""
        return await linked(info, load_accounts, key=self.account_key, show=Account.of)


@strawberry.type(description="A subscription that could not be priced; it is in no sum.")
class SimulationFailure:
    """One subscription that was left out."""

    side: SimulationSide = strawberry.field(description="Under which prices.")
    code: str = strawberry.field(description="Why, for programs.")
    reason: str = strawberry.field(description="Why, for people.")
    account_key: strawberry.Private[UUID]
    subscription_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: records.Failure) -> SimulationFailure:
        """Show a failure."""
        return cls(
            side=SimulationSide(record.side),
            code=record.code,
            reason=record.reason,
            account_key=record.account_id,
            subscription_key=record.subscription_id,
        )

    @strawberry.field(description="The account.")
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
