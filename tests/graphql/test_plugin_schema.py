"""Plugins in the schema, and the internals of Strawberry that this stands on."""

from __future__ import annotations

import asyncio
import enum
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
import strawberry
from strawberry.schema.schema_converter import CustomGraphQLEnumType
from strawberry.types.base import StrawberryOptional

from api.graphql.context import Context
from api.graphql.descriptions import undescribed
from api.graphql.event_types import EventTypeInvalid, mirror_event, mirror_events
from api.graphql.loaders import Loaders
from api.graphql.plugin_schema import (
    Contribution,
    PluginSchema,
    SchemaConflict,
    build_schema,
    one_of_input,
)
from tests.graphql import sample
from tests.graphql.conftest import GraphQLClient

RECORD = "mutation($e: [UsageEventInput!]!) { usageRecord(events: $e) { text } }"
MAIL = {"sender": "a", "size": "1.0", "at": "2026-01-31T12:00:00Z"}


async def record(client: GraphQLClient, *events: Any) -> Any:
    """Send events through the assembled input."""
    return await client.ask(RECORD, {"e": list(events)})


async def test_an_event_arrives_as_the_channels_own_class(client: GraphQLClient) -> None:
    """Defaults are the event's, lists become tuples, enum members are its own."""
    answer = await record(
        client,
        {"mail": MAIL},
        {"mail": {**MAIL, "priority": "HIGH", "copies": 2, "tags": ["x"], "note": "n"}},
        {"letter": {"day": "2026-01-31"}},
    )
    at = "datetime.datetime(2026, 1, 31, 12, 0, tzinfo=datetime.timezone.utc)"
    assert [verdict["text"] for verdict in answer["data"]["usageRecord"]] == [
        (
            f"MailEvent(sender='a', size=Decimal('1.0'), at={at}, "
            "priority=<Priority.LOW: 'low'>, copies=1, tags=(), note=None)"
        ),
        (
            f"MailEvent(sender='a', size=Decimal('1.0'), at={at}, "
            "priority=<Priority.HIGH: 'high'>, copies=2, tags=('x',), note='n')"
        ),
        "LetterEvent(day=datetime.date(2026, 1, 31))",
    ]


async def test_a_senseless_value_reaches_its_verdict(client: GraphQLClient) -> None:
    """NaN in one event does not refuse the batch; the channel's validation does."""
    answer = await record(client, {"mail": {**MAIL, "size": "NaN"}}, {"mail": MAIL})
    assert "size=Decimal('NaN')" in answer["data"]["usageRecord"][0]["text"]
    assert len(answer["data"]["usageRecord"]) == 2


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"mail": MAIL, "letter": {"day": "2026-01-31"}},
        {"mail": None},
        {"mail": MAIL, "letter": None},
        {"fax": {}},
        {"mail": {**MAIL, "copies": None}},
        {"mail": {**MAIL, "copies": 2**31}},
        {"mail": {**MAIL, "at": "2026-01-31T12:00:00"}},
        {"mail": {**MAIL, "priority": "URGENT"}},
        {"mail": {**MAIL, "size": "much"}},
        {"mail": {"sender": "a"}},
        {"mail": {**MAIL, "colour": "red"}},
        "mail",
    ],
)
async def test_a_malformed_event_refuses_the_batch(client: GraphQLClient, event: Any) -> None:
    """Exactly one variant, known fields, values of their types."""
    response = await client.post(RECORD, {"e": [{"mail": MAIL}, event]})
    assert response.status_code == 400
    assert "data" not in response.json()
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_malformed_literal_fails_validation(client: GraphQLClient) -> None:
    """Two variants in the document itself."""
    answer = await client.ask(
        'mutation { usageRecord(events: [{letter: {day: "2026-01-31"}, mail: null}]) { text } }'
    )
    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_the_schema_says_that_one_variant_is_given(client: GraphQLClient) -> None:
    """Clients generate a tagged union from it."""
    answer = await client.ask('{ __type(name: "UsageEventInput") { isOneOf } }')
    assert answer["data"]["__type"] == {"isOneOf": True}


