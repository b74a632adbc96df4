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
class SimulationResult:
    """One account."""

    currency: CurrencyCode = strawberry.field(description="The currency of the amounts.")
    subscriptions: int = strawberry.field(description="Its subscriptions that were priced.")
    unbilled_periods: int = strawberry.field(
        description="Its periods that are not billed yet; they count as known by now."
    )
    invoiced: Money = strawberry.field(
        description="What was invoiced for the same periods, before credit notes."
    )
    credited: Money = strawberry.field(
        description="What credit notes gave back of it for time and units that were not used: "
        "upgrades, fewer units, early ends."
    )
    corrected: Money = strawberry.field(
        description="What credit notes that staff wrote gave back of it; `before` is no less, "
        "because prices know nothing of them."
    )
    unused: Money = strawberry.field(
        description="What it charged for units that ended before their time and stay paid."
    )
    unexplained: Money = strawberry.field(
        description="`invoiced` less `credited` and `unused`, less `before`: another class of "
        "customer, a plan that was amended, a period not billed yet, a cent of tax."
    )
    is_as_invoiced: bool = strawberry.field(
        description="Whether `before` is what was invoiced; if not, something was changed, "
        "given back or not billed yet since then."
    )
    before: Money = strawberry.field(description="What the prices that hold come to.")
    after: Money = strawberry.field(description="What the prices that are tried come to.")
    difference: Money = strawberry.field(description="`after` less `before`.")
    before_with_tax: Money = strawberry.field(description="`before`, with tax.")
    after_with_tax: Money = strawberry.field(description="`after`, with tax.")
    account_key: strawberry.Private[UUID]

    @classmethod
    def of(cls, record: records.Result) -> SimulationResult:
        """Show a result."""
        currency = record.currency
        return cls(
            currency=CurrencyCode(currency),
            subscriptions=record.subscriptions,
            unbilled_periods=record.unbilled_periods,
            invoiced=money(record.invoiced, currency),
            credited=money(record.credited, currency),
            corrected=money(record.corrected, currency),
            unused=money(record.unused, currency),
            unexplained=money(record.unexplained, currency),
            is_as_invoiced=record.invoiced == record.before,
            before=money(record.before, currency),
            after=money(record.after, currency),
            difference=money(record.difference, currency),
            before_with_tax=money(record.before_total, currency),
            after_with_tax=money(record.after_total, currency),
            account_key=record.account_id,
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
