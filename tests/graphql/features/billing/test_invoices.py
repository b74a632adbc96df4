"""Reading invoices through GraphQL: their lines, working and settlement, lists and preview."""

from __future__ import annotations

from typing import Any

import pytest

from api.features.invoices.types import INVOICE_ID
from api.features.subscriptions.types import SUBSCRIPTION_ID
from core.kernel.ids import new_id
from tests.graphql.features.billing.selling import FEBRUARY, MARCH, NOON, Customer, Selling

MONEY = "{ amount currencyCode }"
LINES = """lines {
  number kind description productCode subscriptionId isDifference quantity unit explanation
  amount { amount } net { amount } tax { amount } gross { amount } taxClass taxRate
  period { firstDay lastDay }
  working { kind label quantity unitPrice amount facts { name value } }
}"""
DOCUMENT = f"""currency taxMode dueAt lineCount net {MONEY} tax {MONEY} total {MONEY}
  taxes {{ rate net {{ amount }} tax {{ amount }} gross {{ amount }} }} {LINES}"""
INVOICE = f"""id number issueDate {DOCUMENT}
  seller {{ name country }} buyer {{ name country email address {{ city }} }}
  settlement {{ paid {{ amount }} credited {{ amount }} outstanding {{ amount }} }}
  account {{ ref }} subscription {{ ref }}"""
LIST = """query ($where: InvoiceWhere, $first: Int, $after: String, $order: InvoiceOrder) {
  invoices(where: $where, first: $first, after: $after, orderBy: $order) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node { id number issueDate total { amount } } } } }"""


async def billed(selling: Selling, recipients: int = 2500) -> Customer:
    """A customer with 2 seats and e-mails, billed for January.

    2 x 25.00 = 50.00 and, of 2,500 e-mails, 3 started thousands x 1.90 = 5.70: 55.70, with
    20 % VAT 66.84.
    """
    selling.clock.at = NOON
    customer = await selling.customer(("seats", "2"), ("mail", "1"))
    await selling.record(selling.mail(customer.ref, recipients))
    await selling.close(FEBRUARY)
    return customer


async def listed(selling: Selling, where: dict, order: str = "FIRST") -> list[dict[str, Any]]:
    """The invoices of a filter."""
    answer = await selling.api.one.ask(LIST, where=where, order=order)
    return [edge["node"] for edge in answer["invoices"]["edges"]]


async def only_invoice(selling: Selling, customer: Customer) -> dict[str, Any]:
    """A customer's single invoice, whole."""
    (found,) = await listed(selling, {"account": customer.ref})
    query = f"query ($id: ID!) {{ invoice(id: $id) {{ {INVOICE} }} }}"
    answer: dict[str, Any] = (await selling.api.one.ask(query, id=found["id"]))["invoice"]
    return answer


async def test_an_invoice_shows_how_every_amount_was_arrived_at(selling: Selling) -> None:
    """Lines with their working, a sentence for each, taxes, parties, settlement."""
    customer = await billed(selling)
    invoice = await only_invoice(selling, customer)
    assert (invoice["taxMode"], invoice["lineCount"]) == ("EXCLUSIVE", 2)
    assert invoice["net"] == {"amount": "55.7", "currencyCode": "EUR"}
    assert (invoice["tax"]["amount"], invoice["total"]["amount"]) == ("11.14", "66.84")
    assert invoice["taxes"] == [
        {
            "rate": "20",
            "net": {"amount": "55.7"},
            "tax": {"amount": "11.14"},
            "gross": {"amount": "66.84"},
        }
    ]
    seats, mails = invoice["lines"]
    assert (seats["kind"], seats["productCode"], seats["quantity"]) == ("FEE", "seats", "2")
    assert seats["amount"]["amount"] == "50"
    assert (mails["kind"], mails["productCode"], mails["quantity"]) == ("USAGE", "mail", "2500")
    assert mails["amount"]["amount"] == "5.7"
    assert mails["period"] == {"firstDay": "2026-01-01", "lastDay": "2026-01-31"}
    assert mails["subscriptionId"] == customer.subscription
    (step,) = mails["working"]
    assert (step["quantity"], step["unitPrice"], step["amount"]) == ("3", "1.9", "5.7")
    assert mails["explanation"].endswith("3 \u00d7 1.9 = 5.7")
    assert invoice["seller"] == {"name": "One", "country": "FR"}
    assert invoice["buyer"] == {
        "name": customer.ref,
        "country": "FR",
        "email": None,
        "address": {"city": None},
    }
    assert invoice["settlement"] == {
        "paid": {"amount": "0"},
        "credited": {"amount": "0"},
        "outstanding": {"amount": "66.84"},
    }
    assert invoice["account"]["ref"] == customer.ref
    assert invoice["subscription"]["ref"] == f"{customer.ref}-s"


