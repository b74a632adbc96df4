"""An event that a third party has priced is stored at its amount, with its tax, or refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import orjson
import pytest

from core.db import Database
from core.plugin_host import PluginHost
from core.rating.prerated import Prerated
from core.subscriptions.records import Subscription
from core.tenancy.create_tenant import CreatedTenant
from core.usage.amend import usage_amend
from core.usage.bulk import BulkIngest, ingest_lines
from core.usage.void import usage_void
from plugins.ott.event import OttDirective
from tests.integration.orders.conftest import GATE, NOON, At, Record, Rows, film, outcomes

GIVEN = {
    "rated_amount": Decimal("3.50"),
    "rated_tax": Decimal("0.68"),
    "rated_currency": "EUR",
}
TAXED = Prerated(has_tax=True, takes_discounts=False).slot

pytestmark = pytest.mark.usefixtures("subscription")


async def test_its_amount_and_tax_are_taken_as_given(record: Record, rows: Rows) -> None:
    """3.50 with 0.68, whatever the catalogue asks (3.00); the rating says who priced it."""
    assert outcomes(await record(film(**GIVEN, source="partner"))) == ["accepted"]
    (row,) = await rows()
    assert (row["amount"], row["tax"], row["slot"]) == (
        Decimal("3.50"), Decimal("0.68"), TAXED,
    )  # fmt: skip
    assert row["dimension"] == "pre-rated by partner"
    assert row["rating"] | {"catalogue": ""} == {
        "catalogue": "",
        "code": "movies",
        "service": "braveheart",
        "termedService": "ppv-movies",
        "rate": "pre-rated by partner",
        "quantity": "1",
        "ratedAmount": "3.50",
        "ratedTax": "0.68",
        "directive": "bill",
    }


async def test_the_amount_is_for_all_that_was_used(record: Record, rows: Rows) -> None:
    """Two units at 3.50 in all are 3.50; without tax none is kept, and a credit has a minus."""
    await record(
        film("all", amount="2", rated_amount=Decimal("3.5"), rated_currency="EUR"),
        film("back", **GIVEN, directive=OttDirective.CREDIT),
        film("none", **GIVEN, directive=OttDirective.FREE),
        film("less", **GIVEN, rated_discounts=True),
    )
    stored = {row["event_id"]: row for row in await rows()}
    assert {name: (row["amount"], row["tax"]) for name, row in stored.items()} == {
        "all": (Decimal("3.50"), None),
        "back": (Decimal("-3.50"), Decimal("-0.68")),
        "less": (Decimal("3.50"), Decimal("0.68")),
        "none": (Decimal(0), None),
    }
    assert stored["none"]["usage_period_id"] is None
    assert len({stored[name]["slot"] for name in ("all", "back", "less")}) == 3


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"rated_currency": "USD"}, "OTHER_CURRENCY", "ratedCurrency"),
    ({"rated_currency": ""}, "INVALID_VALUE", "ratedCurrency"),
    ({"rated_amount": None}, "INVALID_VALUE", "ratedAmount"),
    ({"rated_amount": Decimal(-1)}, "INVALID_VALUE", "ratedAmount"),
    ({"rated_amount": Decimal("3.505")}, "INVALID_VALUE", "ratedAmount"),
    ({"rated_tax": Decimal("-0.01")}, "INVALID_VALUE", "ratedTax"),
    ({"rated_tax": Decimal("0.685")}, "INVALID_VALUE", "ratedTax"),
    ({"rated_tax": Decimal("3.51")}, "INVALID_VALUE", "ratedTax"),
    ({"rated_amount": Decimal("NaN")}, "INVALID_VALUE", "ratedAmount"),
    ({"service": "nothing"}, "SERVICE_NOT_OFFERED", "service"),
]


@pytest.mark.parametrize(("change", "reason", "field"), REFUSED)
async def test_a_price_that_cannot_be_billed_is_refused(
    record: Record, rows: Rows, change: dict[str, Any], reason: str, field: str
) -> None:
    """The path leads to the field, and nothing is stored."""
    (verdict,) = await record(film(**(GIVEN | change)))
    assert (verdict.outcome, verdict.reason) == ("rejected", reason)
    assert verdict.path == ("event", "ott", field)
    assert "; " in verdict.message
    assert await rows() == []


async def test_discounts_alone_are_no_price(record: Record, rows: Rows) -> None:
    """A flag, a tax or a currency without an amount would be forgotten silently."""
    verdicts = await record(
        film("a", rated_discounts=True),
        film("b", rated_currency="EUR"),
        film("c", rated_tax=Decimal("0.10")),
    )
    assert outcomes(verdicts) == ["INVALID_VALUE"] * 3
    assert await rows() == []


async def test_another_amount_or_tax_under_its_id_is_a_conflict(
    record: Record, rows: Rows
) -> None:
    """3.5 is 3.50; 3.51, another tax, or no price at all are other contents."""
    await record(film(**GIVEN))
    verdicts = await record(
        film(**(GIVEN | {"rated_amount": Decimal("3.5")})),
        film(**(GIVEN | {"rated_amount": Decimal("3.51")})),
        film(**(GIVEN | {"rated_tax": Decimal("0.67")})),
        film(),
    )
    assert outcomes(verdicts) == ["duplicate", "CONFLICT", "CONFLICT", "CONFLICT"]
    (row,) = await rows()
    assert row["amount"] == Decimal("3.50")


async def test_a_void_and_an_amendment_take_amount_and_tax_back(
    at: At, host: PluginHost, record: Record, rows: Rows
) -> None:
    """3.50 with 0.68 becomes 3.90 with 0.75, and then nothing."""
    await record(film(**GIVEN))
    right = film(**(GIVEN | {"rated_amount": Decimal("3.90"), "rated_tax": Decimal("0.75")}))
    async with at(NOON) as tx:
        verdict = await usage_amend(tx, host=host, report=right, gate=GATE)
    assert verdict.outcome == "accepted"
    async with at(NOON) as tx:
        await usage_void(tx, account="client", source="portal", event_id="e1", gate=GATE)
    found = [(row["sign"], row["amount"], row["tax"]) for row in await rows()]
    assert found == [
        (1, Decimal("3.50"), Decimal("0.68")),
        (-1, Decimal("-3.50"), Decimal("-0.68")),
        (1, Decimal("3.90"), Decimal("0.75")),
        (-1, Decimal("-3.90"), Decimal("-0.75")),
    ]


async def test_an_amendment_that_cannot_be_billed_changes_nothing(
    at: At, host: PluginHost, record: Record, rows: Rows
) -> None:
    """In another currency it is refused, and the first price stands."""
    await record(film(**GIVEN))
    wrong = film(**(GIVEN | {"rated_currency": "USD"}))
    async with at(NOON) as tx:
        verdict = await usage_amend(tx, host=host, report=wrong, gate=GATE)
    assert verdict.reason == "OTHER_CURRENCY"
    assert len(await rows()) == 1


CSV = """account,source,id,occurredAt,event.ott.service,event.ott.udrType,\
event.ott.ratedAmount,event.ott.ratedTax,event.ott.ratedCurrency,event.ott.ratedDiscounts
client,partner,c1,{at},braveheart,movie,3.50,0.68,EUR,
client,partner,c2,{at},braveheart,movie,2,,EUR,true
client,partner,c3,{at},braveheart,movie,2.00,0.10,USD,
client,partner,c4,{at},braveheart,movie,two,,EUR,
"""


def ndjson() -> str:
    """The same rows as lines of JSON."""
    header, *rows = (row.split(",") for row in CSV.splitlines())
    lines = []
    for row in rows:
        cells = {name: cell for name, cell in zip(header, row, strict=True) if cell}
        around = {name: cell for name, cell in cells.items() if not name.startswith("event.")}
        event: dict[str, object] = {
            name.removeprefix("event.ott."): cell
            for name, cell in cells.items()
            if name.startswith("event.")
        }
        if "ratedDiscounts" in event:
            event["ratedDiscounts"] = True
        lines.append(orjson.dumps(around | {"event": {"ott": event}}).decode())
    return "\n".join(lines) + "\n"


async def body(text: str) -> AsyncIterator[bytes]:
    """A file as one block."""
    yield text.replace("{at}", NOON.isoformat()).encode()


@pytest.mark.parametrize("is_csv", [True, False])
async def test_files_carry_prices_of_third_parties(
    db: Database,
    seller: CreatedTenant,
    host: PluginHost,
    subscription: Subscription,
    rows: Rows,
    *,
    is_csv: bool,
) -> None:
    """CSV and NDJSON alike: two are stored, a foreign currency and a word are refused."""
    ingest = BulkIngest(database=db, host=host, gate=GATE, is_csv=is_csv)
    text = CSV if is_csv else ndjson()
    answer = b""
    async for block in ingest_lines(
        body(text), ingest, tenant_id=seller.tenant.id, actor="staff:ada"
    ):
        answer += block
    *lines, summary = [orjson.loads(one) for one in answer.splitlines()]
    assert [one.get("reason", one["verdict"]) for one in lines] == [
        "ACCEPTED", "ACCEPTED", "OTHER_CURRENCY", "INVALID_VALUE",
    ]  # fmt: skip
    assert (summary["summary"]["accepted"], summary["summary"]["rejected"]) == (2, 2)
    stored = [
        (row["subscription_id"], row["amount"], row["tax"], row["slot"]) for row in await rows()
    ]
    assert stored == [
        (subscription.id, Decimal("3.50"), Decimal("0.68"), TAXED),
        (
            subscription.id,
            Decimal("2.00"),
            None,
            Prerated(has_tax=False, takes_discounts=True).slot,
        ),
    ]
