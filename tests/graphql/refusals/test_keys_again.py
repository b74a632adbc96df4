"""An idempotency key of the new mutations: the same request twice, and with other arguments."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from graphql import get_nullable_type

from tests.graphql.api_clients import Api
from tests.graphql.refusals.living import lasting_inputs, living_inputs
from tests.graphql.refusals.pay_tv import digests, seller
from tests.graphql.refusals.test_every_argument import SCHEMA

_INPUTS = living_inputs(defaultdict(str)) | lasting_inputs(defaultdict(str))
assert SCHEMA.mutation_type is not None
_FIELDS = SCHEMA.mutation_type.fields
MUTATIONS = [
    name
    for name in sorted(_INPUTS)
    if "idempotencyKey" in get_nullable_type(_FIELDS[name].args["input"].type).fields
]
GONE = (
    "subscriptionOrder", "subscriptionCancel", "subscriptionEnd", "licenceRelease",
    "paymentMethodRemove", "profileRemove", "taskCancel", "taskDone", "teamRemove",
)  # fmt: skip
"""What can be done once; the others come first, these in their order."""


async def test_a_key_changes_once_and_is_refused_for_anything_else(api: Api) -> None:
    """Twice the same: one change, one answer. Another input under the key: refused."""
    mine = await seller(api.one)
    wrong: list[Any] = []
    for mutation in sorted(MUTATIONS, key=_place):
        given = (living_inputs(mine.ids) | lasting_inputs(mine.ids))[mutation]
        given |= {"idempotencyKey": f"key of {mutation}"}
        first = await mine.client.codes(mutation, given)
        stored = await digests(api, api.one)
        again = await mine.client.codes(mutation, given)
        if again != first:
            wrong.append((mutation, first, again))
        if first:
            wrong.append((mutation, first))
            continue
        other = given | _other(given)
        told = await mine.client.codes(mutation, other)
        if told != [("IDEMPOTENCY_KEY_REUSED", "input.idempotencyKey")]:
            wrong.append((mutation, "with another input", told))
        if await digests(api, api.one) != stored:
            wrong.append((mutation, "changed again"))
    assert wrong == [], wrong


def _place(name: str) -> int:
    return GONE.index(name) if name in GONE else -1


def _other(given: dict[str, Any]) -> dict[str, Any]:
    """The same input with another id or amount in its first place that takes text."""
    for name, value in given.items():
        if name != "idempotencyKey" and isinstance(value, str) and "_" in value:
            prefix = value.partition("_")[0]
            return {name: f"{prefix}_01h455vb4pex5vsknk084sn02q"}
    return {"note": "x"}
