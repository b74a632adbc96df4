"""Whatever its type allows, an event is answered or rejected, soon, and nothing else."""

from __future__ import annotations

from typing import Any

from core.plugin_host.measuring import measure_batch
from core.plugin_host.refusals import Rejection
from core.plugin_kit.conformance.bounds import EVENT_SECONDS, TooLate, within
from core.plugin_kit.conformance.outcome import Nonconformity, require, shown
from core.plugin_kit.conformance.subject import Subject


def survives_every_input(subject: Subject) -> None:
    """Ask it for each generated event as the host does: measure, stored, and what it orders."""
    for event in subject.generated:
        verdict = _verdict(subject, event)
        require(
            not (isinstance(verdict, Rejection) and verdict.is_plugin_fault),
            f"answer or raise EventRejected for {shown(event)}: "
            f"{getattr(verdict, 'message', '')}",
        )
        require(
            not isinstance(verdict, Rejection) or verdict.message.strip(),
            f"say in EventRejected what is wrong with {shown(event)}",
        )


def _verdict(subject: Subject, event: Any) -> object:
    try:
        with within(EVENT_SECONDS):
            (verdict,) = measure_batch(subject.hosted, [event])
    except TooLate:
        raise Nonconformity(
            f"answer within {EVENT_SECONDS} s: {shown(event)} takes longer; bound the loop"
        ) from None
    except (SystemExit, KeyboardInterrupt, GeneratorExit) as error:
        raise Nonconformity(
            f"raise EventRejected for {shown(event)}, not {type(error).__name__}"
        ) from None
    return verdict
