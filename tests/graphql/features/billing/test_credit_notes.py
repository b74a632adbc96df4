"""Credit notes through GraphQL: making, reading and listing them."""

from __future__ import annotations

from typing import Any

import pytest

from api.features.credit_notes.types import CREDIT_NOTE_ID
from core.kernel.ids import new_id
from tests.graphql.features.billing.selling import Selling
from tests.graphql.features.billing.test_invoices import billed, listed

NOTE = """id number scope reason issueDate net { amount } tax { amount } total { amount }
  lineCount taxes { rate net { amount } tax { amount } }
  corrects { number settlement { credited { amount } outstanding { amount }
    corrected { amount } } }
  lines(first: 5) { correctsLine line { kind description quantity amount { amount }
    working { kind label amount facts { name value } } } }"""
CREATE = f"""mutation ($input: CreditNoteCreateInput!) {{ creditNoteCreate(input: $input) {{
  creditNote {{ {NOTE} }} userErrors {{ code path }} }} }}"""
LISTS = """query ($account: ID!, $invoice: ID!) {
  account(id: $account) { creditNotes { edges { node { number } } } }
  invoice(id: $invoice) { creditNotes { edges { node { number total { amount } } } } }
  creditNotes(where: {account: $account}) { edges { node { number } } }
  invoices(where: {account: $account}) { totalCount } }"""


async def created(selling: Selling, **given: Any) -> dict[str, Any]:
    """Make a credit note, and return the answer."""
    answer = await selling.api.one.ask(CREATE, input={"reason": "A complaint", **given})
    found: dict[str, Any] = answer["creditNoteCreate"]
    return found


async def invoice_of(selling: Selling) -> tuple[str, str]:
    """A customer's id and its invoice of 66.84: 2 seats at 25.00, e-mails for 5.70."""
    customer = await billed(selling)
    (invoice,) = await listed(selling, {"account": customer.ref})
    return customer.id, invoice["id"]


async def test_a_line_is_credited_with_its_tax_and_settles_the_invoice(
    selling: Selling,
) -> None:
    """One of two seats, 25.00 and 5.00 tax: 36.84 are owed of 66.84."""
    account, invoice = await invoice_of(selling)
    answer = await created(
        selling, invoice=invoice, scope="LINES", lines=[{"line": 1, "amount": "25"}]
    )
    note = answer["creditNote"]
    assert answer["userErrors"] == []
    assert (note["scope"], note["reason"]) == ("LINES", "A complaint")
    assert [note[name]["amount"] for name in ("net", "tax", "total")] == ["25", "5", "30"]
    assert note["taxes"] == [{"rate": "20", "net": {"amount": "25"}, "tax": {"amount": "5"}}]
    assert note["corrects"]["settlement"] == {
        "credited": {"amount": "30"},
        "outstanding": {"amount": "36.84"},
        "corrected": {"amount": "30"},
    }
    (line,) = note["lines"]
    assert line["correctsLine"] == 1
    assert line["line"]["amount"] == {"amount": "25"}
    (step,) = line["line"]["working"]
    assert {"name": "line", "value": "1"} in step["facts"]
    lists = await selling.api.one.ask(LISTS, account=account, invoice=invoice)
    node = {"number": note["number"]}
    assert lists["account"]["creditNotes"]["edges"] == [{"node": node}]
    assert lists["creditNotes"]["edges"] == [{"node": node}]
    assert lists["invoice"]["creditNotes"]["edges"] == [
        {"node": node | {"total": {"amount": "30"}}}
    ]
    assert lists["invoices"] == {"totalCount": 1}


async def test_a_credit_note_is_found_by_number_and_id_and_is_no_invoice(
    selling: Selling,
) -> None:
    """Also as a node; its number leads to no invoice."""
    _account, invoice = await invoice_of(selling)
    note = (await created(selling, invoice=invoice, scope="AMOUNT", amount="6.68"))[
        "creditNote"
    ]
    query = """query ($id: ID!, $number: String!) {
      byId: creditNote(id: $id) { number } byNumber: creditNote(number: $number) { id }
      node(id: $id) { id ... on CreditNote { number } }
      invoice(number: $number) { id } }"""
    found = await selling.api.one.ask(query, id=note["id"], number=note["number"])
    assert found["byId"] == {"number": note["number"]}
    assert found["byNumber"] == {"id": note["id"]}
    assert found["node"] == {"id": note["id"], "number": note["number"]}
    assert found["invoice"] is None
    foreign = await selling.api.other.ask(query, id=note["id"], number=note["number"])
    assert foreign == {"byId": None, "byNumber": None, "node": None, "invoice": None}


