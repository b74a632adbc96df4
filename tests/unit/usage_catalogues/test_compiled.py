"""A usage catalogue prices an order by its local minute, method, device, category, amount."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from core.catalogue.schema.usage_catalogues import (
    ConditionalRateDefinition,
    UsageCatalogueDefinition,
    UsageServiceDefinition,
    ValidityDefinition,
)
from core.plugin_api import RateFacts
from core.usage_catalogues.compiled import (
    CompiledCatalogue,
    CompiledService,
    compile_catalogue,
    local_minute,
)

NICOSIA = "Europe/Nicosia"


def catalogue(service: UsageServiceDefinition, **changes: object) -> CompiledCatalogue:
    """A catalogue of one service, compiled in Nicosia."""
    given: dict[str, object] = {
        "code": "movies",
        "name": "Movies",
        "currency": "EUR",
        "definition": "vod",
        "provider": "Nagra Media Live",
        "services": (service,),
    }
    return compile_catalogue(
        UsageCatalogueDefinition(**(given | changes)),
        entry_id=UUID(int=1),
        version_id=UUID(int=2),
        zone=NICOSIA,
    )


def film(*rates: ConditionalRateDefinition, **changes: object) -> CompiledService:
    """A film at 3.00 with other rates."""
    definition = UsageServiceDefinition(
        product="film", base=Decimal(3), provisioning_id="1AQ8", rates=rates, **changes
    )
    return catalogue(definition).services["film"]


def rate(price: str, **states: object) -> ConditionalRateDefinition:
    """A conditional rate."""
    return ConditionalRateDefinition(price=Decimal(price), **states)


NIGHT = rate("2", from_time="00:01", to_time="06:59")


@pytest.mark.parametrize(
    ("minute", "price", "label"),
    [
        (0, "3", ""),
        (1, "2", "00:01-06:59"),
        (6 * 60 + 59, "2", "00:01-06:59"),
        (7 * 60, "3", ""),
        (23 * 60 + 30, "3", ""),
    ],
)
def test_a_window_includes_its_first_and_its_last_minute(
    minute: int, price: str, label: str
) -> None:
    """From 00:01 to 06:59: neither midnight's own minute nor seven o'clock."""
    assert film(NIGHT).unit_price(RateFacts(), minute=minute) == (Decimal(price), label)


@pytest.mark.parametrize(
    ("minute", "price"),
    [(22 * 60, "1"), (23 * 60 + 59, "1"), (0, "1"), (5 * 60 + 59, "1"), (6 * 60, "3")],
)
def test_a_window_may_cross_midnight(minute: int, price: str) -> None:
    """From 22:00 to 05:59."""
    late = rate("1", from_time="22:00", to_time="05:59")
    assert film(late).unit_price(RateFacts(), minute=minute).price == Decimal(price)


def test_everything_that_a_rate_states_must_fit() -> None:
    """On the set-top box, at home, up to 2: 1.50; each of them elsewhere: 3."""
    service = film(
        rate(
            "1.50",
            methods=("stream",),
            devices=("box",),
            source_categories=("home",),
            usage_to=Decimal(2),
        )
    )
    facts = RateFacts(method="stream", device="box", source_category="home")
    found = service.unit_price(facts, minute=0)
    assert found == (Decimal("1.50"), "stream box from home ..2")
    for change in (
        {"method": "download"},
        {"device": ""},
        {"source_category": "hotel"},
        {"amount": Decimal("2.1")},
    ):
        assert service.unit_price(facts._replace(**change), minute=0).price == 3


def test_a_range_of_usage_includes_both_of_its_ends() -> None:
    """From 2 to 5; an order without an amount is one."""
    service = film(rate("2.50", usage_from=Decimal(2), usage_to=Decimal(5)))
    prices = [
        service.unit_price(RateFacts(amount=amount), minute=0).price
        for amount in (None, Decimal("1.9"), Decimal(2), Decimal(5), Decimal("5.1"))
    ]
    assert prices == [3, 3, Decimal("2.50"), Decimal("2.50"), 3]


def test_a_name_that_is_too_long_is_a_number() -> None:
    """A dimension has 64 characters."""
    service = film(rate("1", devices=tuple(f"device-{n}" for n in range(20))))
    found = service.unit_price(RateFacts(device="device-3"), minute=0)
    assert found == (Decimal(1), "rate 1")


def test_the_local_minute_is_that_of_the_zone() -> None:
    """21:30 UTC is 23:30 in Nicosia in January, 00:30 of the next day in July."""
    assert local_minute(datetime(2026, 1, 5, 21, 30, tzinfo=UTC), NICOSIA) == 23 * 60 + 30
    assert local_minute(datetime(2026, 7, 5, 21, 30, tzinfo=UTC), NICOSIA) == 30


def test_dates_are_days_of_the_tenants_zone_and_their_end_is_exclusive() -> None:
    """From 1 February until 1 March: midnight in Nicosia is 22:00 UTC of the day before."""
    found = catalogue(
        UsageServiceDefinition(product="film", base=Decimal(3), provisioning_id="x"),
        validity=(ValidityDefinition(starts=date(2026, 2, 1), until=date(2026, 3, 1)),),
    )
    first = datetime(2026, 1, 31, 22, tzinfo=UTC)
    end = datetime(2026, 2, 28, 22, tzinfo=UTC)
    assert [found.is_valid(at) for at in (first, end)] == [True, False]
    assert not found.is_valid(datetime(2026, 1, 31, 21, 59, tzinfo=UTC))


def test_a_catalogue_without_times_is_always_valid() -> None:
    """And a service without a window can always be ordered."""
    found = catalogue(
        UsageServiceDefinition(product="film", base=Decimal(3), provisioning_id="x")
    )
    at = datetime(2050, 1, 1, tzinfo=UTC)
    assert found.is_valid(at)
    assert found.services["film"].orderable.holds(at)
