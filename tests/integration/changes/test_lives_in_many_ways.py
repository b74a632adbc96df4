"""Lives of changes where clocks change, months are short, taxes and discounts are on top.

The model of `lives` counts the days; here each way of billing has to come to the same sum:
prices with their tax, other currencies, a discount that is always given, accounts that take
one invoice for several subscriptions, zones whose clocks change, periods that begin on the
31st, and changes that come hour by hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from core.accounts.create_account import CreateAccount, create_account
from core.db import Database
from core.discounts.grant import GrantDiscount, grant_discount
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from tests.building import open_shop, utc
from tests.integration.changes.conftest import CATALOGUE, Held
from tests.integration.changes.lives import Model, Step, steps_of
from tests.integration.changes.test_lives_of_changes import closed_until, play
from tests.invariants import broken

PRICES = {"simple": Decimal(755160), "double": Decimal(1510320)}
"""755160 = 28 x 29 x 30 x 31: a whole and even number for a day of any month."""
BILLED = """
SELECT coalesce(sum(CASE i.kind WHEN 'invoice' THEN l.amount ELSE -l.amount END), 0)
FROM invoice i JOIN invoice_line l ON l.tenant_id = $1 AND l.invoice_id = i.id
WHERE i.tenant_id = $1 AND l.subscription_id = $2
"""
BALANCES = """
SELECT a.id FROM account a
LEFT JOIN (SELECT i.account_id, sum(CASE i.kind WHEN 'invoice' THEN i.total ELSE -i.total END)
        AS total FROM invoice i WHERE i.tenant_id = $1 GROUP BY 1) AS d ON d.account_id = a.id
LEFT JOIN (SELECT account_id, sum(amount) AS total FROM payment WHERE tenant_id = $1
        GROUP BY 1) AS p ON p.account_id = a.id
LEFT JOIN (SELECT i.account_id, sum(greatest(s.total, 0) - s.paid - s.credited) AS total
        FROM invoice_settlement s JOIN invoice i ON i.tenant_id = $1 AND i.id = s.invoice_id
        WHERE s.tenant_id = $1 GROUP BY 1) AS o ON o.account_id = a.id
LEFT JOIN (SELECT account_id, sum(amount - used) AS total FROM account_credit
        WHERE tenant_id = $1 GROUP BY 1) AS c ON c.account_id = a.id
WHERE a.tenant_id = $1 AND coalesce(d.total, 0) - coalesce(p.total, 0)
    <> coalesce(o.total, 0) - coalesce(c.total, 0)
"""


JANUARY = utc(1)


@dataclass(frozen=True, slots=True)
class Way:
    """How a life is billed; `share` is what the discount leaves."""

    zone: str = "UTC"
    tax: str = "exclusive"
    country: str = "US"
    currency: str = "EUR"
    began: datetime = JANUARY
    discount: str | None = None
    per: str = "subscription"
    often: int = 1

    @property
    def catalogue(self) -> str:
        """The seller's catalogue."""
        found = CATALOGUE.replace("seats: {base: 30}", f"seats: {{base: {PRICES['simple']}}}")
        found = found.replace("seats: {base: 60}", f"seats: {{base: {PRICES['double']}}}")
        priced = f"currency: {self.currency}\n    tax: {self.tax}"
        found = found.replace("currency: EUR", priced)
        found = found.replace("name: Ahead,", "name: Ahead, discounts: flexible,")
        return found + (
            "discounts:\n"
            "  half: {name: Half, method: ad_hoc, percent: 50}\n"
            "  some: {name: Some, method: ad_hoc, amount: 755160,"
            f" currency: {self.currency}, per: month}}\n"
        )


WAYS = {
    "taxed": Way(country="FR"),
    "with their tax": Way(country="FR", tax="inclusive"),
    "Paris": Way(zone="Europe/Paris", began=utc(3, 5, 14)),
    "Paris in October": Way(zone="Europe/Paris", began=utc(10, 1)),
    "New York from the 31st": Way(zone="America/New_York", began=utc(1, 31, 20)),
    "from the 29th in a leap year": Way(began=utc(1, 29, year=2028)),
    "yen": Way(currency="JPY"),
    "dinars": Way(currency="KWD", tax="inclusive", country="FR"),
    "half": Way(discount="half", country="FR"),
    "half with their tax": Way(discount="half", tax="inclusive", country="FR"),
    "some": Way(discount="some"),
    "one invoice": Way(per="account"),
    "hourly": Way(often=12),
}


def cost_of(way: Way, model: Model) -> Decimal:
    """What all days cost by the model, less the discount."""
    return model.cost / 2 if way.discount == "half" else model.cost


@pytest.mark.parametrize("name", WAYS)
async def test_each_way_bills_what_the_days_cost(db: Database, name: str) -> None:
    """A life of 12 changes in two months; the sums are the model's, to the cent.

    Money by the month is taken off in the shares of bills, and has no such model.
    """
    way, seed = WAYS[name], list(WAYS).index(name)
    shop = await open_shop(db, catalogue=way.catalogue, zone=way.zone)
    zone = ZoneInfo(way.zone)
    async with shop.at(way.began) as tx:
        account = (await create_account(tx, CreateAccount(
            name="Client", invoice_per=way.per, country=way.country, currency=way.currency,  # type: ignore[arg-type]
        ))).id  # fmt: skip
    lives = []
    for number in range(2 if way.per == "account" else 1):
        command = Subscribe(account=account, billing_terms="ahead", price_plan="simple",
                            items=[NewItem("seats", Decimal(3))])  # fmt: skip
        async with shop.at(way.began) as tx:
            subscription = await subscribe(tx, command)
            if way.discount is not None:
                await grant_discount(tx, GrantDiscount(way.discount,
                                     subscription=subscription.id), unit_id=None)  # fmt: skip
        day = way.began.astimezone(zone).date()
        model = Model(day, day, zone=way.zone, prices=PRICES)
        steps = steps_of(100 * seed + number, steps=12, days=60 // way.often)
        lives.append((Held(shop, subscription), model, steps))
    await shop.close(way.began)
    offset = way.began - utc(1)
    timeline = sorted(
        ((step, one, model) for one, model, steps in lives for step in steps),
        key=lambda entry: entry[0].at,
    )
    now, told = way.began, []
    for drawn, one, model in timeline:
        step = Step(drawn.at + offset, drawn.what, drawn.how, drawn.quantity, drawn.plan)
        await closed_until(one, now, step.at)
        outcome = await play(one, step)
        told.append((step, outcome))
        if outcome == "done":
            model.change(step)
        else:
            model.until(step.at.astimezone(zone).date())
            assert outcome in ("NOTHING_TO_CHANGE", "AMENDMENT_AHEAD"), (outcome, step)
        now = step.at
    end = way.began + timedelta(days=65)
    await closed_until(lives[0][0], now, end)
    for one, model, _steps in lives:
        model.until(end.astimezone(zone).date())
        model.to_period_end()
        (billed,) = await shop.rows(BILLED, one.subscription.id)
        if way.discount != "some":
            assert billed[0] == cost_of(way, model), told
    async with shop.at() as tx:
        assert await broken(tx) == []
    assert await shop.rows(BALANCES) == []
