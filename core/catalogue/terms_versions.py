"""Load versions of billing terms: set-based, and cached, because a version never changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from core.catalogue.compile import TermsVersion, terms_value
from core.catalogue.plain import from_plain
from core.catalogue.schema import BillingTermsDefinition
from core.db import Tx

MAX_CACHED: Final = 4096
_cache: OrderedDict[tuple[UUID, UUID], TermsVersion] = OrderedDict()


async def load_terms_versions(tx: Tx, ids: Collection[UUID]) -> dict[UUID, TermsVersion]:
    """Return the terms versions that exist, by id: one statement, none when all are cached."""
    keys = {version_id: (tx.tenant_id, version_id) for version_id in ids}
    missing = [version_id for version_id, key in keys.items() if key not in _cache]
    if missing:
        for row in await tx.fetch(_TERMS, tx.tenant_id, missing):
            _cache[keys[row["id"]]] = _version(row)
    found: dict[UUID, TermsVersion] = {}
    for version_id, key in keys.items():
        if key in _cache:
            _cache.move_to_end(key)
            found[version_id] = _cache[key]
    while len(_cache) > MAX_CACHED:
        _cache.popitem(last=False)
    return found


def _version(row: Any) -> TermsVersion:
    definition = from_plain(
        BillingTermsDefinition,
        row["body"],
        code=row["code"],
        name=row["code"],
        kind=row["kind"],
        state="active",
    )
    plan_ids = dict(zip(row["plan_codes"], row["plan_ids"], strict=True))
    return terms_value(
        definition,
        id=row["id"],
        terms_id=row["billing_terms_id"],
        number=row["number"],
        plan_ids=plan_ids,
    )


_TERMS: Final = """
SELECT v.id, v.billing_terms_id, v.number, v.body, b.code, b.kind,
    array_agg(p.code ORDER BY p.code) AS plan_codes, array_agg(p.id ORDER BY p.code) AS plan_ids
FROM billing_terms_version v
JOIN billing_terms b ON b.tenant_id = v.tenant_id AND b.id = v.billing_terms_id
JOIN billing_terms_plan x ON x.tenant_id = v.tenant_id AND x.billing_terms_version_id = v.id
JOIN price_plan p ON p.tenant_id = x.tenant_id AND p.id = x.price_plan_id
WHERE v.tenant_id = $1 AND v.id = ANY($2)
GROUP BY v.tenant_id, v.id, v.billing_terms_id, v.number, v.body, b.code, b.kind
"""
