"""Look up what a verb names in the catalogue: terms, a price plan, products."""

from __future__ import annotations

from collections.abc import Sequence
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
)
from core.catalogue.terms_versions import load_terms_versions
from core.db import Tx
from core.subscriptions.offers import Offer
from core.subscriptions.records import Item, Phase
from core.subscriptions.refusals import NoLongerOffered, OtherKindOfTerms

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
    """Return the current version of billing terms of subscriptions that are offered."""
    terms = await named(tx, BillingTerms, name, path=("billingTerms",))
    if terms.kind == "job":
        raise OtherKindOfTerms(
            f"billing terms {terms.code} bill jobs; choose others for a subscription",
            path=("billingTerms",),
        )
    if terms.state == "retired":
        raise NoLongerOffered(
            f"billing terms {terms.code} are retired; choose others", path=("billingTerms",)
        )
    current = (await current_terms_versions(tx, [terms.id]))[terms.id]
    return (await load_terms_versions(tx, [current.id]))[current.id]


async def offer_of(tx: Tx, phase: Phase) -> Offer:
    """Return the plan version that a phase holds, with the base one of a conditional plan."""
    ids = [phase.price_plan_version_id, phase.base_plan_version_id]
    found = await load_plan_versions(tx, [one for one in ids if one is not None])
    version = found[phase.price_plan_version_id]
    base = phase.base_plan_version_id
    plan = await head_by_code(tx, PricePlan, version.code)
    return Offer(plan, version, None if base is None else found[base])


async def products_of(tx: Tx, items: Sequence[Item]) -> dict[UUID, Product]:
    """Return the products of items, by id."""
    return await heads_by_ids(tx, Product, {item.product_id for item in items})
