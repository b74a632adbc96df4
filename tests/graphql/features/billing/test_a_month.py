"""A month of the CRM suite through nothing but the API, from the catalogue to the invoice."""

from __future__ import annotations

from typing import Any

from tests.graphql.features.billing.selling import CRM360, FEBRUARY, JANUARY, NOON, Selling

PRODUCTS = ("profiles", "users", "email", "sms", "postal-corrected", "postal-deduplicated")
DOCUMENT = """net { amount } tax { amount } total { amount currencyCode }
  lines { kind productCode quantity dimension amount { amount } explanation }"""


async def test_level_3_comes_to_1410_net_and_1692_gross(selling: Selling) -> None:
    """The package below its minimum, and purchases beside it.

    Package: 100,000 profiles = 100 thousands x 5.00 = 500.00, 7 users x 20.00 = 140.00:
    640.00, so that 360.00 are missing from the minimum of 1000.00. Purchases: 120,000
    e-mails = 120 x 1.90 = 228.00; 2,000 segments to France x 0.06 = 120.00; 9,200
    addresses corrected = 10 x 4.00 = 40.00; 7,001 deduplicated = 8 x 2.75 = 22.00: 410.00.
    Together 1410.00, and 20 % VAT of 282.00: 1692.00.
    """
    one = selling.api.one
    await one.changed("catalogueApply", "entries { code }", {"yaml": CRM360.read_text("utf-8")})
    selling.clock.at = JANUARY
    made = await one.changed(
        "accountCreate", "account { id }", {"name": "Optimum", "ref": "optimum"}
    )
    account = made["account"]["id"]
    given = {
        "account": "optimum",
        "billingTerms": "monthly",
        "pricePlan": "level-3",
        "items": [{"product": product} for product in PRODUCTS],
    }
    subscribed = await one.changed("subscriptionCreate", "subscription { id }", given)
    subscription = subscribed["subscription"]["id"]
    selling.clock.at = NOON
    await _use_a_month(selling, account)

    query = f"query ($id: ID!) {{ invoicePreview(subscription: $id) {{ {DOCUMENT} }} }}"
    preview = (await one.ask(query, id=subscription))["invoicePreview"]
    await selling.close(FEBRUARY)
    query = f"""query ($id: ID!) {{ account(id: $id) {{ invoices {{ edges {{ node {{
      number {DOCUMENT} }} }} }} }} }}"""
    (edge,) = (await one.ask(query, id=account))["account"]["invoices"]["edges"]
    invoice = edge["node"]
    assert invoice.pop("number").startswith("INV-")
    assert preview == invoice
    assert invoice["net"] == {"amount": "1410"}
    assert invoice["tax"] == {"amount": "282"}
    assert invoice["total"] == {"amount": "1692", "currencyCode": "EUR"}
    amounts = {
        (line["kind"], line["productCode"]): (line["quantity"], line["amount"]["amount"])
        for line in invoice["lines"]
    }
    assert amounts == {
        ("GAUGE", "profiles"): ("100000", "500"),
        ("GAUGE", "users"): ("7", "140"),
        ("USAGE", "email"): ("120000", "228"),
        ("USAGE", "sms"): ("2000", "120"),
        ("USAGE", "postal-corrected"): ("9200", "40"),
        ("USAGE", "postal-deduplicated"): ("7001", "22"),
        ("COMMITMENT", None): ("1", "360"),
    }
    assert all(line["explanation"] for line in invoice["lines"])
    await _everything_is_billed(selling)


async def _use_a_month(selling: Selling, account: str) -> None:
    """Report the month's usage and the gauges, by id and by ref."""
    texts = [
        selling.mail("optimum", event={"sms": {"to": f"+336123456{n:02}", "segments": 100}})
        for n in range(20)
    ]
    payload = await selling.record(
        selling.mail(account, 70_000),
        selling.mail("optimum", 50_000),
        _addresses(selling, "CORRECTED", 9200),
        _addresses(selling, "DEDUPLICATED", 7001),
        *texts,
    )
    assert payload["counts"]["accepted"] == 24, payload["verdicts"]
    readings: list[dict[str, Any]] = [
        {
            "account": "optimum",
            "gauge": gauge,
            "value": value,
            "at": "2026-01-03T08:00:00+01:00",
            "source": "crm",
            "id": f"{gauge}-1",
        }
        for gauge, value in (("profiles", "100000"), ("users", "7"))
    ]
    answered = await selling.api.one.changed(
        "gaugeSet", "verdicts { verdict }", {"readings": readings}
    )
    assert [each["verdict"] for each in answered["verdicts"]] == ["ACCEPTED"] * 2


def _addresses(selling: Selling, operation: str, count: int) -> dict[str, Any]:
    event = {"postal": {"operation": operation, "addresses": count}}
    return selling.mail("optimum", event=event)


async def _everything_is_billed(selling: Selling) -> None:
    """24 events were received on the day, and all of them are on the invoice."""
    query = """{ reconciliation(from: "2026-01-10", to: "2026-01-10") {
      received billed isBalanced } }"""
    days = (await selling.api.one.ask(query))["reconciliation"]
    assert sum(day["received"] for day in days) == 24
    assert sum(day["billed"] for day in days) == 24
    assert all(day["isBalanced"] for day in days)
