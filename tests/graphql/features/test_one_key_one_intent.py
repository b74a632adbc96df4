"""Under one idempotency key there is one intent: what differs in meaning is another request."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest
import strawberry

from api.mutations import _request, asked
from core.idempotency import _request_digest
from core.viewing import Viewing
from tests.graphql.api_clients import Api

REUSED = [("IDEMPOTENCY_KEY_REUSED", "input.idempotencyKey")]


@strawberry.input
class Part:
    """Something within something."""

    given: Any = strawberry.UNSET


@strawberry.input
class Whole:
    """What a mutation is given; any value at all, as no field of the schema takes it."""

    given: Any = strawberry.UNSET
    other: Any = strawberry.UNSET


def digest(**given: Any) -> bytes:
    """What a request is known by."""
    return _request_digest(asked(Whole(**given)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"given": 1}, {"given": True}),
        ({"given": 1}, {"given": "1"}),
        ({"given": 0}, {"given": False}),
        ({"given": "2.0"}, {"given": "2.00"}),
        ({"given": "true"}, {"given": True}),
        ({"given": "null"}, {"given": None}),
        ({"given": None}, {}),
        ({"given": None}, {"given": strawberry.Some(None)}),
        ({"given": strawberry.Some(None)}, {}),
        ({"given": []}, {}),
        ({"given": []}, {"given": None}),
        ({"given": ""}, {"given": None}),
        ({"given": ["a", "b"]}, {"given": ["b", "a"]}),
        ({"given": ["a", "b"]}, {"given": ["a,b"]}),
        ({"given": [["a"], "b"]}, {"given": ["a", ["b"]]}),
        ({"given": "a"}, {"other": "a"}),
        ({"given": Part(given="a")}, {"given": Part()}),
        ({"given": Decimal(2)}, {"given": "2"}),
        ({"given": Decimal(2)}, {"given": 2}),
        ({"given": Decimal(2)}, {"given": Decimal("2.0000000000000000000000000001")}),
        ({"given": Decimal("1e999999999")}, {"given": Decimal("Infinity")}),
        ({"given": Decimal("1e-999999999")}, {"given": Decimal(0)}),
        (
            {"given": datetime(2026, 1, 1, tzinfo=UTC)},
            {"given": datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)},
        ),
        ({"given": datetime(2026, 1, 1, tzinfo=UTC)}, {"given": "2026-01-01T00:00:00+00:00"}),
    ],
)
def test_what_differs_is_another_request(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Also where a loose comparison would take them for one."""
    assert digest(**one) != digest(**other)
    assert digest(**one) == digest(**one)


@strawberry.input
class Collaboration:
    """Names a unit, as `orgUnitCollaborate` does."""

    unit: str


def test_a_unit_that_is_asked_for_is_not_the_unit_that_asks() -> None:
    """Staff of one unit name two others under one key: two requests, and not a third's."""
    unit, another = uuid4(), uuid4()
    seen = {
        _request_digest(_request(cast("Any", SimpleNamespace(viewing=viewing)), given))
        for viewing in (None, Viewing(unit, frozenset()), Viewing(another, frozenset()))
        for given in (Collaboration(unit=str(unit)), Collaboration(unit=str(another)))
    }
    assert len(seen) == 6


async def account(api: Api, **given: Any) -> Any:
    """Create an account, and return its id."""
    made = await api.one.changed("accountCreate", "account { id }", given)
    return made["account"]["id"]


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("name", "2.0", "2.00"),
        ("name", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00"),
        ("ref", "007", "7"),
        ("classification", "1e1", "10"),
        ("attributes", {"number": "1"}, {"text": "1"}),
        ("attributes", {"flag": True}, {"number": "1"}),
        ("attributes", {"text": "2.0"}, {"text": "2.00"}),
    ],
)
async def test_a_text_is_no_number_whatever_it_looks_like(
    api: Api, field: str, one: Any, other: Any
) -> None:
    """`007` and `7` are two names of two customers: the key is refused for the second."""
    if field == "attributes":
        one, other = [{"name": "a", "value": one}], [{"name": "a", "value": other}]
    given = {"name": "Ada", "idempotencyKey": f"{field} {one}"[:40].replace("'", "")}
    first = await account(api, **{**given, field: one})
    before = await api.rows("account")
    assert await account(api, **{**given, field: one}) == first
    assert await api.one.codes("accountCreate", {**given, field: other}) == REUSED
    assert await api.rows("account") == before


async def test_null_is_not_what_was_left_out(api: Api) -> None:
    """Null takes the classification away, leaving it out leaves it; one key is for one."""
    key = await account(api, name="Ada", classification="gold")
    given = {"account": key, "name": "Eve", "idempotencyKey": "left out"}
    selection = "account { name classification }"
    kept = await api.one.changed("accountUpdate", selection, given)
    assert kept["account"] == {"name": "Eve", "classification": "gold"}
    assert await api.one.codes("accountUpdate", given | {"classification": None}) == REUSED
    read = "query ($id: ID!) { account(id: $id) { classification } }"
    assert (await api.one.ask(read, id=key))["account"] == {"classification": "gold"}


@pytest.mark.parametrize("field", ["amount", "ratedAmount"])
@pytest.mark.parametrize(
    "value", ["1e999999999", "-1e999999999", "1e-999999999", "NaN", "Infinity"]
)
async def test_a_number_beyond_reason_is_a_wrong_value_at_once(
    api: Api, field: str, value: str
) -> None:
    """Twelve characters that would be a gigabyte of digits; told as often as it is asked."""
    rated = {"amount": "1", "ratedAmount": "1", "ratedCurrency": "EUR", field: value}
    report = {
        "account": await account(api, name="Ada"), "source": "box", "id": f"{field} {value}",
        "occurredAt": "2026-01-12T10:00:00Z",
        "event": {"ott": {"service": "film", "udrType": "view", **rated}},
    }  # fmt: skip
    asking = {"report": report, "idempotencyKey": f"{field} {value}"}
    told = [("INVALID_VALUE", f"input.report.event.ott.{field}")]
    assert await api.one.codes("usageAmend", asking) == told
    before = await api.rows("usage_event", "idempotency_key")
    assert await api.one.codes("usageAmend", asking) == told
    stored = await api.one.changed(
        "usageRecord", "verdicts { reason path }", {"events": [report]}
    )
    assert stored["verdicts"] == [{"reason": "INVALID_VALUE", "path": ["event", "ott", field]}]
    assert await api.rows("usage_event", "idempotency_key") == before


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        ("0e-999999999", "ACCEPTED"),
        ("0e999999999", "ACCEPTED"),
        ("1e-999999999", "REJECTED"),
        ("1e999999999", "REJECTED"),
    ],
)
async def test_a_gauge_takes_any_zero_and_no_number_beyond_reason(
    api: Api, value: str, verdict: str
) -> None:
    """Another reading of the same batch is stored, whatever the first one says."""
    await api.one.changed("catalogueApply", "__typename", {"yaml": "gauges: {l: {name: L}}"})
    reading = {
        "account": await account(api, name="Ada"), "gauge": "l", "source": "box",
        "at": "2026-01-12T10:00:00Z",
    }  # fmt: skip
    odd, fine = reading | {"id": "odd", "value": value}, reading | {"id": "fine", "value": "7"}
    stored = await api.one.changed(
        "gaugeSet", "verdicts { verdict }", {"readings": [odd, fine]}
    )
    assert [each["verdict"] for each in stored["verdicts"]] == [verdict, "ACCEPTED"]
