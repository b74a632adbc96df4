"""What products allow, as the schema shows it: grants, and trials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import strawberry

from api.access import requires
from api.context import Info
from api.features.catalogue import loading
from api.features.catalogue.entry_types import TYPES, entry_node
from api.features.catalogue.living_enums import GrantPer, GrantRenews
from api.linked import linked
from core.catalogue.features import allowed_by
from core.catalogue.schema import GrantDefinition, TrialDefinition, TrialGrantDefinition
from core.tenancy import Capability

Feature = TYPES["features"]


@strawberry.type(description="How much of a feature a product allows.")
class ProductGrant:
    """A grant."""

    feature_code: str = strawberry.field(description="The feature's code.")
    amount: Decimal | None = strawberry.field(description="How much; null: any amount.")
    unlimited: bool = strawberry.field(description="Whether it is any amount.")
    per: GrantPer = strawberry.field(description="What the amount is for.")
    renews: GrantRenews = strawberry.field(description="When it is there anew.")
    needs_payment: bool = strawberry.field(
        description="Whether the first invoice has to be paid before."
    )
    valid_for: str = strawberry.field(
        description="How long it may be used, from the item's start; empty: as long as that."
    )

    @classmethod
    def of(cls, grant: GrantDefinition) -> ProductGrant:
        """Show a definition."""
        return cls(
            feature_code=grant.feature,
            amount=grant.amount,
            unlimited=grant.unlimited,
            per=GrantPer(grant.per),
            renews=GrantRenews(grant.renews),
            needs_payment=grant.needs_payment,
            valid_for=grant.valid_for,
        )

    @strawberry.field(description="The feature.", graphql_type=Feature | None)
    @requires(Capability.CATALOGUE_READ)
    async def feature(self, info: Info) -> Any:
        """Load the feature."""
        return await linked(info, loading.load_features, key=self.feature_code, show=entry_node)


@strawberry.type(description="How much of a feature a trial allows in all.")
class ProductTrialGrant:
    """A grant of a trial."""

    feature_code: str = strawberry.field(description="The feature's code.")
    amount: Decimal | None = strawberry.field(description="How much; null: any amount.")
    unlimited: bool = strawberry.field(description="Whether it is any amount.")

    @classmethod
    def of(cls, grant: TrialGrantDefinition) -> ProductTrialGrant:
        """Show a definition."""
        return cls(feature_code=grant.feature, amount=grant.amount, unlimited=grant.unlimited)


@strawberry.type(description="A trial of a product.")
class ProductTrial:
    """A trial."""

    days: int = strawberry.field(description="How many days it takes.")
    grants: list[ProductTrialGrant] = strawberry.field(
        description="What it allows, in place of the product's own grants."
    )

    @classmethod
    def of(cls, trial: TrialDefinition) -> ProductTrial:
        """Show a definition."""
        return cls(days=trial.days, grants=[ProductTrialGrant.of(g) for g in trial.grants])


@strawberry.type(description="What a product allows and brings with it.")
class WithGrants:
    """The fields of a product that say what it allows."""

    grants: list[ProductGrant] = strawberry.field(
        description="What it allows to who has it, by feature."
    )
    trial: ProductTrial | None = strawberry.field(
        description="The trial that anybody may ask for once; null: none."
    )
    needs: list[str] = strawberry.field(
        description="Codes of the modules or suites that an item of it belongs to one of."
    )
    fulfils: str = strawberry.field(
        description="The name of the task that is opened when it is sold; empty: none."
    )


def allowed_fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of these fields from the body of a product's row."""
    allowed = allowed_by(body)
    trial = allowed.trial
    return {
        "grants": _grants(allowed.grants),
        "trial": None if trial is None else ProductTrial.of(trial),
        "needs": list(allowed.needs),
        "fulfils": allowed.fulfils,
    }


def _grants(grants: Iterable[GrantDefinition]) -> list[ProductGrant]:
    return [ProductGrant.of(grant) for grant in grants]
