"""E-mails are counted by recipient, addresses by operation."""

from decimal import Decimal

import pytest

from core.plugin_api import Measure
from core.plugin_api.conformance import ChannelConformance
from core.plugin_host import PluginHost, from_json, measure_batch, to_json
from plugins.email.plugin import EmailChannel
from plugins.email.pricing import EmailEvent
from plugins.postal.plugin import PostalChannel
from plugins.postal.pricing import PostalEvent, PostalOperation


class TestEmailChannel(ChannelConformance):
    """The channel passes the suite that partners run."""

    @pytest.fixture
    def channel(self):
        """Return the channel under test."""
        return EmailChannel()


class TestPostalChannel(ChannelConformance):
    """The channel passes the suite that partners run."""

    @pytest.fixture
    def channel(self):
        """Return the channel under test."""
        return PostalChannel()


@pytest.mark.parametrize(
    ("event", "quantity"),
    [
        (EmailEvent(), 1),
        (EmailEvent(recipients=2), 2),
        (EmailEvent(recipients=10_000_000), 10_000_000),
        (EmailEvent(recipients=12_345, campaign="spring"), 12_345),
    ],
)
def test_an_email_counts_its_recipients(event, quantity):
    """A mailing may come as one event; there is no dimension."""
    (verdict,) = measure_batch(PluginHost().channels["email"], [event])
    assert verdict[:2] == (Measure("email", Decimal(quantity), ""), event)


@pytest.mark.parametrize("recipients", [0, -1, 10_000_001])
def test_a_hand_over_to_nobody_or_to_too_many_is_rejected(recipients):
    """The path leads to the number."""
    (verdict,) = measure_batch(PluginHost().channels["email"], [EmailEvent(recipients)])
    assert verdict.code == "EVENT_REJECTED"
    assert verdict.path == ("recipients",)
    assert verdict.message == f"recipients is {recipients}; give 1 to 10000000"


@pytest.mark.parametrize(
    ("operation", "unit"),
    [(PostalOperation.CORRECTED, "corrected"), (PostalOperation.DEDUPLICATED, "deduplicated")],
)
def test_addresses_count_under_their_operation(operation, unit):
    """Correcting and deduplicating are priced separately."""
    (verdict,) = measure_batch(PluginHost().channels["postal"], [PostalEvent(operation, 9200)])
    assert verdict.measure == Measure(unit, Decimal(9200))


@pytest.mark.parametrize("addresses", [0, -5, 100_000_001])
def test_a_run_over_no_or_too_many_addresses_is_rejected(addresses):
    """The path leads to the number."""
    event = PostalEvent(PostalOperation.CORRECTED, addresses)
    (verdict,) = measure_batch(PluginHost().channels["postal"], [event])
    assert verdict.path == ("addresses",)
    assert verdict.message == f"addresses is {addresses}; give 1 to 100000000"


def test_events_are_written_in_the_words_of_the_schema():
    """Defaults are left out."""
    host = PluginHost()
    email, postal = host.channels["email"], host.channels["postal"]
    assert to_json(email, EmailEvent()) == {}
    assert from_json(email, {}) == EmailEvent()
    written = {"operation": "DEDUPLICATED", "addresses": 7001}
    assert to_json(postal, PostalEvent(PostalOperation.DEDUPLICATED, 7001)) == written
    assert from_json(postal, written) == PostalEvent(PostalOperation.DEDUPLICATED, 7001)
