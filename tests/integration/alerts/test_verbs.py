"""Defining, changing and removing alerts: what is refused, and that nothing changed then."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from core.alerts.refusals import AlertNotFound, TooManyAlerts
from core.alerts.remove import remove_alert
from core.alerts.update import UpdateAlert, update_alert
from core.kernel.errors import Refusal
from tests.building import utc

from .conftest import Watching

REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("no thresholds", {"thresholds": ()}, "INVALID_THRESHOLDS", "thresholds"),
    ("eleven", {"thresholds": tuple(map(str, range(1, 12)))}, "INVALID_THRESHOLDS",
     "thresholds"),
    ("zero", {"thresholds": ("0",)}, "INVALID_THRESHOLDS", "thresholds.0"),
    ("not a number", {"thresholds": ("NaN",)}, "INVALID_THRESHOLDS", "thresholds.0"),
    ("too fine", {"thresholds": ("0.0000000001",)}, "INVALID_THRESHOLDS", "thresholds.0"),
    ("descending", {"thresholds": ("20", "10")}, "INVALID_THRESHOLDS", "thresholds.1"),
    ("twice", {"thresholds": ("10", "10.0")}, "INVALID_THRESHOLDS", "thresholds.1"),
    ("an empty budget", {"budget": Decimal(0)}, "INVALID_BUDGET", "budget"),
    ("an allowance's budget", {"measure": "allowance", "feature": "mails",
     "budget": Decimal(5)}, "INVALID_BUDGET", "budget"),
    ("two of whom", {"account": uuid4(), "price_plan": uuid4()}, "WATCH_ONE_THING",
     "subscription"),
    ("a quantity of nothing", {"measure": "quantity"}, "WATCH_ONE_THING", "product"),
    ("an allowance of nothing", {"measure": "allowance"}, "WATCH_ONE_THING", "feature"),
    ("a quantity in euros", {"measure": "quantity", "product": uuid4(), "currency": "EUR"},
     "WATCH_ONE_THING", "currency"),
    ("an unknown product", {"measure": "quantity", "product": uuid4()}, "WATCHED_NOT_FOUND",
     "product"),
    ("an unknown feature", {"measure": "allowance", "feature": "none"}, "WATCHED_NOT_FOUND",
     "feature"),
    ("an unknown account", {"account": uuid4()}, "WATCHED_NOT_FOUND", "account"),
    ("no currency", {"currency": "XXX"}, "UNKNOWN_CURRENCY", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("case", "given", "code", "path"), REFUSED, ids=[row[0] for row in REFUSED]
)
async def test_what_makes_no_alert_is_refused(
    watching: Watching, case: str, given: dict[str, Any], code: str, path: str
) -> None:
    """One row a refusal; afterwards there is no alert."""
    del case
    thresholds = given.pop("thresholds", ("10",)) if "thresholds" in given else ("10",)
    with pytest.raises(Refusal) as refused:
        await watching.define(*thresholds, at=utc(1, 2), **given)
    assert (refused.value.code, ".".join(refused.value.path)) == (code, path)
    assert await watching.shop.rows("SELECT id FROM alert WHERE tenant_id = $1") == []


async def test_another_currency_than_the_subscriptions_is_refused(watching: Watching) -> None:
    """Dollars are not watched on a subscription in euros."""
    shop = watching.shop
    account = await shop.customer()
    made = await shop.subscribed(account, ("email", "1"))
    with pytest.raises(Refusal) as refused:
        await watching.define("10", subscription=made.id, currency="USD", at=utc(1, 2))
    assert refused.value.code == "CURRENCY_MISMATCH"
    assert await shop.rows("SELECT id FROM alert WHERE tenant_id = $1") == []


async def test_a_seat_has_no_usage_to_watch(watching: Watching) -> None:
    """A licence is no usage service."""
    product = await watching.product("seats")
    with pytest.raises(Refusal) as refused:
        await watching.define("10", measure="quantity", product=product, at=utc(1, 2))
    assert refused.value.code == "NOT_MEASURABLE"


async def test_lower_thresholds_are_told_at_once(watching: Watching) -> None:
    """At 20.00, a threshold of 50 becomes one of 15."""
    shop = watching.shop
    account = await shop.customer()
    await shop.subscribed(account, ("email", "1"))
    alert = await watching.define("50", at=utc(1, 2))
    await shop.emails(account, 40, on=utc(1, 3))
    await watching.look(utc(1, 3, 1))
    assert await watching.told() == []
    async with shop.at(utc(1, 4)) as tx:
        await update_alert(tx, UpdateAlert(alert.id, "Lower", [Decimal(15)]))
    await watching.look(utc(1, 4, 1))
    assert await watching.told() == [("15", "20.00", "01-01")]


async def test_a_removed_alert_tells_nothing_and_keeps_what_it_told(watching: Watching) -> None:
    """20.00 in January are told; after the removal February is not."""
    shop = watching.shop
    account = await shop.customer()
    await shop.subscribed(account, ("email", "1"))
    alert = await watching.define("20", at=utc(1, 2))
    await shop.emails(account, 40, on=utc(1, 3))
    await watching.look(utc(1, 3, 1))
    async with shop.at(utc(1, 4)) as tx:
        assert (await remove_alert(tx, alert.id)).state == "removed"
    await shop.close(utc(2))
    await shop.emails(account, 40, on=utc(2, 3))
    await watching.look(utc(2, 3, 1))
    assert await watching.told() == [("20", "20.00", "01-01")]
    for verb in (remove_alert, _rename):
        with pytest.raises(AlertNotFound):
            async with shop.at(utc(2, 4)) as tx:
                await verb(tx, alert.id)


async def _rename(tx: Any, alert_id: Any) -> Any:
    return await update_alert(tx, UpdateAlert(alert_id, "Other"))


async def test_a_budget_is_not_added_later(watching: Watching) -> None:
    """Amounts do not become percents; the alert stays as it was."""
    alert = await watching.define("20", at=utc(1, 2))
    with pytest.raises(Refusal) as refused:
        async with watching.shop.at(utc(1, 4)) as tx:
            await update_alert(tx, UpdateAlert(alert.id, budget=Decimal(100)))
    assert refused.value.code == "INVALID_BUDGET"
    rows = await watching.shop.rows("SELECT budget FROM alert WHERE tenant_id = $1")
    assert rows == [(None,)]


async def test_there_are_not_too_many(
    watching: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two where two are allowed; a removed one makes room."""
    monkeypatch.setattr("core.alerts.define.MOST_ALERTS", 2)
    first = await watching.define("20", at=utc(1, 2))
    await watching.define("20", at=utc(1, 2))
    with pytest.raises(TooManyAlerts):
        await watching.define("20", at=utc(1, 2))
    async with watching.shop.at(utc(1, 4)) as tx:
        await remove_alert(tx, first.id)
    await watching.define("20", at=utc(1, 5))
