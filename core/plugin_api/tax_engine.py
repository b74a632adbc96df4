"""A way to decide which tax a line bears."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class TaxQuestion:
    """The facts that decide the tax of one line."""

    seller_country: str
    buyer_country: str
    buyer_tax_number: str
    tax_class: str
    tax_point: date


@dataclass(frozen=True, slots=True)
class TaxAnswer:
    """A tax rate in per cent (`Decimal("20")`), with its legal note where one is due."""

    rate_percent: Decimal
    label: str
    note: str = ""


@runtime_checkable
class TaxEngine(Protocol):
    """Decide tax rates. Pure: what it needs to know is in the question."""

    @property
    def name(self) -> str:
        """Return the engine's name: lower case, digits and `_`, unique."""
        ...

    def rates(self, questions: Sequence[TaxQuestion]) -> Sequence[TaxAnswer]:
        """Return one answer per question, in order."""
        ...
