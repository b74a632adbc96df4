"""The parties of a document: the legal facts of seller and buyer, kept by value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson


def parties_json(seller: Mapping[str, Any], buyer: Mapping[str, Any]) -> str:
    """Write the legal facts of both sides as they are now, to be kept with the invoice."""
    legal = {name: value for name, value in seller["legal"].items() if name != "taxRates"}
    return orjson.dumps(
        {
            "seller": {"name": seller["name"], "country": seller["country"], **legal},
            "buyer": {
                "name": buyer["name"],
                "email": buyer["email"],
                "country": buyer["country"],
                "address": buyer["address"],
                "taxNumber": buyer["tax_number"],
            },
        },
        option=orjson.OPT_SORT_KEYS,
    ).decode()
