"""What an account would pay: plans, quantities and terms that the caller may choose."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import strawberry

from api.access import requires
from api.context import Info
from api.features.accounts.arguments import account_key
from api.features.catalogue.enums import PriceDriver, TaxMode
from api.features.catalogue.plans import PricePlan
from api.features.catalogue.terms import BILLING_TERMS_ID, BillingTermsVersion
from api.features.catalogue.types import Product
from api.features.invoices.pricing import pricing_of
from api.graphql.money import Money
from api.graphql.scalars import CurrencyCode
from api.references import given, reference
from api.refusals import told_as_not_found
from core.subscriptions.price_list import OfferedPrice, price_list
from core.tenancy import Capability


@strawberry.type(description="What a quantity of a product costs by a plan and terms.")
class PriceListEntry:
    """A price that may be chosen."""

    billing_terms: BillingTermsVersion = strawberry.field(description="The terms.")
    price_plan: PricePlan = strawberry.field(description="The plan.")
    product: Product = strawberry.field(description="The product.")
    driver: PriceDriver | None = strawberry.field(
        description="What the limits count; null for an expense."
    )
    above: Decimal | None = strawberry.field(
        description="The price stands for more than this; null where `price` is."
    )
    upto: Decimal | None = strawberry.field(
        description="The price stands for at most this; null: for any more."
    )
    quantity: Decimal | None = strawberry.field(
        description="What `price` pays for: a tier's whole limit, else the first unit or batch "
        "above `above`; by maturity one unit."
    )
    dimension: str | None = strawberry.field(
        description="The row of a table, such as a country; empty: all others; null: no table."
    )
    price: Money | None = strawberry.field(
        description="What it costs; null where a plugin's price model says it when billed."
    )
    per: str = strawberry.field(
        description="The time that the price pays for; empty: it is charged once, or is usage."
    )
    tax_mode: TaxMode = strawberry.field(description="Whether the price is with tax.")
    depends: bool = strawberry.field(
        description="Whether conditions of the plan may make it another when it is billed."
    )

    @classmethod
    def of(cls, offered: OfferedPrice) -> PriceListEntry:
        """Show a price."""
        point, plan, driver = offered.point, offered.plan, offered.driver
        return cls(
            billing_terms=BillingTermsVersion.of(offered.terms),
            price_plan=PricePlan.of(plan),
            product=Product.of(offered.product),
            driver=None if driver is None else PriceDriver(driver),
            above=None if point is None else point.above,
            upto=None if point is None else point.upto,
            quantity=None if point is None else point.quantity,
            dimension=None if point is None else point.dimension,
            price=None
            if point is None
            else Money(amount=point.amount, currency_code=CurrencyCode(plan.currency)),
            per=offered.per,
            tax_mode=TaxMode(plan.tax_mode),
            depends=offered.depends,
        )


@strawberry.type(description="Prices that may be chosen.")
class PriceListQuery:
    """The price list of an account."""

    @strawberry.field(
        description="What the account would pay for all that it may choose: by terms, plan, "
        "product and tier, computed as it would be billed for a whole period, undiscounted."
    )
    @requires(Capability.CATALOGUE_READ, customers=Capability.SUBSCRIPTION_READ)
    async def price_list(
        self,
        info: Info,
        *,
        account: Annotated[strawberry.ID, strawberry.argument(description="By id or ref.")],
        billing_terms: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="By id or code; left out, all that are offered."),
        ] = strawberry.UNSET,
        dimension: Annotated[
            str | None,
            strawberry.argument(
                description="Of what is priced by a table only this value's row, such as FR."
            ),
        ] = strawberry.UNSET,
    ) -> list[PriceListEntry]:
        """List prices; what a list like this is asked about must exist."""
        path = ("billingTerms",)
        named = given(billing_terms)
        with told_as_not_found():
            terms = None if named is None else reference(BILLING_TERMS_ID, named, path=path)
            async with info.context.transaction() as tx:
                found = await price_list(
                    tx,
                    await account_key(tx, account),
                    billing_terms=terms,
                    unit_id=info.context.principal.org_unit_id,
                    compiled=pricing_of(info.context.application).compiled,
                    dimension=given(dimension),
                )
        return [PriceListEntry.of(one) for one in found]
