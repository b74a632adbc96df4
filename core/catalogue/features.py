"""Load what products allow, and the features that they name: set-based, and cached.

Each function is one statement. A product has no versions, so what was read of one is kept
by its content.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from core.catalogue.entries import entries
from core.catalogue.product_body import product_of
from core.catalogue.schema import FeatureDefinition, GrantDefinition, TrialDefinition
from core.db import Tx

MAX_CACHED: Final = 4096


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a product allows to who has it, its trial, and what it brings with it.

    `needs` are the codes of the modules that an item of it may belong to; `fulfils` is the
    name of the task that it opens, empty for none.
    """

    grants: tuple[GrantDefinition, ...] = ()
    trial: TrialDefinition | None = None
    needs: tuple[str, ...] = ()
    fulfils: str = ""


_cache: OrderedDict[tuple[UUID, UUID, str], Allowed] = OrderedDict()


async def load_allowed(tx: Tx, product_ids: Collection[UUID]) -> dict[UUID, Allowed]:
    """Return what the products that exist allow, by product id."""
    rows = await tx.fetch(_BODIES, tx.tenant_id, list(product_ids))
    found: dict[UUID, Allowed] = {}
    for row in rows:
        key = (tx.tenant_id, row["id"], row["digest"])
        if key not in _cache:
            _cache[key] = allowed_by(row["body"])
        _cache.move_to_end(key)
        found[row["id"]] = _cache[key]
    while len(_cache) > MAX_CACHED:
        _cache.popitem(last=False)
    return found


def allowed_by(body: Mapping[str, Any]) -> Allowed:
    """Read what the body of a product's row allows."""
    if not body:
        return Allowed()
    read = product_of(body, code="", kind="module", name="")
    return Allowed(read.grants, read.trial, read.needs, read.fulfils)


async def load_features(tx: Tx) -> dict[str, FeatureDefinition]:
    """Return all features of the tenant by code, inactive ones too."""
    found = await entries(tx, "features")
    definitions = [entry.definition for entry in found]
    return {each.code: each for each in definitions if isinstance(each, FeatureDefinition)}


_BODIES: Final = """
SELECT id, body, md5(body::text) AS digest FROM product
WHERE tenant_id = $1 AND id = ANY($2::uuid[])
"""
