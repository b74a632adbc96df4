"""A tax engine that knows borders, and fails as a buyer's tax number asks for."""

from __future__ import annotations

import os
import time
from decimal import Decimal

from core.plugin_api import TaxAnswer, hookimpl

REQUIRES_API = (1, 2)
__version__ = "3.1"

REVERSED = "Reverse charge: the buyer accounts for the tax."


class BorderTax:
    """French rates at home; abroad a buyer with a tax number accounts for it itself."""

    name = "border_tax"

    def rates(self, questions):
        """Answer each question."""
        answers = [self._answer(question) for question in questions]
        return answers[:-1] if any(q.buyer_tax_number == "FEW" for q in questions) else answers

    def _answer(self, question):  # noqa: C901, PLR0911 - a case for each way to fail
        match question.buyer_tax_number:
            case "RAISE":
                raise LookupError("no rate is known for this buyer")
            case "NO BOOKS" if question.tax_class == "reduced":
                raise LookupError("no rate is known for books")
            case "HANG":
                time.sleep(600)
            case "EXIT":
                os._exit(7)
            case "NAN":
                return TaxAnswer(Decimal("NaN"), "TVA")
            case "FLOAT":
                return TaxAnswer(20.0, "TVA")
            case "NEGATIVE":
                return TaxAnswer(Decimal(-1), "TVA")
            case "HIGH":
                return TaxAnswer(Decimal("100.01"), "TVA")
            case "PLACES":
                return TaxAnswer(Decimal("20.00001"), "TVA")
            case "LABEL":
                return TaxAnswer(Decimal(20), "y" * 101)
            case "NOTE":
                return TaxAnswer(Decimal(20), "TVA", "two\nlines")
            case "PLAIN":
                return Decimal(20)
        return self._sound(question)

    def _sound(self, question):
        if question.buyer_country != question.seller_country and question.buyer_tax_number:
            return TaxAnswer(Decimal(0), "Outside", REVERSED)
        if question.tax_class == "reduced":
            return TaxAnswer(Decimal("5.5"), "TVA")
        return TaxAnswer(Decimal(20), "TVA")


@hookimpl
def register_tax_engines():
    """Contribute the engine."""
    return [BorderTax()]
