"""What is billed next, below subscriptions and accounts: as the closing bills it."""

from __future__ import annotations

from tests.graphql.features.billing.selling import FEBRUARY, Selling

NEXT = """
query ($ref: String!) {
  account(ref: $ref) {
    nextInvoices { dueAt subscriptions invoice { total { amount } lines { description
      amount { amount } } } problem { code message } }
    subscriptions { edges { node { id nextInvoice { dueAt subscriptions
      invoice { total { amount } } problem { code } } } } }
    invoices { edges { node { total { amount } lines { description amount { amount } } } } }
  }
}
"""


async def test_one_invoice_for_all_is_previewed_as_it_is_closed(selling: Selling) -> None:
    """Seats at 25.00 and 1500 e-mails at 3.80 in two subscriptions: 28.80, 34.56 with tax."""
    customer = await selling.customer(("mail", "1"), invoice_per="account")
    await selling.another(customer, ("seats", "1"), ref=f"{customer.ref}-t")
    await selling.record(selling.mail(customer.ref, 1500))
    before = (await selling.api.one.ask(NEXT, ref=customer.ref))["account"]
    (one,) = before["nextInvoices"]
    assert (one["dueAt"], one["problem"]) == ("2026-01-31T23:00:00Z", None)
    assert len(one["subscriptions"]) == 2
    assert one["invoice"]["total"] == {"amount": "34.56"}
    await selling.close(FEBRUARY)
    after = (await selling.api.one.ask(NEXT, ref=customer.ref))["account"]
    (edge,) = after["invoices"]["edges"]
    assert edge["node"] == one["invoice"]


async def test_each_subscription_tells_its_own(selling: Selling) -> None:
    """25.00 and 3.80 apart, with 20 % tax."""
    customer = await selling.customer(("mail", "1"))
    await selling.another(customer, ("seats", "1"), ref=f"{customer.ref}-t")
    await selling.record(selling.mail(customer.ref, 1500))
    found = (await selling.api.one.ask(NEXT, ref=customer.ref))["account"]
    totals = sorted(one["invoice"]["total"]["amount"] for one in found["nextInvoices"])
    assert totals == ["30", "4.56"]
    below = [edge["node"]["nextInvoice"] for edge in found["subscriptions"]["edges"]]
    assert sorted(one["invoice"]["total"]["amount"] for one in below) == totals


async def test_what_would_be_parked_is_a_problem_and_no_error(selling: Selling) -> None:
    """A rate that is missing: the subscription says so, and its neighbour is priced."""
    customer = await selling.customer(("seats", "1"))
    bad = await selling.another(customer, ("seats", "1"), ref=f"{customer.ref}-t")
    async with selling.api.transaction() as tx:
        await tx.execute(
            "UPDATE subscription_item SET product_id = (SELECT id FROM product"
            " WHERE tenant_id = $1 AND code = 'unpriced')"
            " WHERE tenant_id = $1 AND subscription_id = $2",
            tx.tenant_id,
            bad,
        )
    found = (await selling.api.one.ask(NEXT, ref=customer.ref))["account"]
    problems = [one["problem"] for one in found["nextInvoices"] if one["problem"]]
    (problem,) = problems
    assert problem["message"].startswith("unpriced: price plan simple")
    totals = [one["invoice"]["total"] for one in found["nextInvoices"] if one["invoice"]]
    assert totals == [{"amount": "30"}]
    below = [edge["node"]["nextInvoice"] for edge in found["subscriptions"]["edges"]]
    assert sorted(one["problem"] is None for one in below) == [False, True]


CREATE = """
mutation ($input: SubscriptionCreateInput!) {
  subscriptionCreate(input: $input) {
    subscription { nextInvoice { dueAt invoice { total { amount } } } }
    userErrors { code }
  }
}
"""


async def test_a_dry_run_of_a_subscription_shows_its_first_invoice(selling: Selling) -> None:
    """Two seats from 10 January: 22 of 31 days of 50.00 are 35.48, 42.58 with tax.

    As the closing bills the one that is made then.
    """
    customer = await selling.customer(("mail", "1"))
    given = {
        "account": customer.ref, "billingTerms": "monthly", "ref": f"{customer.ref}-d",
        "items": [{"product": "seats", "quantity": "2"}],
    }  # fmt: skip
    tried = await selling.api.one.ask(CREATE, input=given | {"dryRun": True})
    expected = {"dueAt": "2026-01-31T23:00:00Z", "invoice": {"total": {"amount": "42.58"}}}
    assert tried["subscriptionCreate"]["subscription"]["nextInvoice"] == expected
    made = await selling.api.one.ask(CREATE, input=given)
    assert made["subscriptionCreate"]["subscription"]["nextInvoice"] == expected
    await selling.close(FEBRUARY)
    billed = await selling.api.one.ask(
        "query ($ref: String!) { subscription(ref: $ref)"
        " { invoices { edges { node { total { amount } } } } } }",
        ref=f"{customer.ref}-d",
    )
    (edge,) = billed["subscription"]["invoices"]["edges"]
    assert edge["node"]["total"] == expected["invoice"]["total"]


async def test_a_dry_run_of_a_change_shows_what_it_leaves(selling: Selling) -> None:
    """A third seat from 10 January on: 9 days of 50.00 and 22 of 75.00, of 31 each.

    14.52 and 53.23 are 67.75, 81.30 with tax. Nothing of it stays: without the seat it is
    50.00, 60.00 with tax.
    """
    customer = await selling.customer(("seats", "2"))
    tried = await selling.api.one.ask(
        "mutation ($input: SubscriptionItemChangeQuantityInput!) {"
        " subscriptionItemChangeQuantity(input: $input) { userErrors { code } subscription {"
        " nextInvoice { invoice { total { amount } } } } } }",
        input={"subscription": f"{customer.ref}-s", "item": "seats", "quantity": "3",
               "dryRun": True},
    )  # fmt: skip
    payload = tried["subscriptionItemChangeQuantity"]
    shown = payload["subscription"]["nextInvoice"]["invoice"]["total"]["amount"]
    found = (await selling.api.one.ask(NEXT, ref=customer.ref))["account"]
    (one,) = found["nextInvoices"]
    assert (shown, one["invoice"]["total"]["amount"]) == ("81.3", "60")
