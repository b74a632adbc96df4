"""What a product's row holds as JSON: what it grants, its trial, what it needs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from core.catalogue.plain import from_plain, to_plain
from core.catalogue.schema import ProductDefinition

IN_BODY: Final = ("grants", "trial", "needs", "fulfils")


def product_body(product: ProductDefinition) -> dict[str, Any]:
    """Write what a product's row holds besides its columns."""
    columns = tuple(found.name for found in fields(product) if found.name not in IN_BODY)
    return to_plain(product, without=columns)


def product_of(body: Mapping[str, Any], **columns: object) -> ProductDefinition:
    """Read back what `product_body` wrote; `columns` are all other fields."""
    return from_plain(ProductDefinition, body, **columns)
