"""Runs a page as its reader would: what it says is typed, what it shows is compared.

- `sh` runs in the first terminal, where folder and variables stay; `title="exit code 1"` says
  that it fails so, `title="second terminal"` that it runs beside, until the page begins another
  block there or ends.
- A block whose title is the name of a file is written to it.
- `graphql` is sent to the server with `$FORFAIT_KEY`; `json` with `title="variables"` behind it
  goes along.
- `text` and `json` without such a title show what the block before printed or was answered;
  with the title of a terminal, what is printed there by then. A query is asked again for a
  while, since workers take their time.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from tests.docs.expected import differences, is_as_shown, unexpected
from tests.docs.fences import EXIT_CODE, Block, blocks_of
from tests.docs.stage import Stage
from tests.docs.terminal import Beside, Shell, TooSlow, wait_for

READY: Final = "Forfait serves"
READY_SECONDS: Final = 120
PRINTED_SECONDS: Final = 45
WRITTEN_PORT: Final = "127.0.0.1:8000"
QUERIES: Final = ("{", "query")
_LONGEST: Final = 6_000


class ExampleFailed(AssertionError):
    """An example does not do what its page says; the message begins with page and line."""

    def __init__(self, block: Block, told: str) -> None:
        super().__init__(f"{block.place}: {told[-_LONGEST:]}")


@dataclass
class Reader:
    """Somebody who follows a page from an empty folder."""

    stage: Stage
    scratch: Path
    shell: Shell = field(init=False)
    beside: dict[str, Beside] = field(default_factory=dict)
    printed: str = ""
    asked: dict[str, Any] | None = None
    answered: Any = None

    def __post_init__(self) -> None:
        self.shell = Shell(self.stage.folder, self.scratch, self.stage.variables)

    def follow(self, blocks: list[Block]) -> None:
        """Do everything that a page says, in order."""
        for number, block in enumerate(blocks):
            try:
                self._do(block, blocks[number + 1 :])
            except TooSlow as slow:
                raise ExampleFailed(block, f"this did not end:\n{slow}") from None

    def leave(self) -> None:
        """Stop everything that the page started."""
        for terminal in self.beside.values():
            terminal.stop()
        self.shell.close()

    def _do(self, block: Block, after: list[Block]) -> None:
        if block.is_answer:
            self._compare(block)
        elif block.title == "variables":
            return  # sent with the operation before it
        elif block.is_file:
            self._write(block)
        elif block.language == "sh" and block.is_in_another_terminal:
            self._run_beside(block)
        elif block.language == "sh":
            self._run(block)
        elif block.language == "graphql":
            self._ask(block, after)
        else:
            raise ExampleFailed(block, f"nothing says how to run {block.language or 'this'}")

    def _run(self, block: Block) -> None:
        expected = EXIT_CODE.match(block.title)
        code, self.printed = self.shell.run(self._here(block.text))
        self.asked = None
        if code != int(expected[1] if expected else 0):
            raise ExampleFailed(block, f"exit code {code}, after printing\n{self.printed}")

    def _run_beside(self, block: Block) -> None:
        if block.title in self.beside:
            self.beside[block.title].stop()
        name = f"{block.title.split()[0]}-{block.line}"
        terminal = Beside(self.scratch / f"{name}.sh", self.scratch / f"{name}.out")
        self.beside[block.title] = terminal
        terminal.start(
            self._here(block.text), folder=self.stage.folder, variables=self.stage.variables
        )
        if "forfait serve" in block.text:
            wait_for(
                lambda: READY in terminal.printed or terminal.has_ended, seconds=READY_SECONDS
            )
            if READY not in terminal.printed:
                raise ExampleFailed(block, f"it does not serve:\n{terminal.printed}")

    def _write(self, block: Block) -> None:
        path = Path(self.shell.value("$PWD")) / block.title
        if not path.parent.is_dir():
            raise ExampleFailed(block, f"{path.parent} is no folder that the page has made")
        path.write_text(self._here(block.text), encoding="utf-8")

    def _ask(self, block: Block, after: list[Block]) -> None:
        self.asked = {"query": block.text}
        if after and after[0].title == "variables":
            self.asked["variables"] = json.loads(after.pop(0).text)
        self.answered = self._post()
        is_shown = bool(after) and after[0].is_answer
        if not is_shown and (told := unexpected(self.answered)):
            raise ExampleFailed(block, "\n".join(told))

    def _post(self) -> Any:
        response = httpx.post(
            f"{self.stage.variables['FORFAIT_URL']}/graphql",
            json=self.asked,
            headers={"authorization": f"Bearer {self.shell.value('$FORFAIT_KEY')}"},
            timeout=60,
        )
        self.printed = response.text
        return response.json()

    def _compare(self, block: Block) -> None:
        if block.language == "json":
            self._compare_json(block)
            return
        terminal = self.beside.get(block.title) if block.title else None
        shown = self._here(block.text)
        if terminal is not None:
            wait_for(lambda: is_as_shown(terminal.printed, shown), seconds=PRINTED_SECONDS)
            self.printed = terminal.printed
        if not is_as_shown(self.printed, shown):
            raise ExampleFailed(block, f"this is not what was printed:\n{self.printed}")

    def _compare_json(self, block: Block) -> None:
        shown = json.loads(self._here(block.text))
        if self.asked is None:
            self.answered = json.loads(self.printed)
        elif self.asked["query"].lstrip().startswith(QUERIES):
            wait_for(lambda: self._is_answered(shown), seconds=PRINTED_SECONDS)
        if told := _told(self.answered, shown):
            raise ExampleFailed(block, "\n".join([*told, self.printed]))

    def _is_answered(self, shown: Any) -> bool:
        """Tell whether a query is answered as shown; what workers do takes a moment."""
        if not _told(self.answered, shown):
            return True
        time.sleep(0.5)
        self.answered = self._post()
        return False

    def _here(self, text: str) -> str:
        """Put the port that is free here in place of the one that pages write."""
        return text.replace(WRITTEN_PORT, f"127.0.0.1:{self.stage.port}")


def _told(answered: Any, shown: Any) -> list[str]:
    return differences(answered, shown) + unexpected(answered, shown)


def follow(page: Path, *, named: str, below: Path) -> None:
    """Run all examples of a page in an empty folder below one for it.

    Raises:
        ExampleFailed: one of them does not do what the page says.
    """
    reader = Reader(Stage.made(below), below / "scratch")
    try:
        reader.follow(blocks_of(page, named=named))
    finally:
        reader.leave()
