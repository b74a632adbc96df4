"""Who would hold a plan: a subscription to be, or one that is, as conditions read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from core.catalogue.compile import TermsVersion
from core.catalogue.records import Product
from core.db import Tx
from core.facts import Facts, load_facts
from core.kernel.periods import start_of_day


@dataclass(frozen=True, slots=True)
class SubscriptionToBe:
    """A subscription that an account does not have yet."""

    account_id: UUID
    terms: TermsVersion
    zone: str
    type: str | None = None
    classification: str | None = None
    agreement_date: date | None = None
    starts_at: datetime | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)
    products: Sequence[Product] = ()

    async def context(self, tx: Tx, *, plan: str, with_segments: bool) -> Mapping[str, object]:
        """Return the facts as they would be once it has begun."""
        facts = await load_facts(tx, account_ids=[self.account_id], with_segments=with_segments)
        return self.described(facts, plan=plan)

    def described(self, facts: Facts, *, plan: str) -> Mapping[str, object]:
        """Return what `context` does, from facts of the account that were read."""
        agreed = self.agreement_date
        return facts.prospective(
            self.account_id,
            fields={
                "type": self.type,
                "class": self.classification,
                "attributes": self.attributes,
                "unit": facts.accounts[self.account_id].fields.get("unit"),
                "terms": self.terms.code,
                "frequency": str(self.terms.frequency),
                "plan": plan,
                "products": sorted({one.code for one in self.products}),
                "product_types": sorted({one.type for one in self.products if one.type}),
            },
            agreed_at=None if agreed is None else start_of_day(agreed, self.zone),
            started_at=self.starts_at,
        )


@dataclass(frozen=True, slots=True)
class PresentSubscription:
    """A subscription as it stands, under the terms that it would have."""

    subscription_id: UUID
    terms: TermsVersion

    async def context(self, tx: Tx, *, plan: str, with_segments: bool) -> Mapping[str, object]:
        """Return its facts, with the plan and the terms that are asked about."""
        facts = await load_facts(
            tx, subscription_ids=[self.subscription_id], with_segments=with_segments
        )
        context = facts.of_subscription(self.subscription_id)
        present = context["subscription"]
        assert isinstance(present, Mapping)
        asked = {
            "plan": plan,
            "terms": self.terms.code,
            "frequency": str(self.terms.frequency),
        }
        return {**context, "subscription": {**present, **asked}}
