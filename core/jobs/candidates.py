"""Who would hold a plan: a job to be, or one that is, as conditions read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from core.catalogue.compile import TermsVersion
from core.catalogue.records import Product
from core.db import Tx
from core.facts import load_facts
from core.kernel.periods import start_of_day


@dataclass(frozen=True, slots=True)
class JobToBe:
    """A job that an account does not have yet."""

    account_id: UUID
    terms: TermsVersion
    zone: str
    type: str | None = None
    classification: str | None = None
    attributes: Mapping[str, object] = field(default_factory=dict)
    agreement_date: date | None = None
    starts_at: datetime | None = None
    expected_at: datetime | None = None
    products: Sequence[Product] = ()

    async def context(self, tx: Tx, *, plan: str, with_segments: bool) -> Mapping[str, object]:
        """Return the facts as they would be once it is made."""
        facts = await load_facts(tx, account_ids=[self.account_id], with_segments=with_segments)
        agreed = self.agreement_date
        known = {
            "type": self.type,
            "class": self.classification,
            "attributes": self.attributes,
            "state": "draft",
            "unit": facts.accounts[self.account_id].fields.get("unit"),
            "terms": self.terms.code,
            "plan": plan,
            "expected_at": self.expected_at,
            "products": sorted({one.code for one in self.products}),
            "product_types": sorted({one.type for one in self.products if one.type}),
        }
        return facts.prospective(
            self.account_id,
            variable="job",
            fields={name: value for name, value in known.items() if value is not None},
            agreed_at=None if agreed is None else start_of_day(agreed, self.zone),
            started_at=self.starts_at,
        )


@dataclass(frozen=True, slots=True)
class PresentJob:
    """A job as it stands, under the terms that it would have."""

    job_id: UUID
    terms: TermsVersion

    async def context(self, tx: Tx, *, plan: str, with_segments: bool) -> Mapping[str, object]:
        """Return its facts, with the plan and the terms that are asked about."""
        facts = await load_facts(tx, job_ids=[self.job_id], with_segments=with_segments)
        context = facts.of_job(self.job_id)
        present = context["job"]
        assert isinstance(present, Mapping)
        return {**context, "job": {**present, "plan": plan, "terms": self.terms.code}}
