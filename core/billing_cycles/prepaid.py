"""Which subscriptions of a closing are paid from a wallet. Pure."""

from __future__ import annotations

from uuid import UUID

from core.billing_cycles.rows import ClosingRows
from core.catalogue.compile import TermsVersion


def prepaid_terms(rows: ClosingRows, subscription_id: UUID) -> TermsVersion | None:
    """Return the prepaid terms under which the periods at hand are billed, if they are.

    Behind the last phase, where late usage is settled, the last terms still hold.
    """
    if all(terms.kind != "prepaid" for terms in rows.terms.values()):
        return None
    starts = [one.starts_at for one in rows.periods if one.subscription_id == subscription_id]
    phases = rows.phases.get(subscription_id, ())
    if not starts or not phases:
        return None
    begun = [phase for phase in phases if phase.from_at <= max(starts)]
    last = max(begun or phases, key=lambda phase: phase.from_at)
    terms = rows.terms[last.terms_version_id]
    return terms if terms.kind == "prepaid" else None
