"""A type of usage record lists what an order may say, and what it must."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.catalogue.schema.udr_types import AttributeDefinition, UdrTypeDefinition
from core.plugin_api import RateFacts
from core.usage_catalogues.attributes import attribute_fault

FILM = UdrTypeDefinition(
    code="film",
    name="Film",
    methods=AttributeDefinition(values=("stream", "download"), required=True),
    devices=AttributeDefinition(),
    amount_required=True,
)
SOUND = RateFacts(udr_type="film", method="stream", device="any box", amount=Decimal(1))


def test_an_order_that_says_what_it_must_is_taken() -> None:
    """A device may be anything, where no values are listed."""
    assert attribute_fault(FILM, SOUND) is None


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"method": ""}, "method", "is missing; choose from stream, download"),
        ({"method": "fax"}, "method", "is 'fax'; choose from stream, download"),
        ({"source_category": "home"}, "sourceCategory", "is not taken by this type"),
        ({"amount": None}, "amount", "amount is missing; records of film need it"),
    ],
)
def test_an_attribute_that_is_not_taken_is_named(
    changes: dict[str, object], field: str, told: str
) -> None:
    """Missing, none of the values, or not of this type."""
    fault = attribute_fault(FILM, SOUND._replace(**changes))
    assert fault is not None
    assert fault.field == field
    assert told in fault.message
