"""Mutations answer the refusals that they list as data; everything else rises."""

from __future__ import annotations

from typing import Any

import pytest
import strawberry

from api.graphql.errors import UserError, answers_refusals, mutation_errors, user_errors
from core.kernel.errors import Refusal
from tests.graphql import sample
from tests.graphql.conftest import GraphQLClient

CLOSE = """mutation Close($input: AccountCloseInput!) { accountClose(input: $input) {
  account { name } userErrors { __typename code reason message path } } }"""


async def close(client: GraphQLClient, number: int, **more: Any) -> Any:
    """Close an account of the sample."""
    account_id = sample.ACCOUNT_ID.encode(sample.KEYS[number - 1])
    return await client.ask(CLOSE, {"input": {"accountId": account_id, **more}})


async def test_success_has_the_object_and_no_errors(client: GraphQLClient) -> None:
    """The list of errors is empty and not null."""
    answer = await close(client, 1)
    assert answer["data"]["accountClose"] == {
        "account": {"name": "Account 1"},
        "userErrors": [],
    }


async def test_a_listed_refusal_is_data(client: GraphQLClient) -> None:
    """The code stands there as text and as a member of the mutation's enum."""
    answer = await close(client, 2)
    assert "errors" not in answer
    assert answer["data"]["accountClose"] == {
        "account": None,
        "userErrors": [
            {
                "__typename": "AccountCloseError",
                "code": "ALREADY_ENDED",
                "reason": "ALREADY_ENDED",
                "message": "It is closed. Nothing is left to do.",
                "path": ["input", "accountId"],
            }
        ],
    }


async def test_an_unlisted_refusal_rises(client: GraphQLClient) -> None:
    """It keeps its code among the top-level errors."""
    answer = await close(client, 3)
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"]["code"] == "NOT_LISTED"


async def test_many_problems_are_many_user_errors(client: GraphQLClient) -> None:
    """When every problem's code is listed, each becomes an error of its own."""
    answer = await close(client, 4)
    errors = answer["data"]["accountClose"]["userErrors"]
    assert [(e["message"], e["path"]) for e in errors] == [("One.", []), ("Two.", ["input"])]


async def test_clients_can_treat_all_mutations_alike(client: GraphQLClient) -> None:
    """A fragment on the interface fits every mutation's errors."""
    answer = await client.ask(
        "mutation($i: AccountCloseInput!) { accountClose(input: $i) { userErrors { ...E } } } "
        "fragment E on UserError { code message path }",
        {"i": {"accountId": sample.ACCOUNT_ID.encode(sample.KEYS[1])}},
    )
    assert answer["data"]["accountClose"]["userErrors"][0]["code"] == "ALREADY_ENDED"


@pytest.mark.parametrize(
    ("key", "accepted"),
    [
        ("a", True),
        ("k" * 200, True),
        ("k" * 201, False),
        ("", False),
        ("é", False),
        ("a\n", False),
    ],
)
async def test_idempotency_keys_are_bounded(
    client: GraphQLClient, key: str, accepted: bool
) -> None:
    """1 to 200 printable ASCII characters."""
    answer = await close(client, 1, idempotencyKey=key)
    if accepted:
        assert answer["data"]["accountClose"]["account"] == {"name": "Account 1"}
    else:
        assert answer["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_KEY_INVALID"
        assert answer["data"] is None


async def test_a_null_key_is_refused(client: GraphQLClient) -> None:
    """A client that forgot to fill its variable should hear of it."""
    answer = await close(client, 1, idempotencyKey=None)
    assert "data" not in answer or answer["data"] is None
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"] == (
        "A field that takes no null was given one: it must be left out or have a value; "
        "null is neither."
    )


async def test_a_null_in_the_document_is_named(client: GraphQLClient) -> None:
    """Not by our annotations: `Maybe` is no word of the schema."""
    answer = await client.ask(
        'mutation { accountClose(input: {accountId: "acc_1", idempotencyKey: null}) '
        "{ userErrors { code } } }"
    )
    (error,) = answer["errors"]
    assert error["message"] == (
        "`idempotencyKey` must be left out or have a value; null is neither."
    )


async def test_dry_run_is_false_unless_asked(client: GraphQLClient) -> None:
    """The convention's default stands in the schema."""
    answer = await client.ask(
        '{ __type(name: "AccountCloseInput") { inputFields { name defaultValue } } }'
    )
    fields = {f["name"]: f["defaultValue"] for f in answer["data"]["__type"]["inputFields"]}
    assert fields == {"accountId": None, "dryRun": "false", "idempotencyKey": None}


class Undocumented(Refusal):  # noqa: D101 - the point of it
    code = "UNDOCUMENTED"


class BadCode(Refusal):
    """A code in the wrong case."""

    code = "badCode"


@pytest.mark.parametrize(
    ("mutation", "refusals", "reason"),
    [
        ("accountClose", (sample.AlreadyEnded,), "PascalCase"),
        ("AccountClose", (), "no refusal"),
        ("AccountClose", (sample.AlreadyEnded, sample.AlreadyEnded), "twice"),
        ("AccountClose", (Undocumented,), "no docstring"),
        ("AccountClose", (BadCode,), "no code"),
    ],
)
def test_a_mistaken_declaration_does_not_start(
    mutation: str, refusals: tuple[type[Refusal], ...], reason: str
) -> None:
    """The programmer hears of it when the module is imported."""
    with pytest.raises(ValueError, match=reason):
        mutation_errors(mutation, *refusals)


def test_a_payload_must_be_able_to_hold_nothing_but_errors() -> None:
    """A required field beside userErrors could not be filled on a refusal."""

    @strawberry.type
    class NoErrors:
        name: str | None = None

    @strawberry.type
    class Required:
        name: str
        user_errors: list[UserError] = user_errors("Required", sample.AlreadyEnded)

    for payload in (NoErrors, Required):
        with pytest.raises(TypeError):
            answers_refusals(payload)
