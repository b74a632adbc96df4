"""Lines on their way to the invoice, and the bounds that each must keep."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from core.billing.draft import LineKind
from core.billing.snapshot import Part, Product
from core.billing.totals import LineKey, TaxKey
from core.kernel.errors import Refusal
from core.plugin_api.values import Step
from core.rating.price_model import RateMissing

MAX_LINES: Final = 10_000

LINE_ORDER: Final[dict[str, int]] = {
    kind: place
    for place, kind in enumerate(
        (
            "fee",
            "gauge",
            "usage",
            "credit",
            "one_off",
            "consumption",
            "commitment",
            "discount",
        )
    )
}

REDUCING: Final = frozenset({"credit", "discount"})
"""The kinds of lines that take off: negative, unless they take something back."""


class ImplausibleInvoice(Refusal):
    """An invoice is beyond every bound that a sound one keeps."""

    code = "IMPLAUSIBLE_INVOICE"


class TaxRateMissing(Refusal):
    """No tax rate is known for a tax class."""

    code = "TAX_RATE_MISSING"


class ProductUnknown(Refusal):
    """A snapshot names a product that it does not describe."""

    code = "PRODUCT_UNKNOWN"


class CumulativeLine(NamedTuple):
    """All that one key of a usage period costs, before what was billed is taken off.

    `amount` is rounded; the difference of two rounded amounts needs no more rounding.
    `is_additive`: what a later invoice of the same period bills of it is more of the same, each
    event at its own price, and no correction of what was billed before. `tax` is all that
    came with it, where a third party gave it; otherwise it is computed.
    """

    key: LineKey
    product: Product | None
    quantity: Decimal
    events: int
    amount: Decimal
    description: str
    from_at: datetime
    until_at: datetime
    tax_class: str
    steps: tuple[Step, ...]
    plan_version_id: UUID
    is_additive: bool = False
    tax: Decimal | None = None


class PricedLine(NamedTuple):
    """A line before tax: its place on the invoice, its tax computation, its content.

    `group` is 0 for what is taxed with this invoice, else that of a late period. `given_tax`
    is the line's tax where it is not computed: it is in no group. From `kind` on, the fields
    are the first of `DraftLine`, in the same order.
    """

    order: tuple[object, ...]
    group: int
    tax_key: TaxKey
    given_tax: Decimal | None
    kind: LineKind
    subscription_id: UUID | None
    job_id: UUID | None
    product_id: UUID | None
    plan_version_id: UUID
    period_id: UUID | None
    is_difference: bool
    description: str
    quantity: Decimal
    unit: str
    dimension: str
    from_at: datetime
    until_at: datetime
    working: str
    tax_class: str
    tax_rate: Decimal
    amount: Decimal


CONTENT: Final = 4
"""Where the content of a priced line begins: behind order, group, tax key and given tax."""


def product_of(part: Part, product_id: UUID) -> Product:
    """Return the facts of a product."""
    product = part.products.get(product_id)
    if product is None:
        raise ProductUnknown(f"product {product_id} is not described; it must be read too")
    return product


def tax_rate_of(part: Part, tax_class: str) -> Decimal:
    """Return the percentage of a tax class."""
    try:
        return part.tax_rates[tax_class]
    except KeyError:
        raise TaxRateMissing(
            f"no tax rate is known for tax class {tax_class!r}; state it"
        ) from None


def described(product: Product, dimension: str) -> str:
    """Name what a line charges for: "SMS, FR"."""
    return f"{product.name}, {dimension}" if dimension else product.name


def missing_for(product: Product, refusal: RateMissing) -> RateMissing:
    """Say which product lacks a rate."""
    return RateMissing(f"{product.code}: {refusal.message}", path=refusal.path)


def line_order(  # noqa: PLR0917 - as below
    is_difference: bool,  # noqa: FBT001 - positional: this runs for every line of a close
    kind: str,
    code: str,
    target_id: UUID,
    dimension: tuple[object, ...],
    from_at: datetime,
    identity: tuple[int, int],
) -> tuple[object, ...]:
    """Return where a line stands: by kind, product, dimension and time, differences last.

    Complete enough that no two lines of an invoice tie, so that the draft does not
    depend on the order in which rows were read.
    """
    place = LINE_ORDER[kind]
    return (is_difference, place, code, target_id.int, dimension, from_at, identity)
