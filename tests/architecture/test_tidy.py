"""Rules about the shape of the code itself."""

from __future__ import annotations

import ast
import re

from tests.architecture.source_files import (
    PACKAGES,
    PURE,
    ROOT,
    nodes,
    python_files,
    relative,
    tree,
)

LONGEST_FUNCTION = 50
LONGEST_FILE = 400
CLOCK = "core/kernel/clock.py"
BOUNDARY = "core/db.py"
READS_THE_TIME = {
    "now": {"datetime", "Instant", "ZonedDateTime", "OffsetDateTime", "PlainDateTime"},
    "utcnow": {"datetime"},
    "today": {"date", "datetime", "Date"},
    "today_in_system_tz": {"Date"},
    "now_in_system_tz": {"ZonedDateTime"},
    "time": {"time"},
    "time_ns": {"time"},
}
EMPTY_NAMES = re.compile(r"(^|_)(utils?|helpers?|managers?|data|infos?|misc|common)$")
NAMES_OF_OTHERS = {"PageInfo"}  # the cursor connections specification of GraphQL
EMPTY_CLASS_NAMES = re.compile(r"(Utils?|Helpers?|Managers?|Data|Info)$")


def test_functions_fit_on_a_screen() -> None:
    """At most 50 lines; the docstring does not count."""
    too_long = [
        f"{place} {node.name}: {length}"
        for place, node in nodes(python_files(*PACKAGES, "alembic", "bench", "examples"))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := _length(node)) > LONGEST_FUNCTION
        and not place.startswith("alembic/versions/")  # one list of statements each
    ]
    assert too_long == []


def test_files_stay_readable() -> None:
    """At most 400 lines, in tests too; a longer one is split by verb."""
    too_long = [
        f"{relative(path)}: {lines}"
        for path in python_files(*PACKAGES, "bench", "examples", "tests")
        if (lines := len(path.read_text().splitlines())) > LONGEST_FILE
    ]
    assert too_long == []


def test_no_float_where_money_is_computed() -> None:
    """No literal, no `float`; and `round()` rounds half to even, so it is banned beside it."""
    found = [
        place
        for place, node in nodes(python_files(*PURE))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id in {"float", "round"})
    ]
    assert found == []


def test_only_the_clock_reads_the_time() -> None:
    """Everything else is given the moment; durations may be measured with time.monotonic."""
    found = [
        f"{place} {node.func.value.id}.{node.func.attr}()"
        for place, node in nodes(python_files(*PACKAGES))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in READS_THE_TIME.get(node.func.attr, set())
        and not place.startswith(CLOCK)
    ]
    assert found == []


def test_commit_is_called_only_at_the_boundary() -> None:
    """One request or job is one transaction, committed at its edge."""
    found = [
        place
        for place, node in nodes(python_files(*PACKAGES))
        if isinstance(node, ast.Attribute)
        and node.attr == "commit"
        and not place.startswith(f"{BOUNDARY}:")
    ]
    assert found == []


def test_names_say_what_is_inside() -> None:
    """No module, folder or class is a drawer for the rest."""
    paths = python_files(*PACKAGES, "bench", "examples", "tests")
    modules = [
        relative(path)
        for path in paths
        if any(
            EMPTY_NAMES.search(part) for part in path.relative_to(ROOT).with_suffix("").parts
        )
    ]
    classes = [
        f"{place} {node.name}"
        for place, node in nodes(paths)
        if isinstance(node, ast.ClassDef)
        and EMPTY_CLASS_NAMES.search(node.name)
        and node.name not in NAMES_OF_OTHERS
    ]
    assert modules + classes == []


def test_every_module_says_what_it_is() -> None:
    """A reader of the first lines knows whether this is the right place."""
    silent = [
        relative(path)
        for path in python_files(*PACKAGES, "alembic", "bench", "examples", "tests")
        if not ast.get_docstring(tree(path))
    ]
    assert silent == []


def test_every_test_says_what_it_shows() -> None:
    """The tests are the manual."""
    silent = [
        f"{place} {node.name}"
        for place, node in nodes(python_files("tests"))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert function.end_lineno is not None
    length = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is not None:
        first = function.body[0]
        assert first.end_lineno is not None
        length -= first.end_lineno - first.lineno + 1
    return length
