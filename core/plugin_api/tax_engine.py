"""A way to decide which tax a line bears."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class TaxQuestion:
    """The facts that decide the tax of one line.

    Countries are ISO 3166-1 codes of two letters. `buyer_tax_number` is empty where the
    buyer has none. `tax_class` is the product's. `tax_point` is the day of the invoice in
    the seller's time zone.
    """

    seller_country: str
    buyer_country: str
    buyer_tax_number: str
    tax_class: str
    tax_point: date


@dataclass(frozen=True, slots=True)
class TaxAnswer:
    """A tax rate in per cent (`Decimal("20")`), with its legal note where one is due.

    The rate is from 0 to 100, with 4 decimals at most. The label (100 characters) names the
    tax and the note (500 characters) goes on the invoice, both beside the total of the rate.
    """

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
        """Return one answer per question, in order.

        Raise for a question that cannot be answered: the host asks for the others again,
        and what needed that answer is not billed until the engine is mended.
        """
        ...
