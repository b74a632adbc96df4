"""Asking the tax engine that a seller has chosen, for all buyers of a closing at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import ClassVar, NamedTuple
from uuid import UUID

from core.billing.engine_rates import EngineRates, TaxText
from core.billing_cycles.errors import PluginPricingFailed
from core.billing_cycles.pricing import Pricing
from core.kernel.errors import Refusal
from core.plugin_api import TaxAnswer, TaxEngine, TaxQuestion
from core.plugin_host import Hosted
from core.pricing_pool import TaxFault, decide_taxes

Answers = Mapping[TaxQuestion, TaxAnswer | Refusal]


class TaxEngineMissing(Refusal):
    """The tax engine that the seller has chosen is not installed, or its plugin disabled."""

    code: ClassVar[str] = "TAX_ENGINE_MISSING"


class Buyer(NamedTuple):
    """Who is billed, and the tax point of the invoice."""

    account_id: UUID
    country: str
    tax_number: str
    day: date


async def engine_rates(
    name: str,
    buyers: Sequence[Buyer],
    *,
    seller_country: str,
    classes: Iterable[str],
    pricing: Pricing,
) -> dict[UUID, Mapping[str, Decimal]]:
    """Return each buyer's rates as the engine decides them; equal questions are asked once.

    What it does not answer soundly refuses the invoices that need that very rate.
    """
    named = sorted(classes)
    by_buyer = {
        buyer.account_id: {
            tax_class: TaxQuestion(
                seller_country, buyer.country, buyer.tax_number, tax_class, buyer.day
            )
            for tax_class in named
        }
        for buyer in buyers
    }
    asked = list(dict.fromkeys(one for asked in by_buyer.values() for one in asked.values()))
    answers = await _answers(name, asked, pricing=pricing)
    return {account_id: _rates(by_class, answers) for account_id, by_class in by_buyer.items()}


async def _answers(name: str, asked: list[TaxQuestion], *, pricing: Pricing) -> Answers:
    engine = None if pricing.host is None else pricing.host.tax_engines.get(name)
    if engine is None:
        missing = TaxEngineMissing(
            f"tax engine {name} is not there; install or enable the plugin that registers it, "
            "or choose another with tenantUpdate"
        )
        return dict.fromkeys(asked, missing)
    answers = await decide_taxes(engine, asked, pool=pricing.pool)
    return {
        question: _failed(engine, answer) if isinstance(answer, TaxFault) else answer
        for question, answer in zip(asked, answers, strict=True)
    }


def _failed(engine: Hosted[TaxEngine], fault: TaxFault) -> PluginPricingFailed:
    return PluginPricingFailed(str(fault), plugin=engine.plugin.title)


def _rates(by_class: Mapping[str, TaxQuestion], answers: Answers) -> EngineRates:
    rates: dict[str, Decimal] = {}
    texts: dict[str, TaxText] = {}
    faults: dict[str, Refusal] = {}
    for tax_class, question in by_class.items():
        answer = answers[question]
        if isinstance(answer, TaxAnswer):
            rates[tax_class] = answer.rate_percent
            texts[tax_class] = TaxText(answer.label, answer.note)
        else:
            faults[tax_class] = answer
    return EngineRates(rates, texts=texts, faults=faults)
