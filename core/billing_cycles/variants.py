"""Variants of rates that ask about the item: decided for each slice of an item that is billed.

What a plan's other variants ask, and a conditional plan's own condition, is decided once for
the subscription or the job (`core.billing_cycles.conditional`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from core.billing.snapshot import LifeMonth, Product
from core.facts import reads_segments
from core.kernel.condition_context import with_blanks
from core.rating.compile import CompiledPlan
from core.rating.variants import CompiledVariant


@dataclass(frozen=True, slots=True)
class ItemVariants:
    """The plans of a subscription or a job that ask about items, and what else they read.

    `layers` are a plan, and the base plan under it where it is a conditional one that holds.
    """

    layers: tuple[CompiledPlan, ...]
    context: Mapping[str, object]

    def plan_for(
        self,
        product: Product,
        quantity: Decimal,
        *,
        type: str | None,  # noqa: A002 - the domain's word
        started_at: datetime | None = None,
        life: tuple[LifeMonth, ...] = (),
    ) -> CompiledPlan:
        """Return the plan that prices an item; `life` are the months of the slice.

        Raises:
            ConditionFailed: a condition that it is asked cannot be decided.
        """
        item = item_context(product, quantity, type=type, started_at=started_at, life=life)
        context = {**self.context, "item": item}
        return laid(self.layers, context, product_id=product.id)


def item_context(
    product: Product,
    quantity: Decimal,
    *,
    type: str | None,  # noqa: A002 - the domain's word
    started_at: datetime | None = None,
    life: tuple[LifeMonth, ...] = (),
) -> dict[str, object]:
    """Return an item as conditions read it."""
    return with_blanks(
        "item",
        {
            "product": product.code,
            "product_type": type,
            "kind": product.kind,
            "quantity": int(quantity),
            "started_at": started_at,
            "month": life[0].number if life else None,
        },
    )


def laid(
    layers: Iterable[CompiledPlan],
    context: Mapping[str, object],
    *,
    product_id: UUID | None = None,
) -> CompiledPlan:
    """Decide the variants of plans, or of one product, and lay the first over the second.

    Raises:
        ConditionFailed: the condition of a variant cannot be decided.
        PlansDisagree: the plans cannot stand on one invoice.
    """
    plan, *under = [layer.decided(context, product_id=product_id) for layer in layers]
    return plan.over(under[0]) if under else plan


def ask_about_items(layers: Iterable[CompiledPlan]) -> bool:
    """Tell whether a variant of any of the plans reads the item."""
    return any(layer.some_variant(_reads_item) for layer in layers)


def ask_about_segments(layers: Iterable[CompiledPlan]) -> bool:
    """Tell whether a variant of any of the plans reads segments."""
    return any(layer.some_variant(_reads_segments) for layer in layers)


def _reads_item(variant: CompiledVariant) -> bool:
    return variant.reads("item")


def _reads_segments(variant: CompiledVariant) -> bool:
    return reads_segments(variant.condition)