def test_an_event_is_mirrored_for_answers() -> None:
    """The output has the event's fields; the channel's class is untouched."""
    types = sample.EVENTS["mail"]
    at = sample.datetime(2026, 1, 31, tzinfo=sample.datetime.now().astimezone().tzinfo)
    event = sample.MailEvent(sender="a", size=Decimal(1), at=at, tags=("x",))
    mirrored = types.output(event)
    assert (mirrored.sender, mirrored.tags, mirrored.priority) == (
        "a",
        ("x",),
        sample.Priority.LOW,
    )
    assert not hasattr(sample.MailEvent, "__strawberry_definition__")
    assert not hasattr(sample.Priority, "__strawberry_definition__")
    assert (types.output_type.__name__, types.input_type.__name__) == (
        "MailEvent",
        "MailEventInput",
    )


def event_class(annotation: Any, **metadata: Any) -> type:
    """Make a frozen event with one field."""

    class Made:
        pass

    Made.__annotations__ = {"value": annotation}
    Made.value = field(metadata=metadata)  # type: ignore[attr-defined]
    return dataclass(frozen=True)(Made)


class Bare(enum.Enum):
    """An enum that does not describe its members."""

    RED = 1


@pytest.mark.parametrize(
    "annotation",
    [float, bytes, object, dict, list[str], dict[str, str], tuple[str, int], tuple, str | int,
     str | int | None, Any, complex, set[str], type(None)],
    ids=str,
)  # fmt: skip
def test_an_annotation_without_a_type_is_refused_by_name(annotation: Any) -> None:
    """The message names channel, class and field."""
    with pytest.raises(EventTypeInvalid, match=r"^fax: Made\.value: .* has no type"):
        mirror_event("fax", event_class(annotation, description="x"))


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (event_class(str), "Made.value has no description"),
        (event_class(Bare, description="x"), "Bare.RED has no description"),
        (dataclass(type("Thawed", (), {})), "must be a frozen dataclass"),
        (str, "must be a frozen dataclass"),
    ],
)
def test_an_event_that_says_too_little_does_not_start(event: type, reason: str) -> None:
    """Fields and enum members are described, and events are frozen."""
    with pytest.raises(EventTypeInvalid, match=reason):
        mirror_event("fax", event)


def test_two_channels_with_one_type_name_do_not_start() -> None:
    """`e_mail` and `eMail` would both make EMailEvent."""
    event = event_class(str, description="x")
    with pytest.raises(EventTypeInvalid, match="e_mail and eMail"):
        mirror_events({"e_mail": event, "eMail": event})


@strawberry.type(description="Adds to accounts.")
class Loyalty:
    """What a plugin adds to accounts."""

    @strawberry.field(description="Points.")
    def points(self, parent: strawberry.Parent[sample.Account]) -> int:
        """As many as its name has letters."""
        return len(parent.name)


@strawberry.type(description="More reads.")
class MoreReads:
    """A root that clashes with the sample's."""

    @strawberry.field(description="Greets too.")
    def hello(self) -> str:
        """Clash with the sample's own."""
        return "x"


def core() -> Contribution:
    """The sample's reads."""
    return Contribution(name="core", query=sample.CoreQuery, types=[sample.Account])


async def test_a_plugin_adds_fields_to_one_schema_only() -> None:
    """`get_fields` is called for every type: the hook that this stands on."""
    plugin = Contribution(name="loyalty", extends={sample.Account: Loyalty})
    extended = build_schema([core(), plugin])
    plain = build_schema([core()])
    result = await extended.execute("{ account { points name } }")
    assert result.data == {"account": {"points": 9, "name": "Account 1"}}
    assert "points" in extended.as_str()
    assert "points" not in plain.as_str()
    assert "points" not in [
        f.python_name for f in sample.Account.__strawberry_definition__.fields
    ]


@pytest.mark.parametrize(
    ("contributions", "reason"),
    [
        (
            [core(), Contribution(name="more", query=MoreReads)],
            r"core and more both bring Query\.hello",
        ),
        (
            [core(), *(Contribution(name=n, extends={sample.Account: Loyalty}) for n in "ab")],
            r"a and b both add Account\.points",
        ),
        (
            [core(), Contribution(name="a", extends={sample.Account: sample.Account})],
            r"a adds Account\.\w+, which exists",
        ),
        ([Contribution(name="a")], "nobody contributes a query"),
        ([Contribution(name="a", query=str)], "str is no Strawberry type"),
    ],
)
def test_a_clash_refuses_to_start(contributions: list[Contribution], reason: str) -> None:
    """The message says who clashes and over what."""
    with pytest.raises(SchemaConflict, match=reason):
        build_schema(contributions)


