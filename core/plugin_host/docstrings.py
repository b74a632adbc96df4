"""What a plugin's own docstrings say; they become descriptions in the schema."""

from __future__ import annotations

from enum import Enum


def described(of_class: type) -> str:
    """Return a class's own docstring; one that @dataclass or Enum makes up does not count."""
    text = (of_class.__dict__.get("__doc__") or "").strip()
    is_made_up = (
        text.startswith(f"{of_class.__name__}(") or text == (Enum.__doc__ or "").strip()
    )
    return "" if is_made_up else text


def described_attributes(of_class: type) -> dict[str, str]:
    """Read the section "Attributes:" of a class's docstring, in Google's style.

    A text may go on in deeper lines; an attribute without one has an empty text.
    """
    found: dict[str, str] = {}
    lines = iter((of_class.__dict__.get("__doc__") or "").splitlines())
    for line in lines:
        if line.strip() == "Attributes:":
            break
    indent: int | None = None
    name = ""
    for line in lines:
        if not line.strip():
            continue
        depth = len(line) - len(line.lstrip())
        indent = depth if indent is None else indent
        if depth < indent:
            break
        if depth == indent:
            name, _, text = line.strip().partition(":")
            name = name.partition("(")[0].strip()
            found[name] = text.strip()
        else:
            found[name] = f"{found[name]} {line.strip()}".strip()
    return found
