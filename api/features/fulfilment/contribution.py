"""What this folder brings into the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from api.access import guarded_source
from api.context import ApiContext
from api.feature import Feature, SchemaParts
from api.features.accounts.types import Account
from api.features.fulfilment.lists import AccountTasks, FulfilmentQuery
from api.features.fulfilment.loading import load_tasks
from api.features.fulfilment.mutations import FulfilmentMutation
from api.features.fulfilment.types import TASK_ID, FulfilmentTask
from api.graphql.nodes import Node
from api.graphql.plugin_schema import Contribution
from core.tenancy import Capability


def contribution(_parts: SchemaParts) -> Feature:
    """Bring tasks, and what becomes of them."""
    return Feature(
        contribution=Contribution(
            name="fulfilment",
            query=FulfilmentQuery,
            mutation=FulfilmentMutation,
            extends={Account: AccountTasks},
        ),
        nodes=(guarded_source(TASK_ID, Capability.SUBSCRIPTION_READ, _tasks),),
    )


async def _tasks(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await load_tasks(context, list(keys))
    return {each.id: FulfilmentTask.of(each) for each in found if each is not None}
