"""The fenced blocks of a page, in order, with what each is for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_OPENING: Final = re.compile(r"^(?P<indent> *)(?P<fence>`{3,})(?P<said>[^`]*)$")
_TITLE: Final = re.compile(r'title="([^"]*)"')
TERMINAL: Final = re.compile(r"^(second|third) terminal$")
EXIT_CODE: Final = re.compile(r"^exit code ([0-9]+)$")
ANSWERS: Final = ("text", "json")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: `line` is the one with its opening fence."""

    page: str
    line: int
    language: str
    title: str
    text: str

    @property
    def place(self) -> str:
        """Say where it is."""
        return f"{self.page}:{self.line}"

    @property
    def is_in_another_terminal(self) -> bool:
        """Tell whether it runs, or was printed, beside the first terminal."""
        return bool(TERMINAL.match(self.title))

    @property
    def is_answer(self) -> bool:
        """Tell whether it shows what the block before it prints or is answered."""
        return self.language in ANSWERS and (not self.title or self.is_in_another_terminal)

    @property
    def is_file(self) -> bool:
        """Tell whether its title is the name of a file that holds it."""
        return bool(self.title) and not (
            self.is_in_another_terminal
            or self.title == "variables"
            or EXIT_CODE.match(self.title)
        )


def blocks_of(page: Path, *, named: str) -> list[Block]:
    """Return the blocks of a page; a fence that is never closed is told.

    Raises:
        ValueError: a fence is not closed.
    """
    found: list[Block] = []
    lines = page.read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        opening = _OPENING.match(lines[number])
        number += 1
        if not opening:
            continue
        begun, body = number, []
        while number < len(lines) and lines[number].strip() != opening["fence"]:
            body.append(lines[number].removeprefix(opening["indent"]))
            number += 1
        if number == len(lines):
            raise ValueError(f"{named}:{begun}: this block is never closed")
        number += 1
        said = opening["said"].strip()
        title = _TITLE.search(said)
        language = _TITLE.sub("", said).strip()
        text = "".join(f"{line}\n" for line in body)
        found.append(Block(named, begun, language, title[1] if title else "", text))
    return found
