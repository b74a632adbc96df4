"""Create billing terms, publish their versions, and retire them."""

from __future__ import annotations

from dataclasses import replace

from core.catalogue.apply import Applied
from core.catalogue.one_entry import change_entry, create_entry, stored_entry
from core.catalogue.schema import BillingTermsDefinition
from core.db import Tx


async def billing_terms_create(tx: Tx, definition: BillingTermsDefinition) -> Applied:
    """Add billing terms with their first version; refused where the code is taken."""
    return await create_entry(tx, "billing_terms", definition)


async def billing_terms_version_publish(tx: Tx, definition: BillingTermsDefinition) -> Applied:
    """Publish what billing terms are to be; a new version where more than the head differs."""
    return await change_entry(tx, "billing_terms", definition)


async def billing_terms_retire(tx: Tx, code: str) -> Applied:
    """Stop offering billing terms; subscriptions on them go on."""
    before: BillingTermsDefinition = await stored_entry(tx, "billing_terms", code)
    return await change_entry(tx, "billing_terms", replace(before, state="retired"))
