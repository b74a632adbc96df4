"""Conditions are checked when they are saved, and never guessed when they fail."""

from __future__ import annotations

import pickle
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from core.kernel.condition_context import documented_schema, segment_schema
from core.kernel.conditions import Condition, ConditionFailed, ConditionRefused, ConditionSchema

SCHEMA = ConditionSchema(
    {
        "account": {
            "class": str, "seats": int, "vip": bool, "tags": list[str],
            "created_at": datetime, "attributes": dict[str, object],
        },
        "bill": {"total": int},
    }
)  # fmt: skip
CONTEXT: dict[str, object] = {
    "account": {
        "class": "VIP", "seats": 5, "vip": True, "tags": ["gold", "early"],
        "created_at": datetime(2026, 3, 1, tzinfo=UTC), "attributes": {"colour": "red"},
    },
    "bill": {"total": 1250},
}  # fmt: skip


def compiled(source: str) -> Condition:
    """The condition, checked against the schema above."""
    return Condition.compile(source, schema=SCHEMA)


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("account.class == 'VIP' && account.seats > 3", True),
        ("account.class == 'VIP' && account.seats > 5", False),
        ("!account.vip || bill.total >= 1250", True),
        ("'gold' in account.tags", True),
        ('account["class"] in ["A", "B"]', False),
        ("account.tags.exists(tag, tag.startsWith('ear'))", True),
        ("account.tags.all(tag, account.tags.exists(other, other != tag))", True),
        ("size(account.tags.filter(tag, tag.contains('old'))) == 1", True),
        ("account.tags.map(tag, size(tag))[1] == 5", True),
        ("account.created_at >= timestamp('2026-03-01T00:00:00Z')", True),
        ("timestamp('2026-03-02T00:00:00Z') - account.created_at < duration('24h')", False),
        ("has(account.attributes.size) && account.attributes.size == 'L'", False),
        ("account.attributes.colour == 'red'", True),
        ("account.seats % 2 == 0 ? false : -account.seats + 2 * 3 == 1", True),
        ("account.class.matches('^V.P$') // a note", True),
        ("false || 2 - 1 - 1 == 0 && 8 / 2 / 2 == 2", True),
        ("account.class != null", True),
    ],
)
def test_a_condition_decides(source, result):
    """What sellers write: comparisons, lists, dates, presence, patterns."""
    assert compiled(source).evaluate(CONTEXT) is result


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("acount.vip", "'acount'"),
        ("account.vips", "'vips'"),
        ("true || account.vips", "'vips'"),
        ("account['vips']", "'vips'"),
        ("has(account.vips)", "'vips'"),
        ("sum(account.tags) == 1", "'sum'"),
        ("account.created_at.getHours() == 1", "'getHours'"),
        ("account.tags.exists(t, u == 'x')", "'u'"),
        ("account.tags.exists(bill, true)", "'bill'"),
        ("account.seats", "not int"),
        ("account.class + 'x'", "not str"),
        ("account.seats == 'five'", "int == str"),
        ("account.seats < account.class", "int < str"),
        ("account.class + 1 == 'VIP1'", "str + int"),
        ("5 in account.tags", "int in list"),
        ("account.seats && true", "not int"),
        ("!account.seats", "not int"),
        ("account.seats ? true : false", "not int"),
        ("account.tags.exists(t, t)", "not str"),
        ("[1, 'x'] == [2]", "int and str"),
        ("account == account", "record"),
        ("bill.total > 12.50", "minor units"),
        ("bill.total > 1u", "1u"),
        ("bill.total > 9223372036854775808", "64 bits"),
        ("account.created_at > timestamp('yesterday')", "timestamp('yesterday')"),
        ("duration('1 day') < duration('2h')", "duration('1 day')"),
        ("account.class.matches('(')", "matches('(')"),
        ("account.class.matches(account.class)", "in quotes"),
        ("", "character 1"),
        ("account.vip and true", "'and'"),
        ("account.vip = true", "'='"),
        ("'''x''' == 'x'", "character 3"),
        ("{'a': 1}.a == 1", "'{'"),
        ("(" * 30 + "true" + ")" * 30, "24 deep"),
        ("!" * 40 + "true", "24 deep"),
        ("true ? true : " * 30 + "true", "24 deep"),
        ("1" + "+1" * 500 + " > 0", "300 words"),
        ("account" + ".tags" * 180 + " == 1", "300 words"),
        ("true" + " " * 1021, "1025"),
        (
            "account.tags.all(a, account.tags.all(b, a == b) || account.tags.all(c, a == c))",
            "one macro",
        ),
        (
            "account.tags.all(a, account.tags.all(b, account.tags.all(c, a == c)))",
            "one macro",
        ),
    ],
)
def test_a_faulty_condition_is_refused_by_name(source, named):
    """The message says what was not understood; the path leads to the condition."""
    with pytest.raises(ConditionRefused) as refusal:
        Condition.compile(source, schema=SCHEMA, path=("applyWhen",))
    assert named in refusal.value.message
    assert refusal.value.path == ("applyWhen",)


