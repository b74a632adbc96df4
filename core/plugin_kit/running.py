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
from core.plugin_kit.conformance import CHECKS, Check, Nonconformity, NotApplicable, Subject

CHECK_SECONDS: Final = 60
"""As long as one check of a channel may take, before its process is ended."""
MAX_MESSAGE: Final = 2_000
MEMORY_BYTES: Final = 2 * 1024**3
"""As much memory as the processes have that measure."""

HOST: Final = "the_host_takes_it"
"""The check of the plugin as a whole, before its channels are looked at."""
_TITLES: Final = {check.name: check.title for check in CHECKS}

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
        told = (
            f"the process ended or gave no answer within {CHECK_SECONDS} s; a plugin neither "
            "exits nor waits"
        )
        yield _answer(channel, check, "failed", told)
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
    at: tuple[str, str] | None = ("", HOST)
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
    answers.send(("at", "", HOST))
    try:
        host = PluginHost([source])
    except PluginsRefused as refused:
        told = "; ".join(problem.message for problem in refused.problems)
        answers.send(("answer", 0, _answer("", HOST, "failed", told)))
        answers.send(("end",))
        return
    if begin == 0:
        answers.send(("answer", 0, _answer("", HOST, "passed", "")))
    for name, hosted in host.channels.items():
        subject = Subject(hosted.channel)
        for check in CHECKS:
            number += 1
            if number < begin:
                continue
            answers.send(("at", name, check.name))
            outcome, message = _outcome(check, subject, source=source)
            answers.send(("answer", number, _answer(name, check.name, outcome, message)))
    answers.send(("end",))


def _outcome(check: Check, subject: Subject, *, source: PluginSource) -> tuple[Outcome, str]:
    """Do one check of a channel, and say how it went and why."""
    try:
        check.run(subject)
    except NotApplicable as reason:
        return "skipped", str(reason)
    except Nonconformity as failure:
        return "failed", str(failure)
    except Exception as error:  # noqa: BLE001 - whatever a plugin raises
        return "failed", described_exception(error, source)
    return "passed", ""


def _answer(channel: str, check: str, outcome: Outcome, message: str) -> Checked:
    title = _TITLES[check] if channel else "the host takes the plugin"
    return Checked(channel, check, title, outcome, readable(message, limit=MAX_MESSAGE))
