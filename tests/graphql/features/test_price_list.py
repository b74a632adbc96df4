"""The price list through the API: what an account would pay for what it may choose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.graphql.api_clients import Api, KeyClient

SELLERS = Path(__file__).parents[2] / "scenarios" / "seeds" / "catalogues"
CATALOGUE = """
gauges:
  profiles: {name: Profiles}
products:
  gold: {kind: termed_service, name: Gold}
  seat: {kind: licence, name: Seat}
  start: {kind: expense, name: Start}
  sms: {kind: usage_service, name: SMS, meters: {channel: sms, unit: segment}}
  mail: {kind: usage_service, name: E-mails, meters: {channel: email, unit: email}}
  hosted: {kind: termed_service, name: Hosted, quantity_from: {gauge: profiles}}
  old: {kind: licence, name: Old, state: retired}
rate_tables:
  zones:
    name: Zones
    dimension: country
    applies: on_event_date
    slots:
      - {from: 2025-01-01, rows: {BE: 0.07, FR: 0.05}, default: 0.20}
      - {from: 2026-01-01, rows: {BE: 0.08, FR: 0.06}, default: 0.20}
      - {from: 2026-06-01, rows: {BE: 0.09, FR: 0.07}, default: 0.20}
price_plans:
  basic:
    name: Basic
    currency: EUR
    rates:
      gold: {driver: maturity, base: 20, tiers: [{from: 1, to: 3, price: 0}]}
      seat:
        - {free_units: 2, base: 10}
        - {frequency: year, tiers: [{from: 1, to: 5, price: 100}, {from: 6, price: 90}]}
      start: {base: 5}
      sms: {table: zones}
      mail: {base: 1.90, package: {size: 1000}}
      hosted: {base: 1}
      old: {base: 1}
  vip:
    name: VIP
    currency: EUR
    tax: exclusive
    base: basic
    select_when: account.class == "VIP"
    rates: {start: {base: 0}}
  gross:
    name: Gross
    currency: EUR
    tax: inclusive
    rates: {seat: {base: 12, variants: [{when: account.class == "VIP", base: 6}]}}
billing_terms:
  monthly: {name: Monthly, plans: [basic, gross], default_plan: basic}
  quarterly: {name: Quarterly, frequency: 3 months, plans: [gross]}
  yearly: {name: Yearly, frequency: year, plans: [basic]}
  fortnightly: {name: Fortnightly, frequency: 2 weeks, plans: [gross]}
  gone: {name: Gone, plans: [basic], default_plan: basic, state: retired}
  works: {name: Works, kind: job, plans: [basic], default_plan: basic}
