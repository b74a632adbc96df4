"""Look up what a verb names in the catalogue: terms, a price plan, products."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from core.catalogue.compile import TermsVersion
from core.catalogue.errors import CatalogueEntryUnknown
from core.catalogue.plan_versions import load_plan_versions
from core.catalogue.records import BillingTerms, PricePlan, Product
from core.catalogue.repository import (
    current_terms_versions,
    head_by_code,
    head_by_id,
    heads_by_ids,
    plan_version_at,
)
from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx
from core.subscriptions.offers import Offer
from core.subscriptions.records import Item, Phase
from core.subscriptions.refusals import NoLongerOffered, PlanNotAllowed

Named = UUID | str
"""An entry of the catalogue, or an account: by its id, or by its code or ref."""

Head = TypeVar("Head", BillingTerms, PricePlan, Product)


async def named(tx: Tx, head: type[Head], name: Named, *, path: tuple[str, ...]) -> Head:
    """Return an entry by id or code.

    Raises:
        CatalogueEntryUnknown: there is none; `path` says where it was named.
    """
    try:
        if isinstance(name, UUID):
            return await head_by_id(tx, head, name)
        return await head_by_code(tx, head, name)
    except CatalogueEntryUnknown as unknown:
        raise CatalogueEntryUnknown(unknown.message, path=path) from None


async def chosen_terms(tx: Tx, name: Named) -> TermsVersion:
    """Return the current version of billing terms that are offered."""
    terms = await named(tx, BillingTerms, name, path=("billingTerms",))
    if terms.state == "retired":
        raise NoLongerOffered(
            f"billing terms {terms.code} are retired; choose others", path=("billingTerms",)
        )
    current = (await current_terms_versions(tx, [terms.id]))[terms.id]
    return (await load_terms_versions(tx, [current.id]))[current.id]


async def chosen_offer(
    tx: Tx, name: Named | None, *, terms: TermsVersion, at: datetime
) -> Offer:
    """Return the plan, or the terms' default one, with the version sold at an instant."""
    if name is None and terms.default_plan_id is None:
        raise PlanNotAllowed(
            f"billing terms {terms.code} have no default; name a price plan",
            path=("pricePlan",),
        )
    plan = await named(tx, PricePlan, name or terms.default_plan_id or "", path=("pricePlan",))
    version = await plan_version_at(tx, plan_id=plan.id, at=at)
    return Offer(plan, (await load_plan_versions(tx, [version.id]))[version.id])


async def offer_of(tx: Tx, phase: Phase) -> Offer:
    """Return the plan version that a phase holds."""
    version = (await load_plan_versions(tx, [phase.price_plan_version_id]))[
        phase.price_plan_version_id
    ]
    return Offer(await head_by_code(tx, PricePlan, version.code), version)


async def products_of(tx: Tx, items: Sequence[Item]) -> dict[UUID, Product]:
    """Return the products of items, by id."""
    return await heads_by_ids(tx, Product, {item.product_id for item in items})