async def test_a_dry_run_shows_the_note_and_leaves_nothing(selling: Selling) -> None:
    """All of 66.84, with its lines and the settled invoice; then nothing is there."""
    account, invoice = await invoice_of(selling)
    dry = await created(selling, invoice=invoice, scope="WHOLE", dryRun=True)
    note = dry["creditNote"]
    assert (note["total"]["amount"], note["lineCount"]) == ("66.84", 2)
    assert [line["correctsLine"] for line in note["lines"]] == [1, 2]
    assert note["corrects"]["settlement"]["outstanding"] == {"amount": "0"}
    lists = await selling.api.one.ask(LISTS, account=account, invoice=invoice)
    assert lists["account"]["creditNotes"]["edges"] == []


async def test_a_repeated_request_makes_one_note(selling: Selling) -> None:
    """The same key answers the same note; another request under it is refused."""
    _account, invoice = await invoice_of(selling)
    asked = {"invoice": invoice, "scope": "AMOUNT", "idempotencyKey": f"credit-{new_id()}"}
    first = await created(selling, **asked, amount="1")
    again = await created(selling, **asked, amount="1")
    assert first["creditNote"]["number"] == again["creditNote"]["number"]
    other = await created(selling, **asked, amount="2")
    assert other["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"scope": "AMOUNT", "amount": "66.85"}, "CREDIT_EXCEEDS_INVOICE", ["amount"]),
        ({"scope": "AMOUNT", "amount": "0.001"}, "AMOUNT_TOO_FINE", []),
        ({"scope": "AMOUNT"}, "CREDIT_SCOPE_REFUSED", ["scope"]),
        ({"scope": "WHOLE", "amount": "1"}, "CREDIT_SCOPE_REFUSED", ["scope"]),
        (
            {"scope": "LINES", "lines": [{"line": 9}]},
            "INVOICE_LINE_UNKNOWN",
            ["lines", "0", "line"],
        ),
        (
            {"scope": "LINES", "lines": [{"line": 1, "amount": "50.01"}]},
            "CREDIT_EXCEEDS_INVOICE",
            ["lines", "0", "amount"],
        ),
        ({"scope": "WHOLE", "reason": " "}, "INVALID_TEXT", ["reason"]),
    ],
)
async def test_what_is_refused_changes_nothing(
    selling: Selling, given: dict[str, Any], code: str, path: list[str]
) -> None:
    """Each refusal with its path; the account has no credit note."""
    account, invoice = await invoice_of(selling)
    answer = await created(selling, invoice=invoice, **given)
    assert answer["creditNote"] is None
    assert answer["userErrors"] == [{"code": code, "path": ["input", *path]}]
    lists = await selling.api.one.ask(LISTS, account=account, invoice=invoice)
    assert lists["account"]["creditNotes"]["edges"] == []


async def test_an_invoice_of_somebody_else_is_unknown(selling: Selling) -> None:
    """To another seller, and an id that is of a credit note."""
    _account, invoice = await invoice_of(selling)
    given = {"invoice": invoice, "scope": "WHOLE", "reason": "A complaint"}
    answer = await selling.api.other.ask(CREATE, input=given)
    (error,) = answer["creditNoteCreate"]["userErrors"]
    assert error == {"code": "NOT_FOUND", "path": ["input", "invoice"]}
    note = CREDIT_NOTE_ID.encode(new_id())
    wrong = await created(selling, invoice=note, scope="WHOLE")
    assert wrong["userErrors"][0]["code"] == "INVALID_ID"


async def test_what_changes_give_back_by_themselves_is_not_offered(selling: Selling) -> None:
    """A note may show the scope UNUSED; nobody may ask for it."""
    query = """{
      shown: __type(name: "CreditNoteScope") { enumValues { name } }
      asked: __type(name: "CreditNoteCreateScope") { enumValues { name } }
    }"""
    answer = await selling.api.one.ask(query)
    names = {what: [one["name"] for one in each["enumValues"]] for what, each in answer.items()}
    assert names == {
        "shown": ["WHOLE", "LINES", "AMOUNT", "UNUSED"],
        "asked": ["WHOLE", "LINES", "AMOUNT"],
    }