def test_everything_is_described(schema: Any) -> None:
    """A schema with a silent field does not start, and ours has none."""

    @strawberry.type(description="Reads.")
    class Silent:
        @strawberry.field
        def quiet(self, loud: int) -> int:
            return loud

    assert undescribed(schema._schema) == []
    with pytest.raises(SchemaConflict, match=r"Silent\.quiet, Silent\.quiet\(loud\)"):
        PluginSchema(query=Silent)


def test_fields_are_in_order_whoever_brings_them(schema: Any) -> None:
    """The snapshot of the schema does not change with the order of plugins."""
    for type_name in ("Query", "Money", "MailEventInput"):
        names = list(schema._schema.type_map[type_name].fields)
        assert names == sorted(names)


def test_enums_keep_strawberrys_type(schema: Any) -> None:
    """A plain GraphQL enum refuses the members that resolvers return."""
    assert isinstance(schema._schema.type_map["MailPriority"], CustomGraphQLEnumType)


def test_an_input_without_variants_does_not_start() -> None:
    """A host without channels has no events to take."""
    with pytest.raises(SchemaConflict, match="no variant"):
        one_of_input("Empty", variants={}, descriptions={}, description="x")


async def test_errors_are_processed_once_and_in_place() -> None:
    """The error policy replaces the result's own list: pins `process_errors`."""
    calls = []

    class Counting(PluginSchema):
        def process_errors(self, errors: Any, execution_context: Any = None) -> None:
            calls.append(len(errors))
            super().process_errors(errors, execution_context)

    schema = Counting(query=sample.CoreQuery, types=[sample.Account])
    for query in ("{", "{ nothing }", "{ refused }", "query($n: String!) { hello(name: $n) }"):
        result = await schema.execute(query)
        assert all("code" in (error.extensions or {}) for error in result.errors or [])
    assert calls == [1, 1, 1, 1]


@dataclass(frozen=True)
class Whose:
    """A context that says whose it is."""

    name: str

    def for_reading(self) -> Whose:
        """Read with the same one."""
        return self


async def load(context: Whose, keys: list[int]) -> list[str]:
    """Load keys in the name of a context."""
    return [f"{context.name}{key}" for key in keys]


async def test_loaders_are_one_for_each_function_and_context() -> None:
    """Loads of one turn are joined; contexts do not see each other's."""
    first, second = Loaders(Whose("a")), Loaders(Whose("b"))
    assert first.of(load) is first.of(load)
    assert first.of(load) is not second.of(load)
    assert await asyncio.gather(first.of(load).load(1), first.of(load).load(2)) == ["a1", "a2"]


def test_a_context_is_copied_with_fresh_loaders() -> None:
    """A socket's context serves many operations, each with loaders of its own."""
    context = Context(request_id="r", viewer=sample.SampleViewer())
    fresh = context.with_fresh_loaders()
    assert fresh == context
    assert fresh.loaders is not context.loaders
    assert fresh.tenant_id == sample.TENANT


def test_an_enum_of_an_event_may_be_left_out() -> None:
    """`encoding: Alphabet | None` is a nullable enum in the type and in the input."""

    class Alphabet(enum.Enum):
        """The alphabet of a text.

        Attributes:
            GSM: Seven bits.
        """

        GSM = "gsm"

    @dataclass(frozen=True)
    class TextEvent:
        """A text."""

        encoding: Alphabet | None = field(
            default=None, metadata={"description": "The alphabet, where it is known."}
        )

    TextEvent.__annotations__["encoding"] = Alphabet | None
    mirrored = mirror_event("text", TextEvent)
    for made in (mirrored.output_type, mirrored.input_type):
        (found,) = made.__strawberry_definition__.fields
        assert isinstance(found.type, StrawberryOptional)
        assert found.type.of_type.name == "TextAlphabet"
