"""A plugin that the host takes, so that tests can break one thing of it at a time."""

# ruff: noqa: D102 - the members of a channel are described in its protocol

from dataclasses import dataclass, field, make_dataclass
from decimal import Decimal
from types import SimpleNamespace

from core.plugin_api import Charge, Measure, Unit, hookimpl


def described(default=None):
    """Return the marks of a described field."""
    return field(default=default, metadata={"description": "Some text."})


@dataclass(frozen=True, slots=True)
class FaxEvent:
    """One fax."""

    pages: int = described(1)


class Fax:
    """A channel that the host takes; the tests break one thing at a time."""

    name = "fax"
    units = (Unit("page", "Page"),)
    pricing = "per_period"
    Event = FaxEvent
    readme = "# Fax"

    def measure(self, event):
        return Measure("page", Decimal(event.pages))

    def stored(self, event):
        return event

    def samples(self):
        return ()


class Model:
    """A price model that the host takes."""

    name = "halves"

    def validate(self, rate):
        return []

    def price(self, rate, quantity):
        return Charge(quantity / 2, ())


class Gateway:
    """A gateway that the host takes."""

    name = "transfer"
    collects = True

    async def collect(self, request):
        return None


class TaxFree:
    """A tax engine that the host takes."""

    name = "tax_free"

    def rates(self, questions):
        return []


def plugin(*, name="fax_plugin", requires=(1, 0), **returned):
    """Return a plugin whose hooks return what is given; a function is the hook itself."""
    built = SimpleNamespace(__plugin_name__=name, __version__="2.1", REQUIRES_API=requires)
    for hook, value in returned.items():
        setattr(built, hook, hookimpl(value if callable(value) else _returning(value)))
    return built


def _returning(answer):
    return lambda: answer


def broken_fax(**changes):
    """Return the fax channel with some members changed."""
    return type("BrokenFax", (Fax,), changes)()


def event_class(annotation, *, name="FaxEvent", doc="One fax.", frozen=True, **marks):
    """Return an event class with one field `value` of an annotation."""
    metadata = marks.pop("metadata", {"description": "Some text."})
    options = {"metadata": metadata, **marks}
    made = make_dataclass(
        name, [(marks.pop("field_name", "value"), annotation, field(**options))], frozen=frozen
    )
    made.__doc__ = doc
    return made


def renamed_field(name):
    """Return an event class whose field has a name."""
    made = make_dataclass(
        "FaxEvent", [(name, str, field(metadata={"description": "Some."}))], frozen=True
    )
    made.__doc__ = "One fax."
    return made
