"""What a client is told of an error, and what stays in the log."""

from __future__ import annotations

import structlog
from graphql import GraphQLError

from api.graphql.policy import apply_policy
from core.kernel.errors import ManyProblems, Problem, Refusal
from tests.graphql.conftest import GraphQLClient


async def test_a_bug_is_masked_and_its_reference_leads_to_the_log(
    client: GraphQLClient,
) -> None:
    """The message holds a secret: it is logged, and a reference is sent."""
    with structlog.testing.capture_logs() as logs:
        answer = await client.ask("{ hello secret }")
    (error,) = answer["errors"]
    assert answer["data"] == {"hello": "Hello you", "secret": None}
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert error["path"] == ["secret"]
    assert "hunter2" not in str(answer)
    logged = logs[0]
    assert logged["event"] == "graphql.internal_error"
    assert logged["reference"] == error["extensions"]["reference"]
    assert str(logged["exc_info"]) == "password=hunter2"


async def test_a_value_that_its_type_refuses_is_our_bug(client: GraphQLClient) -> None:
    """A resolver answers 2^40 for an Int: masked, and not the caller's error."""
    answer = await client.ask("{ broken }")
    assert answer["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "1099511627776" not in str(answer)


async def test_a_refusal_keeps_its_code_and_points_into_the_input(
    client: GraphQLClient,
) -> None:
    """An escaped refusal is an error of the caller's, with the code of its class."""
    (error,) = (await client.ask("{ refused }"))["errors"]
    assert error["message"] == "Do it otherwise."
    assert error["path"] == ["refused"]
    assert error["extensions"] == {
        "code": "NOT_LISTED",
        "family": "BAD_USER_INPUT",
        "inputPath": ["input", "name"],
    }


async def test_at_most_five_errors_are_sent(client: GraphQLClient) -> None:
    """Seven fields fail; five errors are sent and the log tells of two dropped."""
    with structlog.testing.capture_logs() as logs:
        answer = await client.ask("{" + " ".join(f"a{i}: refused" for i in range(7)) + "}")
    assert len(answer["errors"]) == 5
    assert len(answer["data"]) == 7
    assert logs[0] == {"event": "graphql.errors_dropped", "log_level": "warning", "dropped": 2}


async def test_a_variable_that_does_not_fit_is_the_callers_error(
    client: GraphQLClient,
) -> None:
    """The message of the scalar reaches the caller."""
    response = await client.post("query($v: Decimal!) { amount(value: $v) }", {"v": "NaN"})
    (error,) = response.json()["errors"]
    assert response.status_code == 400
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].endswith('Decimal must be a text such as "12.50".')


async def test_a_literal_that_does_not_fit_fails_validation(client: GraphQLClient) -> None:
    """Literals are checked before execution."""
    (error,) = (await client.ask('{ amount(value: "x") }'))["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert "Decimal must be a text" in error["message"]


def test_many_problems_are_listed_each_with_its_path() -> None:
    """The extensions hold every fault, in the order found."""
    refusal = ManyProblems([Problem("A", "One."), Problem("B", "Two.", ("lines", "0"))])
    errors = [GraphQLError("x", path=["f"], original_error=refusal)]
    apply_policy(errors, was_executed=True, viewer_is_known=True)
    assert errors[0].extensions["code"] == "MANY_PROBLEMS"
    assert errors[0].extensions["problems"] == [
        {"code": "A", "message": "One.", "path": []},
        {"code": "B", "message": "Two.", "path": ["lines", "0"]},
    ]


def test_a_nested_cause_is_found() -> None:
    """GraphQL wraps errors in errors; the exception at the bottom decides."""
    inner = GraphQLError("x", original_error=Refusal("Do it otherwise."))
    errors = [GraphQLError("y", path=["f"], original_error=inner)]
    apply_policy(errors, was_executed=True, viewer_is_known=False)
    assert (errors[0].message, errors[0].extensions["code"]) == ("Do it otherwise.", "REFUSED")


def test_the_code_of_a_deliberate_error_survives_its_wrapping() -> None:
    """An error made with a code keeps it when a resolver raises it."""
    inner = GraphQLError("No.", extensions={"code": "FORBIDDEN"})
    errors = [GraphQLError("No.", path=["f"], original_error=inner)]
    apply_policy(errors, was_executed=True, viewer_is_known=True)
    assert errors[0].extensions == {"code": "FORBIDDEN"}
