"""Simulations as the schema shows them."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Annotated, Final
from uuid import UUID

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.loading import load_accounts
from api.features.accounts.types import Account
from api.features.catalogue.loading import load_price_plans
from api.features.catalogue.plans import PricePlan
from api.features.invoices.lines import money
from api.features.simulations import loading
from api.features.subscriptions.loading import load_subscriptions
from api.features.subscriptions.types import Subscription
from api.graphql.connection import PageInvalid
from api.graphql.cost import FieldCost
from api.graphql.ids import IdKind
from api.graphql.money import Money
from api.graphql.nodes import Node
from api.graphql.scalars import CurrencyCode
from api.references import given
from core.simulations import records, statistics
from core.tenancy import Capability

SIMULATION_ID: Final = IdKind(prefix="sim", type_name="Simulation")
MOST_EXTREMES: Final = 100

FirstAccounts = Annotated[
    int, strawberry.argument(description=f"How many at most; 1 to {MOST_EXTREMES}.")
]
InCurrency = Annotated[
    str | None,
    strawberry.argument(description="In which currency; that of most accounts, when left out."),
]


@strawberry.enum(description="Where a simulation is.")
class SimulationState(Enum):
    """The states of a simulation."""

    QUEUED = strawberry.enum_value("queued", description="It waits for a worker.")
    RUNNING = strawberry.enum_value("running", description="Some accounts are done.")
    DONE = strawberry.enum_value("done", description="All accounts are done.")
    FAILED = strawberry.enum_value("failed", description="It could not go on; see why.")
    CANCELLED = strawberry.enum_value("cancelled", description="Somebody stopped it.")


@strawberry.enum(description="Which prices could not be applied.")
class SimulationSide(Enum):
    """The two sides of the comparison."""

    BEFORE = strawberry.enum_value("before", description="Those that hold.")
    AFTER = strawberry.enum_value("after", description="Those that are tried.")


@strawberry.enum(description="What becomes of the accounts of a bucket.")
class SimulationChange(Enum):
    """The kinds of buckets."""

    NEW = strawberry.enum_value("new", description="They paid nothing, and would pay.")
    LESS = strawberry.enum_value("less", description="They would pay less.")
    SAME = strawberry.enum_value("same", description="They would pay the same.")
    MORE = strawberry.enum_value("more", description="They would pay more.")


@strawberry.type(description="The sums of the accounts in one currency.")
class SimulationTotals:
    """Everything is without tax unless it says otherwise."""

    currency: CurrencyCode = strawberry.field(description="The currency of the amounts.")
    accounts: int = strawberry.field(description="Accounts that could be priced.")
    changed: int = strawberry.field(description="Those of them that would pay another amount.")
    subscriptions: int = strawberry.field(description="Subscriptions that could be priced.")
    unbilled_periods: int = strawberry.field(
        description="Their periods that are not billed yet; they count as known by now."
    )
    invoiced: Money = strawberry.field(
        description="What was invoiced for the same periods, before credit notes."
    )
    before: Money = strawberry.field(description="What the prices that hold come to.")
    after: Money = strawberry.field(description="What the prices that are tried come to.")
    difference: Money = strawberry.field(description="`after` less `before`.")
    before_with_tax: Money = strawberry.field(description="`before`, with tax.")
    after_with_tax: Money = strawberry.field(description="`after`, with tax.")

    @classmethod
    def of(cls, record: statistics.Totals) -> SimulationTotals:
        """Show sums."""
        currency = record.currency
        return cls(
            currency=CurrencyCode(currency),
            accounts=record.accounts,
            changed=record.changed,
            subscriptions=record.subscriptions,
            unbilled_periods=record.unbilled_periods,
            invoiced=money(record.invoiced, currency),
            before=money(record.before, currency),
            after=money(record.after, currency),
            difference=money(record.difference, currency),
            before_with_tax=money(record.before_total, currency),
            after_with_tax=money(record.after_total, currency),
        )


@strawberry.type(description="Accounts that change by about the same percentage.")
class SimulationBucket:
    """A bar of the distribution; empty ones are left out."""

    currency: CurrencyCode = strawberry.field(description="The currency of the accounts.")
    change: SimulationChange = strawberry.field(description="What becomes of them.")
    from_percent: int | None = strawberry.field(
        description="The least change in percent, inclusive; null without a limit."
    )
    until_percent: int | None = strawberry.field(
        description="The greatest change in percent, exclusive; null without a limit."
    )
    accounts: int = strawberry.field(description="How many they are.")
    difference: Money = strawberry.field(description="What they pay more, altogether.")

    @classmethod
    def of(cls, record: statistics.Bucket) -> SimulationBucket:
        """Show a bucket."""
        return cls(
            currency=CurrencyCode(record.currency),
            change=SimulationChange(record.kind),
            from_percent=record.from_percent,
            until_percent=record.until_percent,
            accounts=record.accounts,
            difference=money(record.difference, record.currency),
        )


@strawberry.type(description="How many could not be priced.")
class SimulationFailures:
    """Counts of what is in no sum."""

    subscriptions: int = strawberry.field(description="Subscriptions left out of both sums.")
    accounts: int = strawberry.field(description="Accounts that they belong to.")


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
        found = await info.context.loaders.of(load_accounts).load(self.account_key)
        return None if found is None else Account.of(found)


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
        found = await info.context.loaders.of(load_accounts).load(self.account_key)
        return None if found is None else Account.of(found)

    @strawberry.field(description="The subscription.")
    @requires(Capability.SUBSCRIPTION_READ)
    async def subscription(self, info: Info) -> Subscription | None:
        """Load the subscription."""
        loader = info.context.loaders.of(load_subscriptions)
        found = await loader.load(self.subscription_key)
        return None if found is None else Subscription.of(found)


@strawberry.type(
    description="What accounts would have paid in a past month under other prices."
)
class Simulation(Node):
    """What was asked, how far it is, and what comes out."""

    month: date = strawberry.field(description="The first day of the month.")
    state: SimulationState = strawberry.field(description="Where it is.")
    accounts_total: int = strawberry.field(description="Accounts to look at.")
    accounts_done: int = strawberry.field(description="Accounts looked at so far.")
    catalogue: str | None = strawberry.field(
        description="The catalogue that is tried, in YAML; null where it is a price plan."
    )
    failure_code: str | None = strawberry.field(
        description="Why it could not go on, for programs."
    )
    failure_reason: str | None = strawberry.field(
        description="Why it could not go on, for people."
    )
    requested_by: str = strawberry.field(description="Who asked.")
    created_at: datetime = strawberry.field(description="When it was asked for.")
    started_at: datetime | None = strawberry.field(description="When its first part was done.")
    finished_at: datetime | None = strawberry.field(description="When it was over.")
    export_path: str = strawberry.field(
        description="Where its results are as CSV, on this server, under the same key."
    )
    key: strawberry.Private[UUID]
    plan_key: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, record: records.Simulation) -> Simulation:
        """Show a record."""
        public = SIMULATION_ID.encode(record.id)
        return cls(
            id=public,
            month=record.month,
            state=SimulationState(record.state),
            accounts_total=record.accounts_total,
            accounts_done=record.accounts_done,
            catalogue=record.catalogue,
            failure_code=record.failure_code,
            failure_reason=record.failure_reason,
            requested_by=record.requested_by,
            created_at=record.created_at,
            started_at=record.started_at,
            finished_at=record.finished_at,
            export_path=f"/simulations/{public}.csv",
            key=record.id,
            plan_key=record.price_plan_id,
        )

    @strawberry.field(description="The price plan that is tried, or null.")
    @requires(Capability.CATALOGUE_READ)
    async def price_plan(self, info: Info) -> PricePlan | None:
        """Load the plan."""
        if self.plan_key is None:
            return None
        found = await info.context.loaders.of(load_price_plans).load(self.plan_key)
        return None if found is None else PricePlan.of(found)

    @strawberry.field(description="The sums so far, by currency.")
    @requires(Capability.SIMULATION_RUN)
    async def totals(self, info: Info) -> list[SimulationTotals]:
        """Sum the accounts that the caller sees."""
        found = await info.context.loaders.of(loading.load_totals).load(self.key)
        return [SimulationTotals.of(one) for one in found]

    @strawberry.field(description="How many could not be priced so far.")
    @requires(Capability.SIMULATION_RUN)
    async def failed(self, info: Info) -> SimulationFailures:
        """Count what was left out."""
        found = await info.context.loaders.of(loading.load_failed).load(self.key)
        return SimulationFailures(subscriptions=found.subscriptions, accounts=found.accounts)

    @strawberry.field(
        description="How accounts are spread over changes in percent, from those that would "
        "pay least to those that would pay most.",
        metadata=FieldCost(flat=20).metadata(),
    )
    @requires(Capability.SIMULATION_RUN)
    async def distribution(self, info: Info) -> list[SimulationBucket]:
        """Count the accounts that the caller sees."""
        found = await info.context.loaders.of(loading.load_distribution).load(self.key)
        return [SimulationBucket.of(one) for one in found]

    @strawberry.field(
        description="The accounts that gain most: they would pay less.",
    )
    @requires(Capability.SIMULATION_RUN)
    async def gainers(
        self, info: Info, first: FirstAccounts = 10, currency: InCurrency = strawberry.UNSET
    ) -> list[SimulationResult]:
        """Return the greatest gains first."""
        asked = _extremes(self.key, first, given(currency))
        found = await info.context.loaders.of(loading.load_gainers).load(asked)
        return [SimulationResult.of(one) for one in found]

    @strawberry.field(
        description="The accounts that lose most: they would pay more.",
    )
    @requires(Capability.SIMULATION_RUN)
    async def losers(
        self, info: Info, first: FirstAccounts = 10, currency: InCurrency = strawberry.UNSET
    ) -> list[SimulationResult]:
        """Return the greatest losses first."""
        asked = _extremes(self.key, first, given(currency))
        found = await info.context.loaders.of(loading.load_losers).load(asked)
        return [SimulationResult.of(one) for one in found]


def _extremes(key: UUID, first: int, currency: str | None) -> loading.Extremes:
    if not 1 <= first <= MOST_EXTREMES:
        raise PageInvalid(
            f"`first` must be from 1 to {MOST_EXTREMES}, not {first}.", path=("first",)
        )
    return loading.Extremes(key, first, currency)
