"""Idempotency keys of pay-TV's mutations: once, the same answer, nothing else under them."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.graphql.api_clients import Api
from tests.graphql.refusals.pay_tv import Seller, digests, good_inputs, seller

CHANGES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "buyInAdvanceRequest": ("request { id state }", {"duration": "24 months"}),
    "discountGrant": ("grant { id state percent }", {"percent": "8"}),
    "jobComplete": ("job { id state }", {"job": "job"}),
    "jobCreate": ("job { id lines { id } }", {"ref": "another-job"}),
    "subscriptionAmendTerms": ("subscription { id phases { fromAt } }", {"from": None}),
    "usageOrder": ("order { id state }", {"amount": "2"}),
    "walletTopUp": ("wallet { id balance { amount } }", {"amount": "11"}),
}
"""What is asked of each mutation, and what makes its good input another one."""


@pytest.fixture(scope="module")
async def shop(api: Api) -> Seller:
    """A seller of pay-TV with one of everything."""
    return await seller(api.one)


def good(shop: Seller, mutation: str) -> dict[str, Any]:
    """A good input under the mutation's key; what is bought in advance is billed now."""
    given = {**good_inputs(shop.ids)[mutation], "idempotencyKey": f"key-{mutation}"}
    if mutation == "buyInAdvanceRequest":
        given["billNow"] = True
    return given


@pytest.mark.parametrize("mutation", sorted(CHANGES))
async def test_a_key_does_it_once(api: Api, shop: Seller, mutation: str) -> None:
    """The first answer comes again and no row changes; another input is told to rename."""
    selection, other = CHANGES[mutation]
    given = good(shop, mutation)
    before = await digests(api, api.one)
    first = await api.one.changed(mutation, selection, given)
    stored = await digests(api, api.one)
    assert stored != before
    assert await api.one.changed(mutation, selection, given) == first
    assert await digests(api, api.one) == stored
    reused = [("IDEMPOTENCY_KEY_REUSED", "input.idempotencyKey")]
    changed = {
        name: shop.ids["job"] if value == "job" else value for name, value in other.items()
    }
    assert await api.one.codes(mutation, given | changed) == reused
    assert await digests(api, api.one) == stored


@pytest.mark.parametrize("mutation", sorted(CHANGES))
async def test_a_refusal_comes_again(api: Api, shop: Seller, mutation: str) -> None:
    """The same words under the same key, and nothing but the kept answer is stored."""
    name = next(iter(set(good(shop, mutation)) & {"subscription", "job", "account"}))
    absent = {name: "nobodys", "idempotencyKey": f"none-{mutation}"}
    given = good(shop, mutation) | absent
    before = await digests(api, api.one)
    first = await api.one.codes(mutation, given)
    assert [path for _code, path in first] == [f"input.{name}"]
    assert await api.one.codes(mutation, given) == first
    kept = {key for key, rows in (await digests(api, api.one)).items() if rows != before[key]}
    assert kept == {f"{api.one.tenant_id} idempotency_key"}
