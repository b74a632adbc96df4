"""Known answers, worked out by hand."""

from datetime import date
from decimal import Decimal

import pytest
from core.plugin_api import EventRejected, Measure

from ${package}.event import ${prefix}Event
from ${package}.plugin import ${prefix}Channel
from ${package}.pricing import measure


@pytest.mark.parametrize(
    ("used_on", "amount", "quantity"),
    [
        (date(2026, 6, 30), 7, "7"),  # blocks of 1
        (date(2026, 7, 1), 1, "5"),  # the first block of 5
        (date(2026, 7, 1), 5, "5"),  # the last of it
        (date(2026, 7, 1), 6, "10"),  # the first of the next
    ],
)
def test_amounts_are_counted_in_blocks_of_their_day(used_on, amount, quantity):
    """The rules of the day of use, not of today."""
    assert measure(${prefix}Event(used_on, amount)) == Measure("${name}", Decimal(quantity))


@pytest.mark.parametrize("amount", [0, -1, 1_000_001])
def test_an_amount_that_cannot_be_is_refused_with_its_field(amount):
    """So that its sender finds it."""
    with pytest.raises(EventRejected) as caught:
        measure(${prefix}Event(date(2026, 7, 1), amount))
    assert caught.value.path == ("amount",)
% if is_per_event:


def test_an_order_is_told_from_a_use_that_the_plan_prices():
    """A service is what a usage catalogue offers."""
    channel = ${prefix}Channel()
    ordered = ${prefix}Event(date(2026, 7, 1), 2, service="premium")
    assert channel.service(ordered) == "premium"
    assert channel.service(${prefix}Event(date(2026, 7, 1), 2)) is None
    assert channel.rate_facts(ordered).amount == 2
% endif


def test_the_channel_counts_by_this_package():
    """As it is registered."""
    (sample, *_rest) = ${prefix}Channel().samples()
    assert ${prefix}Channel().measure(sample.event) == sample.measure
