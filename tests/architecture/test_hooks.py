"""Every hook is documented with its present signature, and with an example that is tested.

A hook that lacks one of these keeps this file from passing; so does a page that the code has
moved away from.
"""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from core import plugin_api
from core.plugin_api import API_VERSION
from core.plugin_host.contract import CHECKS
from tests.architecture.hook_contract import (
    PAGE,
    contracts,
    examples,
    hooks,
    sections,
    shown_contract,
)

ACTING = Path(__file__).parents[1] / "workers/test_documented_hooks.py"
HOOKS = tuple(hooks())


def lacking(hook: str, *, page: str, contract: str, tests: str) -> list[str]:
    """Return what a hook lacks: a section, its signature, an example, a test that runs it."""
    section = sections(page).get(hook)
    if section is None:
        return ["a section"]
    found = []
    if shown_contract(section) != contract:
        found.append("its present signature")
    if len(examples(section)) != 1:
        found.append("one complete example")
    if hook not in examples_tested_by(tests):
        found.append("a test of its example")
    return found


def examples_tested_by(tests: str) -> set[str]:
    """Return the hooks whose example a test function loads by `documented("…", …)`."""
    return {
        call.args[0].value
        for function in ast.parse(tests).body
        if isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef)
        and function.name.startswith("test_")
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "documented"
        and isinstance(call.args[0], ast.Constant)
    }


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_its_section_signature_example_and_test(hook):
    """Write what is missing; `python -m tests.architecture.hook_contract` writes signatures."""
    page, tests = PAGE.read_text("utf-8"), ACTING.read_text("utf-8")
    assert lacking(hook, page=page, contract=contracts()[hook], tests=tests) == []


@pytest.mark.parametrize(
    ("broken", "missing"),
    [
        (lambda page, tests: (page.replace("## register_obs", "## about obs"), tests),
         ["a section"]),
        (lambda page, tests: (page.replace("kinds: frozenset[str]", "kinds: set"), tests),
         ["its present signature"]),
        (lambda page, tests: (page.replace("```python\nfrom core.plugin_api import hookimpl\n",
                                           "```text\n"), tests),
         ["one complete example"]),
        (lambda page, tests: (page, tests.replace('documented("register_observers"', "f(1")),
         ["a test of its example"]),
    ],
    ids=["section", "signature", "example", "test"],
)  # fmt: skip
def test_each_of_these_is_missed(broken, missing):
    """This file fails when one is taken away, and names it."""
    page, tests = broken(PAGE.read_text("utf-8"), ACTING.read_text("utf-8"))
    hook = "register_observers"
    assert lacking(hook, page=page, contract=contracts()[hook], tests=tests) == missing


def test_there_is_one_hook_per_kind_of_contribution():
    """The specifications, the host's checks and the sections of the page name the same ones."""
    assert set(HOOKS) == set(CHECKS) == set(sections())


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_states_its_parameters_and_result(hook):
    """In its docstring, by name; and it has a return type."""
    function = hooks()[hook]
    text = inspect.getdoc(function) or ""
    assert ":returns:" in text
    signature = inspect.signature(function)
    assert signature.return_annotation is not inspect.Signature.empty
    for parameter in signature.parameters:
        assert f":param {parameter}:" in text


def test_the_page_has_every_type_that_a_plugin_may_import():
    """What the signatures do not lead to is functions, constants and errors."""
    shown = "".join(contracts().values())
    missing = {
        name
        for name in plugin_api.__all__
        if f"class {name}" not in shown and f"{name} = " not in shown
    }
    assert missing == {
        "API_VERSION", "CLOSED_WINDOW", "DecimalRefused", "ENTRY_POINT_GROUP", "EventRejected",
        "NO_REACH", "Refusal", "ZERO", "exact", "hookimpl", "parse_decimal", "round_to",
    }  # fmt: skip


def test_the_page_names_the_present_version_of_the_contract():
    """In the words of its policy, and as the last row of what each version added."""
    text = PAGE.read_text("utf-8")
    assert f"now `{API_VERSION!r}`" in text
    rows = [line for line in text.splitlines() if line.startswith("| 1.")]
    assert rows[-1].startswith(f"| {API_VERSION[0]}.{API_VERSION[1]} |")
