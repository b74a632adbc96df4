"""Run the checks of a plugin in a child process, so that nothing it does ends the command.

The child answers check by check. One that hangs in C code or ends its process fails the check
that it was at, and the next child goes on behind it.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, Literal

from core.plugin_host import PluginHost, PluginSource
from core.plugin_host.refusals import PluginsRefused, described_exception, readable
from core.plugin_kit.conformance import CHECKS, Nonconformity, NotApplicable, Subject

CHECK_SECONDS: Final = 60
"""As long as one check of a channel may take, before its process is ended."""
MAX_MESSAGE: Final = 2_000
MEMORY_BYTES: Final = 2 * 1024**3
"""As much memory as the processes have that measure."""

Outcome = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check said: `channel` is empty for the plugin as a whole."""

    channel: str
    check: str
    title: str
    outcome: Outcome
    message: str = ""


def check_plugin(source: PluginSource, *, folders: tuple[Path, ...] = ()) -> Iterator[Checked]:
    """Check that the host takes a plugin, then each of its channels, as answers come.

    `folders` are put in front of where modules are looked for: a package that is not
    installed.
    """
    begin = 0
    while True:
        answers, ended = _from_child(source, folders, begin=begin)
        for number, answer in answers:
            yield answer
            begin = number + 1
        if ended is None:
            return
        channel, check = ended
        title = next((one.title for one in CHECKS if one.name == check), "the host takes it")
        yield Checked(
            channel,
            check,
            title,
            "failed",
            f"the process ended or gave no answer within {CHECK_SECONDS} s; a plugin neither "
            "exits nor waits",
        )
        begin += 1


def _from_child(
    source: PluginSource, folders: tuple[Path, ...], *, begin: int
) -> tuple[list[tuple[int, Checked]], tuple[str, str] | None]:
    """Return what a child answered, and at which check it was when it ended too early."""
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe(duplex=False)
    child = spawning.Process(
        target=_run, args=(theirs, source, tuple(map(str, folders)), begin), daemon=True
    )
    child.start()
    theirs.close()
    answers: list[tuple[int, Checked]] = []
    at: tuple[str, str] | None = ("", "the_host_takes_it")
    try:
        while ours.poll(CHECK_SECONDS):
            match ours.recv():
                case ("at", channel, check):
                    at = (channel, check)
                case ("answer", int(number), Checked() as answer):
                    answers.append((number, answer))
                case _:
                    at = None
                    break
    except EOFError:
        pass
    finally:
        child.kill()
        child.join()
        ours.close()
    return answers, at


def _run(
    answers: Connection, source: PluginSource, folders: tuple[str, ...], begin: int
) -> None:
    """Do the checks from a number on; runs in a child."""
    sys.path[:0] = folders
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    number = 0
    answers.send(("at", "", "the_host_takes_it"))
    try:
        host = PluginHost([source])
    except PluginsRefused as refused:
        told = "; ".join(problem.message for problem in refused.problems)
        answers.send(("answer", 0, _answer("", "the_host_takes_it", "failed", told)))
        answers.send(("end",))
        return
    if begin == 0:
        answers.send(("answer", 0, _answer("", "the_host_takes_it", "passed", "")))
    for name, hosted in host.channels.items():
        subject = Subject(hosted.channel)
        for check in CHECKS:
            number += 1
            if number < begin:
                continue
            answers.send(("at", name, check.name))
            outcome: Outcome = "passed"
            message = ""
            try:
                check.run(subject)
            except NotApplicable as reason:
                outcome, message = "skipped", str(reason)
            except Nonconformity as failure:
                outcome, message = "failed", str(failure)
            except Exception as error:  # noqa: BLE001 - whatever a plugin raises
                outcome, message = "failed", described_exception(error)
            answers.send(("answer", number, _answer(name, check.name, outcome, message)))
    answers.send(("end",))


def _answer(channel: str, check: str, outcome: Outcome, message: str) -> Checked:
    title = next((one.title for one in CHECKS if one.name == check), check)
    if not channel:
        title = "the host takes the plugin"
    return Checked(channel, check, title, outcome, readable(message, limit=MAX_MESSAGE))