async def test_late_usage_names_the_period_that_it_belongs_to(selling: Selling) -> None:
    """600 e-mails of January arrive in February: 3,100 are 4 thousands, 1.90 more."""
    customer = await billed(selling)
    late = selling.mail(customer.ref, 600, occurredAt="2026-01-20T12:00:00+01:00")
    assert await selling.outcomes(late) == ["ACCEPTED"]
    await selling.close(MARCH)
    found = await listed(selling, {"account": customer.ref})
    assert [each["total"]["amount"] for each in found] == ["66.84", "62.28"]
    query = f"query ($id: ID!) {{ invoice(id: $id) {{ {LINES} }} }}"
    invoice = (await selling.api.one.ask(query, id=found[1]["id"]))["invoice"]
    (difference,) = [line for line in invoice["lines"] if line["isDifference"]]
    assert (difference["amount"]["amount"], difference["quantity"]) == ("1.9", "600")
    assert difference["period"] == {"firstDay": "2026-01-01", "lastDay": "2026-01-31"}
    assert difference["explanation"].startswith("Difference for 2026-01-01 to 2026-01-31: ")


async def test_an_invoice_is_found_by_its_number(selling: Selling) -> None:
    """In any case of letters; what is no number of ours leads to nothing."""
    invoice = await only_invoice(selling, await billed(selling))
    query = "query ($number: String!) { invoice(number: $number) { id } }"
    for text, found in (
        (invoice["number"], {"id": invoice["id"]}),
        (invoice["number"].lower(), {"id": invoice["id"]}),
        ("INV-999999", None),
        ("no number", None),
    ):
        assert (await selling.api.one.ask(query, number=text))["invoice"] == found
    both = "{ invoice { id } }"
    assert await selling.api.one.refused(both) == ["ONE_NAME_ONLY"]


async def test_accounts_and_subscriptions_have_their_invoices(selling: Selling) -> None:
    """An invoice for a whole account is among those of each subscription that it charges."""
    selling.clock.at = NOON
    customer = await selling.customer(("seats", "1"), invoice_per="account")
    other = await selling.another(customer, ("seats", "3"), ref=f"{customer.ref}-other")
    await selling.close(FEBRUARY)
    query = """query ($account: ID!, $one: ID!, $other: ID!) {
      account(id: $account) { invoices { edges { node { id total { amount } } } } }
      one: subscription(id: $one) { invoices { edges { node { id total { amount } } } } }
      other: subscription(id: $other) { invoices { edges { node { id total { amount } } } } }
    }"""
    answer = await selling.api.one.ask(
        query,
        account=customer.id,
        one=customer.subscription,
        other=SUBSCRIPTION_ID.encode(other),
    )
    # 1 + 3 seats are 100.00, with 20 % VAT 120.00.
    (edge,) = answer["account"]["invoices"]["edges"]
    assert edge["node"]["total"]["amount"] == "120"
    assert answer["one"] == answer["other"] == answer["account"]


async def test_lines_of_many_invoices_take_one_statement(selling: Selling) -> None:
    """Lists, lines and accounts: as many statements for five invoices as for one."""
    for _customer in range(5):
        await billed(selling)
    query = f"""query ($first: Int) {{ invoices(first: $first) {{ edges {{ node {{
      account {{ ref }} subscription {{ ref }} {LINES} }} }} }} }}"""
    with selling.api.statements() as one:
        await selling.api.one.ask(query, first=1)
    with selling.api.statements() as five:
        answer = await selling.api.one.ask(query, first=5)
    assert len(answer["invoices"]["edges"]) == 5
    assert len(five) == len(one)
    nested = """query ($first: Int) { accounts(first: $first) { edges { node {
      invoices(first: 2) { edges { node { number } } } } } } }"""
    with selling.api.statements() as one:
        await selling.api.one.ask(nested, first=1)
    with selling.api.statements() as five:
        await selling.api.one.ask(nested, first=5)
    assert len(five) == len(one)


async def test_lines_are_read_in_parts(selling: Selling) -> None:
    """One line, and the one behind it; beyond the bounds it is refused."""
    invoice = await only_invoice(selling, await billed(selling))
    query = """query ($id: ID!, $first: Int!, $after: Int!) {
      invoice(id: $id) { lines(first: $first, after: $after) { number } } }"""

    async def numbers(first: int, after: int) -> list[int]:
        answer = await selling.api.one.ask(query, id=invoice["id"], first=first, after=after)
        return [line["number"] for line in answer["invoice"]["lines"]]

    assert await numbers(1, 0) == [1]
    assert await numbers(1, 1) == [2]
    assert await numbers(500, 2) == []
    for first, after in ((0, 0), (501, 0), (1, -1)):
        codes = await selling.api.one.refused(query, id=invoice["id"], first=first, after=after)
        assert codes == ["LINES_OUT_OF_BOUNDS"]


