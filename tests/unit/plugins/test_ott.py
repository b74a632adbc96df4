"""Orders over the top: what one counts, and what its price depends on."""

from decimal import Decimal

import pytest

from core.plugin_api import Measure, RateFacts
from core.plugin_api.conformance import ChannelConformance
from core.plugin_host import PluginHost, from_json, measure_batch, to_json
from plugins.ott.event import OttDirective, OttEvent
from plugins.ott.plugin import OttChannel


class TestOttChannel(ChannelConformance):
    """The channel passes the suite that partners run."""

    @pytest.fixture
    def channel(self):
        """Return the channel under test."""
        return OttChannel()


@pytest.mark.parametrize(("amount", "quantity"), [(None, "1"), ("2", "2"), ("0.5", "0.5")])
def test_an_order_counts_its_amount_or_one(amount, quantity):
    """Without an amount an order is one order."""
    event = OttEvent("film", "vod", amount=None if amount is None else Decimal(amount))
    (answer,) = measure_batch(PluginHost().channels["ott"], [event])
    assert answer.measure == Measure("order", Decimal(quantity))
    assert answer.service == "film"


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_an_amount_that_is_nothing_is_rejected(amount):
    """0 and -1 were not used."""
    (answer,) = measure_batch(
        PluginHost().channels["ott"], [OttEvent("film", "vod", amount=Decimal(amount))]
    )
    assert (answer.code, answer.path) == ("EVENT_REJECTED", ("amount",))


def test_what_the_price_depends_on_is_read_from_the_order():
    """Each attribute under the name that catalogues and types of record use."""
    event = OttEvent(
        "film",
        "vod",
        termed_service="ppv",
        method="stream",
        device="tv",
        source_system="portal",
        source_category="home",
        destination_category="abroad",
        amount=Decimal("1.5"),
        directive=OttDirective.CREDIT,
    )
    assert OttChannel().rate_facts(event) == RateFacts(
        udr_type="vod",
        termed_service="ppv",
        method="stream",
        device="tv",
        source_system="portal",
        source_category="home",
        destination_category="abroad",
        amount=Decimal("1.5"),
        directive="credit",
    )


def test_an_order_survives_json():
    """Only what is not default is written."""
    channel = PluginHost().channels["ott"]
    event = OttEvent("film", "vod", amount=Decimal("1.50"), directive=OttDirective.FREE)
    written = to_json(channel, event)
    assert written == {
        "service": "film",
        "udrType": "vod",
        "amount": "1.50",
        "directive": "FREE",
    }
    assert from_json(channel, written) == event
