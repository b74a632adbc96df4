"""Payments through the API: recording, reporting, using, giving back, collecting."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graphql.api_clients import Api
from tests.graphql.features.paying import customer, method, move, sell_seats, shown

NUMBER = """
query ($ref: String!) {
  account(ref: $ref) { invoices { edges { node { number } } } }
}
"""


@pytest.fixture(scope="module")
async def seller(api: Api) -> Api:
    """Two sellers with the same catalogue."""
    return await sell_seats(api)


async def test_a_transfer_is_recorded_and_what_is_left_stays(seller: Api) -> None:
    """40.00 for an invoice of 30.00: 10.00 is left; the same reference is booked once."""
    await customer(seller.one, "transfer")
    given = {"account": "transfer", "amount": "40.00", "reference": "T-1"}

    for _time in range(2):
        await seller.one.changed("paymentRecord", "payment { id }", given)

    found = await shown(seller.one, "transfer")
    assert found["balance"] == {"owed": {"amount": "0"}, "credit": {"amount": "10"}}
    (invoice,) = found["invoices"]
    assert (invoice["paymentState"], invoice["payBy"]) == (
        "SETTLED",
        "2026-01-15T00:00:00Z",
    )
    assert invoice["allocations"] == [
        {
            "amount": {"amount": "30"},
            "credit": {"kind": "PAYMENT", "payment": {"reference": "T-1"}},
            "invoice": {"id": invoice["id"]},
        }
    ]
    assert [one["reference"] for one in found["payments"]] == ["T-1"]
    assert invoice["dunning"]["state"] == "SETTLED"


async def test_invoices_are_named_by_number_too(seller: Api) -> None:
    """10.00 are recorded for the invoice of 30.00, 5.00 more allocated: 15.00 are owed."""
    await customer(seller.one, "numbers")
    number = (await seller.one.ask(NUMBER, ref="numbers"))["account"]["invoices"]["edges"][0][
        "node"
    ]["number"]
    given = {
        "account": "numbers", "amount": "10.00", "reference": "B-1", "invoices": [number],
    }  # fmt: skip
    await seller.one.changed("paymentRecord", "payment { id }", given)
    later = {"account": "numbers", "amount": "5.00", "reference": "B-2", "invoices": []}
    payment = await seller.one.changed("paymentRecord", "payment { id }", later)

    await seller.one.changed(
        "paymentAllocate",
        "invoice { number }",
        {"payment": payment["payment"]["id"], "invoice": number},
    )

    found = await shown(seller.one, "numbers")
    assert found["balance"] == {"owed": {"amount": "15"}, "credit": {"amount": "0"}}


async def test_what_is_left_settles_the_next_invoice(seller: Api) -> None:
    """10.00 is left in January; the February invoice of 30.00 owes 20.00."""
    await customer(seller.one, "next")
    given = {"account": "next", "amount": "40.00", "reference": "N-1"}
    await seller.one.changed("paymentRecord", "payment { id }", given)

    await move(seller.one, "next", "2026-02-01T00:00:00Z")

    found = await shown(seller.one, "next")
    assert found["balance"] == {"owed": {"amount": "20"}, "credit": {"amount": "0"}}


async def test_another_payment_of_the_same_reference_is_refused(seller: Api) -> None:
    """And nothing changed."""
    await customer(seller.one, "twice")
    given = {"account": "twice", "amount": "5.00", "reference": "W-1"}
    await seller.one.changed("paymentRecord", "payment { id }", given)

    codes = await seller.one.codes("paymentRecord", given | {"amount": "6.00"})

    assert codes == [("PAYMENT_REFERENCE_TAKEN", "input.reference")]
    assert len((await shown(seller.one, "twice"))["payments"]) == 1


async def test_a_card_pays_when_the_invoice_is_made(seller: Api) -> None:
    """The gateway `test` succeeds: nothing is owed, and the payment names its card."""
    await customer(seller.one, "card", card="ok")
    await move(seller.one, "card", "2026-01-01T00:00:00Z")

    found = await shown(seller.one, "card")

    (invoice,) = found["invoices"]
    (collection,) = invoice["collections"]
    assert collection == {
        "state": "SUCCEEDED",
        "attempts": 1,
        "gateway": "test",
        "amount": {"amount": "30"},
        "method": {"label": "Visa 4242"},
        "invoice": {"id": invoice["id"]},
    }
    (payment,) = found["payments"]
    assert (payment["gateway"], payment["method"]) == ("test", {"label": "Visa 4242"})
    assert found["balance"]["owed"] == {"amount": "0"}


async def test_a_declined_card_is_collected_again_by_hand(seller: Api) -> None:
    """The first attempt fails, and no retry is agreed; another card pays."""
    await customer(seller.one, "again", card="declined")
    await move(seller.one, "again", "2026-01-02T00:00:00Z")
    (invoice,) = (await shown(seller.one, "again"))["invoices"]
    assert [(one["state"], one["attempts"]) for one in invoice["collections"]] == [
        ("FAILED", 1)
    ]
    second = await seller.one.changed(
        "paymentMethodAdd", "paymentMethod { id isDefault }", method("again", "ok")
    )
    assert second["paymentMethod"]["isDefault"] is False

    key = second["paymentMethod"]["id"]
    await seller.one.changed(
        "invoiceCollect",
        "collection { state amount { amount } }",
        {"invoice": invoice["id"], "paymentMethod": key},
    )
    await move(seller.one, "again", "2026-01-03T00:00:00Z")

    found = await shown(seller.one, "again")
    assert found["invoices"][0]["paymentState"] == "SETTLED"
    assert await seller.one.codes("invoiceCollect", {"invoice": invoice["id"]}) == [
        ("NOTHING_TO_SETTLE", "input.invoice")
    ]


async def test_an_unpaid_invoice_shows_its_dunning(seller: Api) -> None:
    """To be paid by 15 January, reminded of on the 18th, overdue from the 15th on."""
    await customer(seller.one, "late")

    await move(seller.one, "late", "2026-01-19T00:00:00Z")

    (invoice,) = (await shown(seller.one, "late"))["invoices"]
    assert invoice["paymentState"] == "OVERDUE"
    assert invoice["dunning"] == {
        "state": "OPEN",
        "nextAt": "2026-02-04T00:00:00Z",
        "hasSuspended": False,
        "actions": [{"kind": "REMINDER", "at": "2026-01-18T00:00:00Z"}],
    }


async def test_kept_money_is_allocated_applied_and_given_back(seller: Api) -> None:
    """100.00 kept: 20.00 for the invoice, then the 10.00 it still owes, and 70.00 back."""
    await customer(seller.one, "kept")
    given = {"account": "kept", "amount": "100.00", "reference": "K-1", "invoices": []}
    paid = await seller.one.changed("paymentRecord", "payment { id credit { id } }", given)
    payment, credit = paid["payment"]["id"], paid["payment"]["credit"]["id"]
    (invoice,) = (await shown(seller.one, "kept"))["invoices"]

    part = await seller.one.changed(
        "paymentAllocate",
        "payment { credit { left { amount } } } invoice { paymentState }",
        {"payment": payment, "invoice": invoice["id"], "amount": "20.00"},
    )
    assert part["payment"] == {"credit": {"left": {"amount": "80"}}}
    assert part["invoice"] == {"paymentState": "OPEN"}
    rest = await seller.one.changed(
        "creditApply", "applied { amount } invoices { paymentState }", {"account": "kept"}
    )
    assert rest["applied"] == {"amount": "10"}
    back = await seller.one.changed(
        "refundRequest",
        "refund { state gateway } credit { left { amount } refunded { amount } }",
        {"credit": credit, "reference": "transfer 7"},
    )

    assert back["refund"] == {"state": "DONE", "gateway": "manual"}
    assert back["credit"] == {"left": {"amount": "0"}, "refunded": {"amount": "70"}}
    assert await seller.one.codes("creditApply", {"account": "kept"}) == [
        ("NOTHING_TO_SETTLE", "input.account")
    ]
    assert await seller.one.codes("refundRequest", {"credit": credit}) == [
        ("NOTHING_TO_SETTLE", "input.credit")
    ]


async def test_a_dry_run_moves_no_money(seller: Api) -> None:
    """The answer is as usual; no row is written."""
    await customer(seller.one, "dry")
    before = await seller.rows("payment", "account_credit", "allocation", "audit_entry")

    answer = await seller.one.changed(
        "paymentRecord",
        "payment { credit { left { amount } } }",
        {"account": "dry", "amount": "35.00", "reference": "D-1", "dryRun": True},
    )

    assert answer["payment"] == {"credit": {"left": {"amount": "5"}}}
    assert await seller.rows(*before) == before


async def test_a_gateway_reports_once(seller: Api) -> None:
    """The same reference three times is one payment; an unknown gateway is refused."""
    await customer(seller.one, "reported")
    given = {"account": "reported", "amount": "30.00", "reference": "R-1", "gateway": "test"}

    answers = [
        await seller.one.changed("paymentReport", "payment { id }", given) for _time in range(3)
    ]

    assert len({answer["payment"]["id"] for answer in answers}) == 1
    assert (await shown(seller.one, "reported"))["balance"]["owed"] == {"amount": "0"}
    codes = await seller.one.codes("paymentReport", given | {"gateway": "nobody"})
    assert codes == [("GATEWAY_REFUSED", "input.gateway")]


@pytest.mark.parametrize(
    ("wrong", "code", "path"),
    [
        ({"amount": "0"}, "PAYMENT_REFUSED", "input.amount"),
        ({"amount": "1.001"}, "PAYMENT_REFUSED", "input.amount"),
        ({"reference": " "}, "INVALID_TEXT", "input.reference"),
        ({"currency": "XXX1"}, "UNKNOWN_CURRENCY", "input.currency"),
        ({"receivedAt": "2026-02-01T00:00:00Z"}, "PAYMENT_REFUSED", "input.receivedAt"),
        ({"account": "nobody"}, "NOT_FOUND", "input.account"),
    ],
)
async def test_what_is_no_payment_is_refused(
    seller: Api, wrong: dict[str, Any], code: str, path: str
) -> None:
    """And nothing changed."""
    name = f"wrong-{code}-{path}-{len(str(wrong))}".lower().replace(".", "-")
    await customer(seller.one, name)
    before = await seller.rows("payment", "account_credit")
    given = {"account": name, "amount": "5.00", "reference": name} | wrong

    assert await seller.one.codes("paymentRecord", given) == [(code, path)]

    assert await seller.rows(*before) == before


async def test_another_sellers_money_is_unknown(seller: Api) -> None:
    """By id, by allocation, by refund and by method."""
    await customer(seller.one, "mine", card="declined")
    await customer(seller.other, "theirs")
    given = {"account": "mine", "amount": "5.00", "reference": "M-1", "invoices": []}
    paid = await seller.one.changed("paymentRecord", "payment { id credit { id } }", given)
    (own,) = (await shown(seller.one, "mine"))["invoices"]
    (theirs,) = (await shown(seller.other, "theirs"))["invoices"]
    payment, credit = paid["payment"]["id"], paid["payment"]["credit"]["id"]
    card = (await shown(seller.one, "mine"))["paymentMethods"][0]["id"]

    codes = seller.other.codes
    allocating = {"payment": payment, "invoice": theirs["id"]}
    assert await codes("paymentAllocate", allocating) == [("NOT_FOUND", "input.payment")]
    assert await codes("refundRequest", {"credit": credit}) == [("NOT_FOUND", "input.credit")]
    assert await codes("paymentMethodRemove", {"paymentMethod": card}) == [
        ("NOT_FOUND", "input.paymentMethod")
    ]
    assert await codes("invoiceCollect", {"invoice": own["id"]}) == [
        ("NOT_FOUND", "input.invoice")
    ]
    for key in (payment, credit, card):
        found = await seller.other.ask("query ($id: ID!) { node(id: $id) { id } }", id=key)
        assert found["node"] is None
