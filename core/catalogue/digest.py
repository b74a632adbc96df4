"""Digests of versions: equal content, equal digest, however it was written."""

from __future__ import annotations

from core.catalogue.changes import PLAN_HEAD, TERMS_HEAD
from core.catalogue.entry_body import entry_head
from core.catalogue.plain import digest_of, to_plain
from core.catalogue.schema import (
    BillingTermsDefinition,
    EntryDefinition,
    EntrySection,
    PricePlanDefinition,
)
from core.kernel.digests import content_digest


def plan_digest(plan: PricePlanDefinition, *, kept_slots: dict[str, int]) -> bytes:
    """Digest what a version of a plan in normal form fixes: rates, commitment, conditions.

    `kept_slots` are the slots of the tables that it keeps, by table code. Names, state
    and the effective date are not in it.
    """
    content = digest_of(plan, kind="price_plan", without=(*PLAN_HEAD, "effective_from"))
    slots = {code: kept_slots[code] for code in sorted(kept_slots)}
    return content_digest("price_plan_version", 1, {"content": content.hex(), **slots})


def terms_digest(terms: BillingTermsDefinition) -> bytes:
    """Digest what a version of billing terms in normal form fixes."""
    return digest_of(terms, kind="billing_terms", without=TERMS_HEAD)


def entry_digest(definition: EntryDefinition, *, section: EntrySection) -> bytes:
    """Digest what a version of an entry in normal form fixes."""
    return digest_of(definition, kind=section, without=entry_head(definition))


def terms_body(terms: BillingTermsDefinition) -> dict[str, object]:
    """Write what a version of billing terms fixes, for its JSON column."""
    return to_plain(terms, without=TERMS_HEAD)