def test_a_condition_of_just_one_kilobyte_is_taken():
    """1024 bytes pass, and a letter of two bytes counts as two."""
    assert compiled("true" + " " * 1020).evaluate({}) is True
    with pytest.raises(ConditionRefused, match="1025"):
        compiled("'é' == 'e'" + " " * 1014)


@pytest.mark.parametrize(
    ("source", "account", "reason"),
    [
        ("account.vip", {}, "'vip'"),
        ("account.attributes.size == 1", {"attributes": {}}, "'size'"),
        ("account.attributes.size", {"attributes": {"size": 3}}, "not true or false"),
        ("account.attributes.size > 3", {"attributes": {"size": "L"}}, "overload"),
        ("account.seats / (account.seats - 5) > 0", {"seats": 5}, "zero"),
        ("account.seats * 2 > 0", {"seats": 2**62}, "overflow"),
        ("account.seats > 0", {"seats": 2**63}, "64 bits"),
        ("account.seats > 0", {"seats": None}, "overload"),
        ("account.seats > 0", {"seats": Decimal("1.5")}, "Decimal"),
        ("account.tags[2] == 'x'", {"tags": ["x"]}, "bounds"),
        ("has(account.created_at)", {"created_at": datetime(2026, 1, 1)}, "not in UTC"),  # noqa: DTZ001
        (
            "has(account.created_at)",
            {"created_at": datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))},
            "not in UTC",
        ),
    ],
)
def test_a_condition_that_cannot_be_decided_fails(source, account, reason):
    """It is neither true nor false, and what depends on it waits."""
    with pytest.raises(ConditionFailed, match=reason):
        compiled(source).evaluate({"account": account})


def test_a_missing_variable_fails():
    """A condition on the bill cannot be asked where there is none."""
    with pytest.raises(ConditionFailed, match="'bill'"):
        compiled("bill.total > 1").evaluate({"account": {}})


def test_only_what_is_read_is_handed_over():
    """A value that CEL would distort does no harm where nobody reads it."""
    condition = compiled("account.vip && bill.total > 0")
    assert condition.reads == (("account", ("vip",)), ("bill", ("total",)))
    account = {"vip": True, "balance": Decimal("0.1")}
    assert (
        condition.evaluate({"account": account, "bill": {"total": 1}, "job": object()}) is True
    )


def test_a_condition_travels_as_its_source():
    """Pickled, sent to a fresh process, compiled and decided there."""
    sent = pickle.dumps(compiled("account.seats == 5"))
    script = (
        "import pickle, sys; condition = pickle.loads(sys.stdin.buffer.read()); "
        "print(condition.evaluate({'account': {'seats': 5}}))"
    )
    child = subprocess.run(
        [sys.executable, "-c", script], input=sent, capture_output=True, check=True
    )
    assert child.stdout.strip() == b"True"
    assert pickle.loads(sent) == compiled("account.seats == 5")


def test_the_documented_context_knows_a_tenants_own_attributes():
    """Typed as the tenant declared them, for this tenant only."""
    schema = documented_schema(account_attributes={"region": str})
    source = "account.attributes.region == 'North' && job.completed_or_now > job.expected_at"
    late = {"completed_or_now": datetime(2026, 2, 2, tzinfo=UTC),
            "expected_at": datetime(2026, 2, 1, tzinfo=UTC)}  # fmt: skip
    context = {"account": {"attributes": {"region": "North"}}, "job": late}
    assert Condition.compile(source, schema=schema).evaluate(context) is True
    with pytest.raises(ConditionRefused, match="'county'"):
        Condition.compile("account.attributes.county == 'X'", schema=schema)


def test_attributes_that_nobody_typed_may_be_anything():
    """The condition then fails, and is not guessed, where one is of another type."""
    condition = Condition.compile(
        "account.attributes.seats > 3", schema=documented_schema(variables=["account"])
    )
    assert condition.evaluate({"account": {"attributes": {"seats": 4}}}) is True
    with pytest.raises(ConditionFailed):
        condition.evaluate({"account": {"attributes": {"seats": "many"}}})


def test_a_place_offers_only_the_variables_that_it_can_fill():
    """A plan is chosen before there is a bill, so that its condition may not ask for one."""
    with pytest.raises(ConditionRefused, match="bill"):
        Condition.compile(
            "bill.days > 3", schema=documented_schema(variables=["account", "subscription"])
        )


def test_a_segment_does_not_ask_for_segments():
    """A job's may read the job and its account, and nothing else."""
    schema = segment_schema("job")
    assert Condition.compile("job.completed_or_now > job.expected_at", schema=schema)
    for source in ("size(job.segments) > 0", "'x' in account.segments", "subscription.bound"):
        with pytest.raises(ConditionRefused):
            Condition.compile(source, schema=schema)


def test_a_schema_of_an_unknown_type_rises():
    """A Decimal would arrive as a float."""
    with pytest.raises(TypeError, match="Decimal"):
        ConditionSchema({"bill": {"total": Decimal}})
