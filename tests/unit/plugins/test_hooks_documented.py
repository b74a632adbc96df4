"""The examples of the page of the hooks are taken by the host, and answer as it says."""

import re
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from types import ModuleType

import pytest

from core.kernel.money import Money
from core.plugin_api import (
    DomainEvent,
    PaymentRequest,
    ProvisioningRequest,
    Rate,
    TaxQuestion,
)
from core.plugin_api.conformance import ChannelConformance
from core.plugin_host import PluginHost, measure_batch
from tests.architecture.hook_contract import PAGE, examples, sections

SECTIONS = sections()


def _documented(hook: str, monkeypatch) -> ModuleType:
    """Return the section's example as a module."""
    (example,) = examples(SECTIONS[hook])
    module = ModuleType(f"documented_{hook}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(example, f"{PAGE}: {hook}", "exec"), module.__dict__)
    return module


@pytest.mark.parametrize("hook", sorted(SECTIONS))
def test_every_documented_example_is_taken_by_the_host(hook, monkeypatch):
    """It registers exactly one contribution, under its hook."""
    host = PluginHost([_documented(hook, monkeypatch)])
    (listing,) = host.plugins()
    assert listing.hooks == (hook,)
    assert len(listing.contributions[hook]) == 1
    assert listing.deprecations == ()


def test_the_documented_channel_measures(monkeypatch):
    """Three pages to France; none is refused."""
    module = _documented("register_channels", monkeypatch)
    channel = PluginHost([module]).channels["fax"]
    counted, refused = measure_batch(channel, [module.FaxEvent(3), module.FaxEvent(0)])
    assert (counted.measure.quantity, counted.measure.dimension) == (3, "FR")
    assert refused.message == "pages is 0; give 1 or more"


class TestDocumentedFax(ChannelConformance):
    """The documented channel passes the suite that the page recommends."""

    @pytest.fixture
    def channel(self, monkeypatch):
        """Return the channel of the page."""
        return _documented("register_channels", monkeypatch).FaxChannel()


def _per_event(monkeypatch) -> ModuleType:
    """Return the example of a channel priced per event as a module."""
    text = PAGE.read_text("utf-8")
    (example,) = re.findall(r"^```python per_event\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    module = ModuleType("documented_per_event")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(example, f"{PAGE}: per event", "exec"), module.__dict__)
    return module


def test_the_documented_channel_per_event_tells_what_was_ordered(monkeypatch):
    """A song names its product and its 3 minutes; a microphone names no service."""
    module = _per_event(monkeypatch)
    channel = PluginHost([module]).channels["karaoke"]
    songs = [module.KaraokeEvent("yesterday", Decimal(3)), module.KaraokeEvent()]
    song, microphone = measure_batch(channel, songs)
    assert (song.service, song.facts.amount, song.facts.directive) == ("yesterday", 3, "bill")
    assert microphone.service is None
    assert microphone.measure.quantity == 1


class TestDocumentedKaraoke(ChannelConformance):
    """The documented channel per event passes the suite."""

    @pytest.fixture
    def channel(self, monkeypatch):
        """Return the channel of the page."""
        return _per_event(monkeypatch).KaraokeChannel()


def test_the_documented_price_model_prices(monkeypatch):
    """5 at 2.00, every second one free: 3 are paid, 6.00."""
    host = PluginHost([_documented("register_price_models", monkeypatch)])
    model = host.price_models["every_other"].contribution
    charge = model.price(Rate("every_other", "usage", base=Decimal("2.00")), Decimal(5))
    assert charge.amount == Decimal("6.00")
    (problem,) = model.validate(Rate("every_other", "usage"))
    assert problem.path == ("base",)


async def test_the_documented_gateway_collects(monkeypatch):
    """It waits for the transfer that names the invoice."""
    host = PluginHost([_documented("register_payment_gateways", monkeypatch)])
    request = PaymentRequest("k1", "acc", "INV-7", Money(Decimal(5), "EUR"), method_token="t")
    outcome = await host.payment_gateways["transfer"].contribution.collect(request)
    assert (outcome.status, outcome.reference) == ("pending", "INV-7")


def test_the_documented_tax_engine_answers(monkeypatch):
    """20 % in France, none in Belgium."""
    host = PluginHost([_documented("register_tax_engines", monkeypatch)])
    questions = [
        TaxQuestion("FR", to, "", "standard", date(2026, 11, 1)) for to in ("FR", "BE")
    ]
    answers = host.tax_engines["french_standard"].contribution.rates(questions)
    assert [answer.rate_percent for answer in answers] == [20, 0]


async def test_the_documented_provisioner_answers(monkeypatch):
    """It leaves the request open."""
    host = PluginHost([_documented("register_provisioners", monkeypatch)])
    request = ProvisioningRequest("k2", "acc", "sub", "tv", "activate", provisioning_id="P1")
    outcome = await host.provisioners["by_hand"].contribution.provision(request)
    assert (outcome.status, outcome.reference) == ("pending", "k2")


async def test_the_documented_observer_drops_doubles(monkeypatch):
    """Delivered twice, counted once."""
    host = PluginHost([_documented("register_observers", monkeypatch)])
    observer = host.observers["invoice_counter"].contribution
    event = DomainEvent("e1", "t", "invoice.finalised", datetime(2026, 11, 1, tzinfo=UTC))
    await observer.observe(event)
    await observer.observe(event)
    assert observer.seen == {"e1"}