async def test_a_preview_shows_the_invoice_to_come(selling: Selling) -> None:
    """The same lines and totals as the invoice that is made afterwards; nothing is stored."""
    selling.clock.at = NOON
    customer = await selling.customer(("seats", "2"), ("mail", "1"))
    await selling.record(selling.mail(customer.ref, 2500))
    tables = ("invoice", "invoice_line", "billing_step", "fee_slice")
    before = await selling.api.rows(*tables)
    query = f"""query ($subscription: ID!, $at: DateTime) {{
      invoicePreview(subscription: $subscription, at: $at) {{ __typename {DOCUMENT} }} }}"""
    answer = await selling.api.one.ask(query, subscription=customer.subscription)
    preview = answer["invoicePreview"]
    assert preview.pop("__typename") == "InvoicePreview"
    by_ref = await selling.api.one.ask(
        query, subscription=f"{customer.ref}-s", at="2026-01-15T00:00:00Z"
    )
    assert by_ref["invoicePreview"]["total"] == preview["total"]
    assert await selling.api.rows(*tables) == before
    await selling.close(FEBRUARY)
    invoice = await only_invoice(selling, customer)
    assert preview == {name: invoice[name] for name in preview}


async def test_what_cannot_be_previewed_says_why(selling: Selling) -> None:
    """Unknown, another seller's, or nothing due from that instant on."""
    selling.clock.at = NOON
    customer = await selling.customer(("seats", "1"))
    query = """query ($subscription: ID!, $at: DateTime) {
      invoicePreview(subscription: $subscription, at: $at) { lineCount } }"""
    absent = SUBSCRIPTION_ID.encode(new_id())
    assert await selling.api.one.refused(query, subscription=absent) == ["NOT_FOUND"]
    foreign = await selling.api.other.refused(query, subscription=customer.subscription)
    assert foreign == ["NOT_FOUND"]
    late = await selling.api.one.refused(
        query, subscription=customer.subscription, at="2027-01-01T00:00:00Z"
    )
    assert late == ["NOTHING_TO_PREVIEW"]
    behind_another = await selling.api.one.refused(
        query, subscription=customer.subscription, at="2026-02-02T00:00:00Z"
    )
    assert behind_another == ["NOTHING_TO_PREVIEW"]  # January's is not made yet


async def test_current_usage_is_priced_so_far(selling: Selling) -> None:
    """1,001 e-mails are 2 started thousands: 3.80; the seats are not usage."""
    selling.clock.at = NOON
    customer = await selling.customer(("seats", "2"), ("mail", "1"))
    query = """query ($id: ID!) { subscription(id: $id) { currentUsage {
      startsAt endsAt currency amount { amount }
      billed { amount } unbilled { amount } unbilledEvents
      lines { productCode quantity amount { amount } explanation working { quantity } } } } }"""
    empty = await selling.api.one.ask(query, id=customer.subscription)
    assert empty["subscription"]["currentUsage"]["lines"] == []
    await selling.record(selling.mail(customer.ref, 1001))
    answer = await selling.api.one.ask(query, id=customer.subscription)
    usage = answer["subscription"]["currentUsage"]
    assert (usage["startsAt"], usage["endsAt"]) == (
        "2025-12-31T23:00:00Z",
        "2026-01-31T23:00:00Z",
    )
    assert usage["amount"] == usage["unbilled"] == {"amount": "3.8"}
    assert (usage["billed"], usage["unbilledEvents"]) == ({"amount": "0"}, 1)
    (line,) = usage["lines"]
    assert (line["productCode"], line["quantity"]) == ("mail", "1001")
    assert line["working"] == [{"quantity": "2"}]


async def test_another_sellers_invoices_cannot_be_seen(selling: Selling) -> None:
    """By id, by number, as a node, in a list, below an account: as if there were none."""
    customer = await billed(selling)
    invoice = await only_invoice(selling, customer)
    other = selling.api.other
    absent = INVOICE_ID.encode(new_id())
    for found in (invoice["id"], absent):
        answer = await other.ask(
            "query ($id: ID!) { node(id: $id) { id } invoice(id: $id) { id } }", id=found
        )
        assert answer == {"node": None, "invoice": None}
    by_number = await other.ask(
        "query ($n: String!) { invoice(number: $n) { id } }", n=invoice["number"]
    )
    assert by_number["invoice"] is None
    for where in ({"account": customer.id}, {"subscription": customer.subscription}, None):
        answer = await other.ask(LIST, where=where)
        assert (answer["invoices"]["edges"], answer["invoices"]["totalCount"]) == ([], 0)


@pytest.mark.parametrize(
    "query",
    [
        "{ invoices { edges { node { id } } } }",
        '{ invoice(number: "INV-000001") { id } }',
        '{ invoicePreview(subscription: "x") { lineCount } }',
        "{ accounts { edges { node { invoices { totalCount } } } } }",
    ],
)
async def test_reading_invoices_needs_its_own_capability(selling: Selling, query: str) -> None:
    """A key that may read accounts reads no invoice."""
    await billed(selling)
    reader = await selling.api.key_with("account.read")
    assert set(await reader.refused(query)) == {"FORBIDDEN"}
