"""What a period was priced with, kept so that it can be priced again.

Versioned rows are kept by id (the plan and terms versions, with the variants of rates that
held), facts that may change by value: products, tax rates, gauges, counts, fees. Usage is
not kept: it is summed anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID

import orjson

from core.billing.engine_rates import TaxText, kept_rates, texts_of
from core.billing.snapshot import (
    ChargedFee,
    ConsumptionItem,
    GaugeItem,
    Product,
    Reduction,
    Terms,
    UsagePart,
    UsageTotal,
)
from core.billing.totals import Totals
from core.kernel.errors import Refusal
from core.kernel.frequency import Frequency
from core.kernel.periods import Period
from core.kernel.proration import ProrationPolicy
from core.rating.compile import CompiledPlan
from core.rating.variants import HeldVariant

VERSION: Final = 2
WITHOUT_LAYERS: Final = 1
"""The version before conditional plans and discounts: one plan, and nothing taken off."""


class InputsUnreadable(Refusal):
    """Stored inputs cannot be priced again by this program as it stands."""

    code = "INPUTS_UNREADABLE"


def inputs_to_json(part: UsagePart) -> str:
    """Write the inputs of a link for `billing_step.inputs`.

    Give it the part of the draft's step, which knows the fees of its own invoice.
    """
    named = sorted(_product_ids(part), key=lambda product_id: product_id.int)
    stored = {
        "v": VERSION,
        "plan": str(part.plan.id),
        "base": None if part.plan.base is None else str(part.plan.base.id),
        "variants": _held_to_json(part.plan) if part.plan.has_variants else [],
        "terms": _terms_to_json(part.terms),
        "zone": part.zone,
        "period": _period_to_json(part.period),
        "whole": _period_to_json(part.whole),
        "settles": part.settles,
        "taxRates": {name: str(rate) for name, rate in sorted(part.tax_rates.items())},
        **_texts_to_json(part),
        "products": [[str(product_id), *part.products[product_id][1:]] for product_id in named],
        "offered": sorted(str(product_id) for product_id in part.offered),
        "gauges": sorted(
            [str(gauge.product_id), str(gauge.quantity), *_period_to_json(gauge.slice)]
            for gauge in part.gauges
        ),
        "fees": sorted(
            [str(fee.product_id), str(fee.amount), *_period_to_json(fee.slice)]
            for fee in part.fees
        ),
        "discounts": [_reduction_to_json(reduction) for reduction in part.discounts],
        "rests": [_period_to_json(rest) for rest in part.rests],
        "consumption": sorted(
            [str(item.product_id), str(item.quantity), item.module, item.facts]
            for item in part.consumption
        ),
    }
    return orjson.dumps(stored).decode()


def _texts_to_json(part: UsagePart) -> dict[str, dict[str, list[str]]]:
    """Write an engine's words by tax class; nothing where no engine decided."""
    texts = texts_of(part.tax_rates)
    if not texts:
        return {}
    return {"taxTexts": {name: list(text) for name, text in sorted(texts.items())}}


def _held_to_json(plan: CompiledPlan) -> list[list[list[Any]]]:
    """Write the variants that held of a plan, and of its base plan behind it."""
    return [
        [[str(one.product_id), one.frequency, one.place] for one in layer.held]
        for layer in plan.layers()
    ]


def _product_ids(part: UsagePart) -> set[UUID]:
    """Return the products whose facts this part needs, in whatever later link."""
    named = {total.product_id for total in part.usage}
    named.update(gauge.product_id for gauge in part.gauges)
    named.update(fee.product_id for fee in part.fees)
    named.update(item.product_id for item in part.consumption)
    billed = (total.key.product_id for total in part.billed.lines)
    named.update(product_id for product_id in billed if product_id is not None)
    named.update(product_id for product_id in part.offered if product_id in part.products)
    return named


def _terms_to_json(terms: Terms) -> list[str | None]:
    usage = terms.usage_frequency
    return [str(terms.id), str(terms.frequency), None if usage is None else str(usage),
            terms.proration]  # fmt: skip


def _period_to_json(period: Period) -> list[str]:
    return [period.start.isoformat(), period.end.isoformat()]


def plan_ids_of(inputs: str | bytes) -> tuple[UUID, ...]:
    """Return the plan versions that stored inputs need, so that a chunk reads them all.

    A conditional plan that held comes first, then the base plan under it.
    """
    stored = _loaded(inputs)
    base = stored.get("base")
    return (UUID(stored["plan"]),) if base is None else (UUID(stored["plan"]), UUID(base))


