"""Read what accounts may order: a fixed number of statements, however many they are."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from core.catalogue.entries import Entry, entries
from core.catalogue.schema.udr_types import UdrTypeDefinition
from core.catalogue.schema.usage_catalogues import UsageCatalogueDefinition, UsageDefinition
from core.db import Tx
from core.facts import Facts, load_facts, reads_segments
from core.subscriptions.owner import owner_of
from core.subscriptions.refusals import SubscriptionNotFound
from core.tenancy.visibility import hidden
from core.usage_catalogues.compiled import CompiledCatalogue, compile_catalogue
from core.usage_catalogues.holdings import Holder, holders_of
from core.usage_catalogues.offering import Offer, Offering

MAX_COMPILED: Final = 1024
_compiled: OrderedDict[tuple[UUID, UUID, str], CompiledCatalogue] = OrderedDict()
_ZONE: Final = "SELECT timezone FROM tenant WHERE id = $1"
_PRODUCTS: Final = """
SELECT code, id FROM product WHERE tenant_id = $1 AND code = ANY($2::text[])
"""


async def offering_for(
    tx: Tx,
    account_ids: Collection[UUID],
    *,
    services: Collection[str] | None = None,
    unit_id: UUID | None = None,
) -> Offering:
    """Return what these accounts may order; of `services` only, where those are given.

    Staff of a unit see the catalogues that their unit may choose; without a unit, all.
    """
    catalogues = await _catalogues(tx, services=services, unit_id=unit_id)
    holders = await holders_of(tx, account_ids) if account_ids else {}
    names = {name for one in catalogues for name in one.services}
    rows = await tx.fetch(_PRODUCTS, tx.tenant_id, list(names)) if names else []
    return Offering(
        catalogues=catalogues,
        holders=holders,
        products={row["code"]: row["id"] for row in rows},
        udr_types=await _udr_types(tx),
        types_of=await _types_of(tx),
        facts=await _facts(tx, catalogues, holders),
    )


async def available_services(
    tx: Tx, subscription_id: UUID, *, at: datetime | None = None, unit_id: UUID | None = None
) -> list[Offer]:
    """Return what a subscription may order at a time; without one, now by its account's clock.

    Raises:
        SubscriptionNotFound: there is no such subscription.
    """
    owner = await owner_of(tx, subscription_id)
    if owner is None:
        raise SubscriptionNotFound(
            "there is no such subscription; check its id", path=("subscription",)
        )
    offering = await offering_for(tx, [owner.account_id], unit_id=unit_id)
    instant = at or owner.now(tx)
    return [
        offer
        for holder in offering.holders(owner.account_id, subscription_id)
        for offer in offering.services_of(holder, instant)
    ]


async def effective_catalogues(tx: Tx) -> dict[UUID, CompiledCatalogue]:
    """Return the effective catalogues by id, in their latest versions."""
    found = await _catalogues(tx, services=None, unit_id=None)
    return {catalogue.id: catalogue for catalogue in found}


async def _catalogues(
    tx: Tx, *, services: Collection[str] | None, unit_id: UUID | None
) -> list[CompiledCatalogue]:
    """Return the latest versions of the effective catalogues, ready to price."""
    found = await entries(tx, "usage_catalogues", states=("effective",))
    if not found:
        return []
    hidden_ids = await hidden(tx, [entry.id for entry in found], unit_id=unit_id)
    zone = await tx.fetchval(_ZONE, tx.tenant_id)
    ready = [_ready(tx, entry, zone) for entry in found if entry.id not in hidden_ids]
    if services is None:
        return ready
    return [one for one in ready if any(name in one.services for name in services)]


def _ready(tx: Tx, entry: Entry, zone: str) -> CompiledCatalogue:
    key = tx.tenant_id, entry.version_id, zone
    if key not in _compiled:
        assert isinstance(entry.definition, UsageCatalogueDefinition)
        _compiled[key] = compile_catalogue(
            entry.definition, entry_id=entry.id, version_id=entry.version_id, zone=zone
        )
    _compiled.move_to_end(key)
    while len(_compiled) > MAX_COMPILED:
        _compiled.popitem(last=False)
    return _compiled[key]


async def _udr_types(tx: Tx) -> dict[str, UdrTypeDefinition]:
    found: dict[str, UdrTypeDefinition] = {}
    for entry in await entries(tx, "udr_types", states=("active",)):
        assert isinstance(entry.definition, UdrTypeDefinition)
        found[entry.code] = entry.definition
    return found


async def _types_of(tx: Tx) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for entry in await entries(tx, "usage_definitions"):
        assert isinstance(entry.definition, UsageDefinition)
        found[entry.code] = frozenset(entry.definition.udr_types)
    return found


async def _facts(
    tx: Tx, catalogues: Iterable[CompiledCatalogue], holders: Mapping[UUID, Sequence[Holder]]
) -> Facts | None:
    conditions = [one.condition for one in catalogues if one.condition is not None]
    if not conditions:
        return None
    return await load_facts(
        tx,
        subscription_ids=[one.id for each in holders.values() for one in each],
        with_segments=any(reads_segments(condition) for condition in conditions),
    )