"""
PRICES = """query($account: ID!, $terms: ID, $dimension: String) {
  priceList(account: $account, billingTerms: $terms, dimension: $dimension) {
    billingTerms { billingTerms { code } } pricePlan { code } product { code } driver
    above upto quantity dimension price { amount currencyCode } per taxMode depends } }"""


@pytest.fixture(scope="module")
async def shop(api: Api) -> Api:
    """A catalogue, a VIP and another account, whose clocks stand on 10 January 2026."""
    await api.one.changed("catalogueApply", "__typename", {"yaml": CATALOGUE})
    await account(api.one, "plain")
    await account(api.one, "vip", classification="VIP")
    return api


async def account(client: KeyClient, ref: str, **more: Any) -> None:
    """Make an account whose clock stands in January 2026."""
    clock = "2026-01-10T12:00:00+01:00"
    await client.changed(
        "accountCreate", "account { id }", {"name": ref, "ref": ref, "testClock": clock, **more}
    )


async def prices(client: KeyClient, **asked: Any) -> list[str]:
    """Each price as one line: terms, plan, product, limits, what it costs, for what."""
    found = (await client.ask(PRICES, **asked))["priceList"]
    return [
        " ".join(
            (
                one["billingTerms"]["billingTerms"]["code"],
                one["pricePlan"]["code"],
                one["product"]["code"],
                "" if one["dimension"] is None else f"{one['dimension'] or 'others'}:",
                f"{one['above']}-{one['upto'] or ''}",
                f"{one['quantity']} for {one['price']['amount']}",
                one["per"] or "once",
            )
        ).replace("  ", " ")
        for one in found
    ]


async def test_every_kind_of_rate_is_listed_as_it_would_be_billed(shop: Api) -> None:
    """Months of life, free units, tables of today, batches; the retired product is left out."""
    found = await prices(shop.one, account="plain", terms="monthly")
    assert found == [
        "monthly basic gold 0-3 1 for 0.00 month",
        "monthly basic gold 3- 1 for 20.00 month",
        "monthly basic hosted 0- 1 for 1.00 month",
        "monthly basic mail 0- 1000 for 1.9 once",
        "monthly basic seat 0-2 2 for 0.00 month",
        "monthly basic seat 2- 3 for 10.00 month",  # two are free, so three cost one
        "monthly basic sms BE: 0- 1 for 0.08 once",  # the state from 2026-01-01
        "monthly basic sms FR: 0- 1 for 0.06 once",
        "monthly basic sms others: 0- 1 for 0.2 once",
        "monthly basic start 0- 1 for 5.00 once",
        "monthly gross seat 0- 1 for 12.00 month",
    ]
    # The row of one dimension, or that of all others where there is none for it.
    some = await prices(shop.one, account="plain", terms="monthly", dimension="FR")
    assert [line for line in some if "sms" in line] == [
        "monthly basic sms FR: 0- 1 for 0.06 once"
    ]
    some = await prices(shop.one, account="plain", terms="monthly", dimension="US")
    assert [line for line in some if "sms" in line] == [
        "monthly basic sms others: 0- 1 for 0.2 once"
    ]


async def test_a_price_is_for_a_whole_period_of_the_terms(shop: Api) -> None:
    """A rate of that frequency, else so many months; a fortnight has no price by the month."""
    seats = [line for line in await prices(shop.one, account="plain") if " seat " in line]
    assert seats == [
        "monthly basic seat 0-2 2 for 0.00 month",
        "monthly basic seat 2- 3 for 10.00 month",
        "monthly gross seat 0- 1 for 12.00 month",
        "quarterly gross seat 0- 1 for 36.00 3 months",  # 3 x 12
        "yearly basic seat 0-5 5 for 500.00 year",  # 5 x 100
        "yearly basic seat 5- 6 for 540.00 year",  # 6 x 90, the tier that holds six
    ]
    assert await prices(shop.one, account="plain", terms="fortnightly") == []


async def test_a_conditional_plan_and_a_variant_show_to_whom_they_hold(shop: Api) -> None:
    """The VIP may choose the plan on top, priced by its base where it is silent."""
    listed = (await shop.one.ask(PRICES, account="vip", terms="monthly"))["priceList"]
    own = {
        (one["pricePlan"]["code"], one["product"]["code"]): one
        for one in listed
        if one["product"]["code"] in {"start", "seat"} and one["above"] == "0"
    }
    assert own["vip", "start"]["price"] == {"amount": "0.00", "currencyCode": "EUR"}
    assert own["vip", "seat"]["price"]["amount"] == "0.00"  # the base plan's two free ones
    assert own["gross", "seat"]["price"]["amount"] == "6.00"
    assert (own["gross", "seat"]["taxMode"], own["gross", "seat"]["depends"]) == (
        "INCLUSIVE",
        True,
    )
    assert (own["basic", "start"]["depends"], own["basic", "start"]["driver"]) == (False, None)
    plain = await prices(shop.one, account="plain", terms="monthly")
    assert not any(" vip " in line for line in plain)


async def test_tiers_of_contacts_by_the_month_and_the_year(api: Api) -> None:
    """Essential up to 1,000 contacts: 30.00 a month; a year is 12 x 30 x 0.9 = 324.00."""
    text = (SELLERS / "flexmail.yaml").read_text("utf-8")
    await api.other.changed("catalogueApply", "__typename", {"yaml": text})
    await account(api.other, "customer")
    found = await prices(api.other, account="customer")
    assert len([line for line in found if " contacts " in line]) == 2 * 3 * 9
    assert "monthly essential contacts 500-1000 1000 for 30.00 month" in found
    assert "yearly essential contacts 500-1000 1000 for 324.00 year" in found
    assert "monthly pro contacts 5000-10000 10000 for 142.50 month" in found  # 95 x 1.5
    assert "yearly premium contacts 2500-5000 5000 for 1296.00 year" in found  # 12 x 120 x 0.9
    assert "monthly pro users 0-3 3 for 0.00 month" in found
    assert "yearly pro users 3- 4 for 120.00 year" in found  # 12 x 10
    assert "monthly essential mails-1000 0- 1 for 12.00 once" in found


async def test_what_is_passed_on_is_listed_with_its_surcharge(api: Api) -> None:
    """France in 2026: 0.0712 + 0.0142 = 0.0854; utility 0.0248 + 0.0050 = 0.0298."""
    text = (SELLERS / "aircall.yaml").read_text("utf-8")
    await api.other.changed("catalogueApply", "__typename", {"yaml": text})
    await account(api.other, "caller")
    found = await prices(api.other, account="caller", terms="contract", dimension="FR")
    assert found == [
        "contract by-contract essentials 0- 1 for 30.00 month",
        "contract by-contract professional 0- 1 for 50.00 month",
        "contract by-contract whatsapp 0- 1 for 10.00 month",
        "contract by-contract whatsapp-authentication FR: 0- 1 for 0.0298 once",
        "contract by-contract whatsapp-authentication-international others: 0- 1 for 0.06 once",
        "contract by-contract whatsapp-marketing FR: 0- 1 for 0.0854 once",
        "contract by-contract whatsapp-service FR: 0- 1 for 0.0298 once",
        "contract by-contract whatsapp-utility FR: 0- 1 for 0.0298 once",
    ]


async def test_more_terms_and_plans_cost_no_more_statements(shop: Api) -> None:
    """One billing terms and five of them, with all their plans, take equally many."""

    async def statements(**asked: Any) -> int:
        with shop.statements() as seen:
            await prices(shop.one, account="vip", **asked)
        return len(seen)

    await statements()  # versions are cached from here on
    few = await statements(terms="quarterly")
    many = await statements()
    assert abs(many - few) <= 2  # named terms are looked up by their code
    assert many <= 20


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"account": "nobody"}, "NOT_FOUND"),
        ({"account": "plain", "terms": "weekly"}, "NOT_FOUND"),
        ({"account": "plain", "terms": "works"}, "OTHER_KIND_OF_TERMS"),
        ({"account": "plain", "terms": "gone"}, "NO_LONGER_OFFERED"),
    ],
)
async def test_what_a_list_is_asked_about_has_to_exist(
    shop: Api, asked: dict[str, str], code: str
) -> None:
    """An account or terms that are not there, or bill no subscription, are an error."""
    assert await shop.one.refused(PRICES, **asked) == [code]


async def test_a_list_that_is_too_long_asks_for_less(api: Api) -> None:
    """Two terms with 1,001 rows each are more than 2,000 prices; one of them is not."""
    rows = ", ".join(f"zone-{number}: 1" for number in range(1001))
    product = "{kind: usage_service, name: Far, meters: {channel: sms, unit: segment}}"
    rates = f"{{far: {{table: {{rows: {{{rows}}}}}}}}}"
    text = f"""
products: {{far: {product}}}
price_plans: {{far: {{name: Far, currency: EUR, rates: {rates}}}}}
billing_terms: {{far: {{name: Far, plans: [far]}}, farther: {{name: Farther, plans: [far]}}}}
"""
    await api.other.changed("catalogueApply", "__typename", {"yaml": text})
    await account(api.other, "traveller")
    assert await api.other.refused(PRICES, account="traveller") == ["PRICE_LIST_TOO_LONG"]
    assert len(await prices(api.other, account="traveller", terms="far")) == 1001
    found = await prices(api.other, account="traveller", dimension="zone-9")
    assert "far far far zone-9: 0- 1 for 1 once" in found


async def test_another_sellers_account_is_unknown(shop: Api) -> None:
    """The list never tells what another seller would charge."""
    assert await shop.other.refused(PRICES, account="vip") == ["NOT_FOUND"]
