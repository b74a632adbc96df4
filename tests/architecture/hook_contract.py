"""The contract of each hook as its section of the page shows it, read from the code.

`python -m tests.architecture.hook_contract` writes it into docs/reference/hooks.md.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, get_args

from core import plugin_api
from core.plugin_api import hookspecs
from core.plugin_api.markers import PROJECT

PAGE: Final = Path(__file__).parents[2] / "docs/reference/hooks.md"
FENCE: Final = "```python contract\n"
_WORD: Final = re.compile(r"[A-Za-z_]\w*")
_SECTION: Final = re.compile(
    r"^## (register_\w+)\n(.*?)(?=^## register_|\Z)", re.MULTILINE | re.DOTALL
)
_EXAMPLE: Final = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_CONTRACT: Final = re.compile(r"^```python contract\n(.*?)^```", re.MULTILINE | re.DOTALL)


def hooks() -> dict[str, Callable[..., Any]]:
    """Return the hook specifications by name, in the order of their file."""
    found = {
        name: function
        for name, function in vars(hookspecs).items()
        if inspect.isfunction(function) and hasattr(function, f"{PROJECT}_spec")
    }
    return dict(sorted(found.items(), key=lambda one: one[1].__code__.co_firstlineno))


def sections(text: str | None = None) -> dict[str, str]:
    """Return the sections of the page, by hook."""
    return dict(_SECTION.findall(PAGE.read_text("utf-8") if text is None else text))


def examples(section: str) -> list[str]:
    """Return the complete plugins of a section."""
    return _EXAMPLE.findall(section)


def shown_contract(section: str) -> str | None:
    """Return what a section says the contract is, or None where it has no such block."""
    found = _CONTRACT.search(section)
    return None if found is None else found[1]


def contracts() -> dict[str, str]:
    """Return each hook's signature, protocols and values; a type stands where it is first."""
    told: set[str] = set()
    found: dict[str, str] = {}
    for name, hook in hooks().items():
        signature = inspect.signature(hook)
        blocks = [f"def {name}{signature_text(signature)}: ...\n"]
        for named in _reachable(str(signature.return_annotation)):
            if named not in told:
                told.add(named)
                blocks.append(_shown(named, getattr(plugin_api, named)))
        found[name] = "\n".join(blocks)
    return found


def signature_text(signature: inspect.Signature) -> str:
    """Write a signature as the code has it: annotations are kept as texts."""
    return str(signature).replace("'", "")


def _reachable(annotation: str) -> list[str]:
    """Return the contract's types that an annotation leads to, the nearest first."""
    waiting, found = _named(annotation), []
    while waiting:
        name = waiting.pop(0)
        if name in found:
            continue
        found.append(name)
        waiting += [one for text in _annotations(name) for one in _named(text)]
    return found


def _named(annotation: str) -> list[str]:
    return [word for word in _WORD.findall(annotation) if word in plugin_api.__all__]


def _annotations(name: str) -> Iterator[str]:
    """Return the annotations of a type's members, and the names of protocols below it."""
    kind = getattr(plugin_api, name)
    if not inspect.isclass(kind):
        return
    for other in plugin_api.__all__:
        below = getattr(plugin_api, other)
        if inspect.isclass(below) and kind in below.__mro__[1:] and _is_protocol(kind):
            yield other
    for _member, text in _members(kind):
        yield text


def _is_protocol(kind: type) -> bool:
    return bool(getattr(kind, "_is_protocol", False))


def _members(kind: type) -> Iterator[tuple[str, str]]:
    """Return a class's own members, each as a line of code."""
    if _is_protocol(kind):
        for name, member in vars(kind).items():
            if name.startswith("_"):
                continue
            if isinstance(member, property):
                assert member.fget is not None
                returned = inspect.signature(member.fget).return_annotation
                yield name, f"{name}: {returned}"
            elif inspect.isfunction(member):
                word = "async def" if inspect.iscoroutinefunction(member) else "def"
                yield name, f"{word} {name}{signature_text(inspect.signature(member))}: ..."
        return
    if dataclasses.is_dataclass(kind):
        for field in dataclasses.fields(kind):
            made = field.default_factory is not dataclasses.MISSING
            has = made or field.default is not dataclasses.MISSING
            yield field.name, f"{field.name}: {field.type}{' = ...' if has else ''}"
    elif hasattr(kind, "_fields"):
        for name in kind._fields:
            text = kind.__annotations__[name]
            text = getattr(text, "__forward_arg__", text)
            yield name, f"{name}: {text}{' = ...' if name in kind._field_defaults else ''}"


def _shown(name: str, kind: Any) -> str:
    if not inspect.isclass(kind):
        return f"{name} = Literal[{', '.join(repr(each) for each in get_args(kind))}]\n"
    bases = [base.__name__ for base in kind.__bases__ if base.__name__ in plugin_api.__all__]
    if _is_protocol(kind):
        bases = bases or ["Protocol"]
    lines = _comment(kind)
    lines.append(f"class {name}({', '.join(bases)}):" if bases else f"class {name}:")
    for member, line in _members(kind):
        lines += _comment(vars(kind)[member], "    ") if _is_protocol(kind) else []
        lines.append(f"    {line}")
    return "\n".join([*lines, ""])


def _comment(documented: Any, margin: str = "") -> list[str]:
    """Return the first paragraph of what something says of itself."""
    text = inspect.getdoc(documented) or ""
    first = " ".join(text.split("\n\n")[0].split()).replace("``", "`")
    mark = f"{margin}# "
    return textwrap.wrap(first, width=92, initial_indent=mark, subsequent_indent=mark)


def written(text: str) -> str:
    """Return the page with every contract block as the code has it."""
    for name, contract in contracts().items():
        before = sections(text)[name]
        after = _CONTRACT.sub(lambda _found: f"{FENCE}{contract}```", before)  # noqa: B023
        text = text.replace(before, after)
    return text


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
