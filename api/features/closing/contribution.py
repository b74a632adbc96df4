"""What this folder brings into the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlmodel import col

from api.access import guarded_source
from api.context import ApiContext
from api.feature import Feature, SchemaParts
from api.features.closing.mutations import ClosingMutation
from api.features.closing.queries import RUNS, ClosingQuery
from api.features.closing.types import CLOSE_RUN_ID, CloseRun
from api.graphql.nodes import Node
from api.graphql.plugin_schema import Contribution
from core.billing_cycles.repository import RunProgress
from core.billing_cycles.tables import CloseRunRow
from core.rows import all_records
from core.tenancy import Capability


def contribution(_parts: SchemaParts) -> Feature:
    """Bring closings and parked subscriptions."""
    return Feature(
        contribution=Contribution(name="closing", query=ClosingQuery, mutation=ClosingMutation),
        nodes=(guarded_source(CLOSE_RUN_ID, Capability.INVOICE_READ, _runs),),
    )


async def _runs(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    async with context.transaction() as tx:
        found = RUNS.statement(tx.tenant_id, col(CloseRunRow.id).in_(list(keys)))
        records = await all_records(tx, RunProgress, found)
    return {UUID(bytes=each.id.bytes): CloseRun.of(each) for each in records}
