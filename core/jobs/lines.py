"""What a job may bring: products that are sold once, rated by its plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.catalogue.records import Product
from core.db import Tx
from core.jobs.choosing import JobTerms
from core.jobs.refusals import JobLinesRefused, NotForJobs
from core.subscriptions.choices import Named, named
from core.subscriptions.offers import (
    ONE,
    Path,
    check_product,
    check_quantity,
    check_rated,
    is_sold_once,
)

MOST_LINES: Final = 100


@dataclass(frozen=True, slots=True)
class NewLine:
    """A product by id or code; hours of a one-time service, pieces of anything else."""

    product: Named
    quantity: Decimal = ONE


async def checked_lines(
    tx: Tx, lines: Sequence[NewLine], *, terms: JobTerms | None
) -> list[Product]:
    """Return the products of lines that the job may have.

    Raises:
        JobLinesRefused, CatalogueEntryUnknown, NoLongerOffered, NotForJobs,
        InvalidQuantity, NotRated
    """
    check_count(len(lines))
    return [
        await checked_line(tx, line, terms=terms, path=("lines", str(number)))
        for number, line in enumerate(lines)
    ]


async def checked_line(
    tx: Tx, line: NewLine, *, terms: JobTerms | None, path: Path = ()
) -> Product:
    """Return the product of a line that the job may have, or refuse it."""
    of_product = (*path, "product")
    product = await named(tx, Product, line.product, path=of_product)
    check_product(product, path=of_product)
    if not is_sold_once(product):
        raise NotForJobs(
            f"{product.code} is a {product.kind}; a job has one-time services, goods and"
            " expenses",
            path=of_product,
        )
    check_quantity(line.quantity, product, path=(*path, "quantity"))
    if terms is not None:
        check_rated(product, terms.offer, terms=terms.version, path=of_product)
    return product


def check_count(count: int) -> None:
    """Refuse more lines than a job may have."""
    if count > MOST_LINES:
        raise JobLinesRefused(
            f"a job has {MOST_LINES} lines at most, not {count}", path=("lines",)
        )
