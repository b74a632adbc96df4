"""A channel and a price model that misbehave in every way that their input asks for."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from pathlib import Path

from core.plugin_api import (
    Charge,
    EventRejected,
    Measure,
    Refusal,
    Sample,
    Step,
    Unit,
    hookimpl,
)

REQUIRES_API = (1, 0)
__version__ = "6.6"


class PoisonKind(Enum):
    """How the plugin is to fail, if at all.

    Attributes:
        SOUND: Do not fail.
        RAISE: Divide by zero.
        UNPICKLABLE: Raise what does not unpickle.
        UNPRINTABLE: Raise what has no text.
        REFUSE: Reject the event.
        HANG: Loop for ever.
        HANG_IN_C: Sleep in C for ever.
        EXIT: Ask the interpreter to exit.
        OS_EXIT: Exit at once.
        KILL: Kill the own process.
        NAN: Answer with no number.
        FLOAT: Answer with a float.
        NEGATIVE: Answer below zero.
        WRONG_TYPE: Answer with a dictionary.
        WRONG_UNIT: Answer in a unit of nobody.
        HUGE_TEXT: Answer with 50 million characters.
        MEMORY: Ask for 100 GB.
        ENVIRONMENT: Tell which variables are seen.
        PID: Write the process id to a file, then sleep.
    """

    SOUND = "sound"
    RAISE = "raise"
    UNPICKLABLE = "unpicklable"
    UNPRINTABLE = "unprintable"
    REFUSE = "refuse"
    HANG = "hang"
    HANG_IN_C = "hang in C"
    EXIT = "exit"
    OS_EXIT = "os exit"
    KILL = "kill"
    NAN = "nan"
    FLOAT = "float"
    NEGATIVE = "negative"
    WRONG_TYPE = "wrong type"
    WRONG_UNIT = "wrong unit"
    HUGE_TEXT = "huge text"
    MEMORY = "memory"
    ENVIRONMENT = "environment"
    PID = "pid"


@dataclass(frozen=True, slots=True)
class PoisonEvent:
    """An event that says how the plugin is to fail on it."""

    kind: PoisonKind = field(metadata={"description": "How to fail."})
    quantity: Decimal = field(
        default=Decimal(1), metadata={"description": "The answer of a sound event."}
    )
    names: tuple[str, ...] = field(
        default=(), metadata={"description": "Variables to look for, or a file to write to."}
    )


class HalfMadeError(Exception):
    """An exception that pickles and does not unpickle."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} {two}")


class SilentError(Exception):
    """An exception whose text raises."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


def _misbehave(kind, names):  # noqa: C901, PLR0911, PLR0912 - a case for each kind
    match kind:
        case PoisonKind.RAISE:
            return 1 / 0
        case PoisonKind.UNPICKLABLE:
            raise HalfMadeError("half", "made")
        case PoisonKind.UNPRINTABLE:
            raise SilentError
        case PoisonKind.REFUSE:
            raise EventRejected("this event is not wanted", path=("kind",))
        case PoisonKind.HANG:
            while True:
                time.sleep(0.01)
        case PoisonKind.HANG_IN_C:
            # PyDLL keeps the interpreter's lock: no signal handler of Python's runs.
            ctypes.PyDLL(None).sleep(600)
        case PoisonKind.EXIT:
            sys.exit(3)
        case PoisonKind.OS_EXIT:
            os._exit(7)
        case PoisonKind.KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        case PoisonKind.NAN:
            return Measure("poison", Decimal("NaN"))
        case PoisonKind.FLOAT:
            return Measure("poison", 1.5)
        case PoisonKind.NEGATIVE:
            return Measure("poison", Decimal(-1))
        case PoisonKind.WRONG_TYPE:
            return {"unit": "poison", "quantity": 1}
        case PoisonKind.WRONG_UNIT:
            return Measure("antidote", Decimal(1))
        case PoisonKind.HUGE_TEXT:
            raise Refusal("x" * 50_000_000)
        case PoisonKind.MEMORY:
            return "x" * 10**11
        case PoisonKind.ENVIRONMENT:
            seen = [name for name in names if name in os.environ]
            raise EventRejected(f"sees {seen}")
        case PoisonKind.PID:
            Path(names[0]).write_text(str(os.getpid()))
            ctypes.PyDLL(None).sleep(600)
    return None


class PoisonChannel:
    """Fails as asked."""

    name = "poison"
    units = (Unit("poison", "Dose of poison"),)
    pricing = "per_period"
    Event = PoisonEvent
    readme = "# Poison\n\nFor tests."

    def measure(self, event):
        """Fail, or return the quantity."""
        if event.kind is PoisonKind.SOUND:
            return Measure("poison", event.quantity)
        return _misbehave(event.kind, event.names)

    def stored(self, event):
        """Keep everything."""
        return event

    def samples(self):
        """Return the only kind that can be counted."""
        return (Sample(PoisonEvent(PoisonKind.SOUND), Measure("poison", Decimal(1))),)


class PoisonModel:
    """Fails as the rate's options ask; otherwise base times quantity."""

    name = "poison_model"

    def validate(self, rate):
        """Find nothing wrong."""
        return []

    def price(self, rate, quantity):
        """Fail, or price."""
        asked = rate.options.get("kind", "SOUND")
        if asked == "SOUND" or (asked == "HANG" and quantity != 13):
            amount = rate.base * quantity
            return Charge(amount, (Step("base", "each", quantity, rate.base, amount),))
        if asked == "NAN":
            return Charge(Decimal("NaN"), ())
        if asked == "NEGATIVE":
            return Charge(Decimal(-1), ())
        if asked == "HUGE_TEXT":
            return Charge(Decimal(1), (Step("base", "y" * 10_000, None, None, Decimal(1)),))
        return _misbehave(PoisonKind[asked], ())


@hookimpl
def register_channels():
    """Contribute the channel."""
    return [PoisonChannel()]


@hookimpl
def register_price_models():
    """Contribute the model."""
    return [PoisonModel()]
