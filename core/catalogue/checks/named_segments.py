"""Which segments a condition names, so that a name that stands for none is told at once.

A condition that asks for a segment that does not exist is sound CEL and never holds: a typing
error would take a discount or a plan away in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Final

from core.catalogue.checks.known import Known
from core.catalogue.errors import BAD_VALUE
from core.catalogue.schema import SegmentDefinition
from core.kernel.condition_syntax import MACROS, ConditionRefused, parse_condition
from core.kernel.condition_tree import (
    Binary,
    Call,
    Constant,
    Elements,
    Expression,
    Index,
    Name,
    Select,
)
from core.kernel.errors import Problem

SEGMENTS: Final = "segments"
_NOTHING_BOUND: Mapping[str, str] = {}


def check_segments_named(source: str, known: Known, path: tuple[str, ...]) -> Iterator[Problem]:
    """Check that the segments that a condition asks for exist, and are of what it asks.

    A condition that cannot be read is another check's to tell.
    """
    try:
        tree = parse_condition(source) if SEGMENTS in source else None
    except ConditionRefused:
        return
    if tree is None:
        return
    for subject, code in dict.fromkeys(_named(tree, _NOTHING_BOUND)):
        yield from known.unknown(SEGMENTS, code, path)
        segment = known.all(SEGMENTS).get(code)
        if isinstance(segment, SegmentDefinition) and segment.of != subject:
            told = f"segment {code!r} is of {segment.of}, so no {subject} is ever in it; "
            told += f"ask {segment.of}.segments, or name a segment of {subject}"
            yield Problem(BAD_VALUE, told, path)


def _named(tree: Expression, bound: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Return every (subject, code) that is compared with the segments of a subject.

    `bound` are the names that macros give to a segment of a subject.
    """
    if isinstance(tree, Call) and tree.function in MACROS and tree.target is not None:
        variable, subject = tree.arguments[0], _subject(tree.target)
        if isinstance(variable, Name) and subject:
            bound = {**bound, variable.name: subject}
    if isinstance(tree, Binary):
        yield from _compared(tree, bound)
    for part in _parts(tree):
        yield from _named(part, bound)


def _compared(tree: Binary, bound: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Return what `'vip' in account.segments`, `one == 'vip'` and `one in ['vip']` name."""
    if tree.operator == "in":
        pairs = [(tree.left, _subject(tree.right)), (tree.right, _one_of(tree.left, bound))]
    elif tree.operator in {"==", "!="}:
        pairs = [
            (tree.left, _one_of(tree.right, bound)),
            (tree.right, _one_of(tree.left, bound)),
        ]
    else:
        return
    for texts, subject in pairs:
        if subject:
            yield from ((subject, code) for code in _texts(texts))


def _subject(tree: Expression) -> str:
    """Return whose segments an expression is: `account` of `account.segments`."""
    if isinstance(tree, Select) and isinstance(tree.operand, Name):
        return tree.operand.name if tree.field == SEGMENTS else ""
    if isinstance(tree, Index) and isinstance(tree.operand, Name):
        return tree.operand.name if SEGMENTS in _texts(tree.index) else ""
    return ""


def _one_of(tree: Expression, bound: Mapping[str, str]) -> str:
    """Return whose segment an expression is: a bound name, or `account.segments[0]`."""
    if isinstance(tree, Name):
        return bound.get(tree.name, "")
    return _subject(tree.operand) if isinstance(tree, Index) else ""


def _texts(tree: Expression) -> list[str]:
    """Return the texts that are written out; one with a backslash is left alone."""
    items = tree.items if isinstance(tree, Elements) else (tree,)
    texts = [one.text for one in items if isinstance(one, Constant) and one.kind == "str"]
    return [text[1:-1] for text in texts if "\\" not in text]


def _parts(tree: Expression) -> Iterator[Expression]:
    for field in fields(tree):
        value = getattr(tree, field.name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Expression):
                yield part
