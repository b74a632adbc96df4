"""The tax rates that an engine decided: with their words, and with what it could not decide.

A class that the engine failed on refuses just what needs its rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from core.billing.draft import DraftLine, TaxTotal
from core.billing.snapshot import Part
from core.kernel.errors import Refusal


class TaxText(NamedTuple):
    """How an engine names a tax, and the note that the law wants on the invoice."""

    label: str
    note: str


class EngineRates(dict[str, Decimal]):
    """Percent by tax class; asking for one that was not decided raises why."""

    __slots__ = ("faults", "texts")

    def __init__(
        self,
        rates: Mapping[str, Decimal],
        *,
        texts: Mapping[str, TaxText],
        faults: Mapping[str, Refusal],
    ) -> None:
        super().__init__(rates)
        self.texts = texts
        self.faults = faults

    def __missing__(self, tax_class: str) -> Decimal:
        """Raise what kept the engine from deciding."""
        fault = self.faults.get(tax_class)
        raise KeyError(tax_class) if fault is None else fault


def kept_rates(
    today: Mapping[str, Decimal],
    kept: Mapping[str, Decimal],
    *,
    texts: Mapping[str, TaxText],
) -> Mapping[str, Decimal]:
    """Return the rates of a period's first billing, with today's for what it did not know."""
    rates = {**today, **kept}
    if isinstance(today, EngineRates):
        new = {name: text for name, text in today.texts.items() if name not in kept}
        return EngineRates(rates, texts={**new, **texts}, faults=today.faults)
    return EngineRates(rates, texts=texts, faults={}) if texts else rates


def texts_of(rates: Mapping[str, Decimal]) -> Mapping[str, TaxText]:
    """Return the words of rates, by tax class; empty where no engine decided them."""
    return rates.texts if isinstance(rates, EngineRates) else {}


def with_texts(
    totals: tuple[TaxTotal, ...], lines: Iterable[DraftLine], parts: Iterable[Part]
) -> tuple[TaxTotal, ...]:
    """Put an engine's words beside the totals of its rates.

    Where classes of one rate are named differently, each label and each note is there once.
    """
    known: dict[tuple[str, Decimal], TaxText] = {}
    for part in parts:
        for name, text in texts_of(part.tax_rates).items():
            known.setdefault((name, part.tax_rates[name]), text)
    if not known:
        return totals
    found: dict[Decimal, dict[TaxText, None]] = {}
    for line in lines:
        words = known.get((line.tax_class, line.tax_rate))
        if words is not None:
            found.setdefault(line.tax_rate, {})[words] = None
    return tuple(
        total._replace(
            label=_joined(text.label for text in found.get(total.rate, ())),
            note=_joined(text.note for text in found.get(total.rate, ())),
        )
        for total in totals
    )


def _joined(words: Iterable[str]) -> str:
    return "; ".join(filter(None, dict.fromkeys(words)))