def part_from_inputs(
    inputs: str | bytes,
    *,
    period_id: UUID,
    subscription_id: UUID,
    plans: Mapping[UUID, CompiledPlan],
    products: Mapping[UUID, Product],
    tax_rates: Mapping[str, Decimal],
    usage: tuple[UsageTotal, ...],
    billed: Totals,
    seq: int,
) -> UsagePart:
    """Rebuild a settled period for its next link, with the inputs of its first billing.

    `products` and `tax_rates` are today's; they serve only what the stored inputs do not
    know, such as a product first used by a late event. `usage` is everything known of
    the period now, `seq` the new link's number.
    """
    stored = _loaded(inputs)
    if not stored["settles"]:
        raise InputsUnreadable("inputs of an interim invoice; give those of the period's end")
    kept = {UUID(row[0]): Product(UUID(row[0]), *row[1:]) for row in stored["products"]}
    rates = {name: Decimal(rate) for name, rate in stored["taxRates"].items()}
    texts = {name: TaxText(*text) for name, text in stored.get("taxTexts", {}).items()}
    return UsagePart(
        period_id=period_id,
        subscription_id=subscription_id,
        period=_period(stored["period"]),
        whole=_period(stored["whole"]),
        zone=stored["zone"],
        terms=_terms(stored["terms"]),
        plan=_plan(plan_ids_of(inputs), plans, variants=stored.get("variants", ())),
        products={**products, **kept},
        tax_rates=kept_rates(tax_rates, rates, texts=texts),
        usage=usage,
        gauges=tuple(_gauge(row) for row in stored["gauges"]),
        offered=tuple(UUID(product_id) for product_id in stored["offered"]),
        fees=tuple(_fee(row) for row in stored["fees"]),
        discounts=tuple(_reduction(row) for row in stored.get("discounts", ())),
        rests=tuple(_period(row) for row in stored.get("rests", ())),
        consumption=tuple(_consumed(row) for row in stored.get("consumption", ())),
        billed=billed,
        seq=seq,
        is_late=True,
    )


def _gauge(row: list[Any]) -> GaugeItem:
    return GaugeItem(UUID(row[0]), Decimal(row[1]), _period(row[2:]))


def _fee(row: list[Any]) -> ChargedFee:
    return ChargedFee(UUID(row[0]), _period(row[2:]), Decimal(row[1]))


def _consumed(row: Sequence[Any]) -> ConsumptionItem:
    facts = tuple((name, fact) for name, fact in row[3])
    return ConsumptionItem(UUID(row[0]), Decimal(row[1]), row[2], facts)


def _reduction_to_json(reduction: Reduction) -> list[Any]:
    products = reduction.products
    listed = None if products is None else sorted(str(product_id) for product_id in products)
    key, code, name, kind, value, level, scope, *_rest = reduction
    return [key, code, name, kind, str(value), level, scope, listed]


def _reduction(row: list[Any]) -> Reduction:
    key, code, name, kind, value, level, scope, listed = row
    products = None if listed is None else frozenset(UUID(product_id) for product_id in listed)
    return Reduction(key, code, name, kind, Decimal(value), level, scope, products)


def _loaded(inputs: str | bytes) -> dict[str, Any]:
    stored = cast("dict[str, Any]", orjson.loads(inputs))
    if stored["v"] not in (WITHOUT_LAYERS, VERSION):
        raise InputsUnreadable(f"inputs of version {stored['v']} need a newer program")
    return stored


def _plan(
    ids: tuple[UUID, ...],
    plans: Mapping[UUID, CompiledPlan],
    *,
    variants: Sequence[list[list[Any]]],
) -> CompiledPlan:
    """Lay the plans over one another, with the variants that held."""
    for plan_id in ids:
        if plan_id not in plans:
            raise InputsUnreadable(f"price plan version {plan_id} must be read too")
    layers = [plans[plan_id] for plan_id in ids]
    for place, held in enumerate(variants):
        layers[place] = layers[place].holding(
            HeldVariant(UUID(product_id), frequency, which)
            for product_id, frequency, which in held
        )
    return layers[0] if len(layers) == 1 else layers[0].over(layers[1])


def _terms(row: list[str | None]) -> Terms:
    terms_id, frequency, usage_frequency, proration = row
    assert terms_id is not None
    assert frequency is not None
    return Terms(
        UUID(terms_id),
        Frequency.parse(frequency),
        None if usage_frequency is None else Frequency.parse(usage_frequency),
        cast("ProrationPolicy", proration),
    )


def _period(row: list[str]) -> Period:
    return Period(datetime.fromisoformat(row[0]), datetime.fromisoformat(row[1]))
