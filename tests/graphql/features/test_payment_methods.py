"""Means of payment through the API: which fit, which is the default, which are gone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.graphql.api_clients import Api
from tests.graphql.features.paying import customer, method, sell_seats, shown


@pytest.fixture(scope="module")
async def seller(api: Api) -> Api:
    """Two sellers with the same catalogue."""
    return await sell_seats(api)


async def test_methods_are_chosen_and_removed(seller: Api) -> None:
    """The first is the default; a removed one is none, and cannot be removed again."""
    await customer(seller.one, "methods", card="ok")
    second = await seller.one.changed(
        "paymentMethodAdd", "paymentMethod { id }", method("methods", "ok")
    )
    key = {"paymentMethod": second["paymentMethod"]["id"]}

    await seller.one.changed("paymentMethodSetDefault", "paymentMethod { isDefault }", key)
    methods = (await shown(seller.one, "methods"))["paymentMethods"]
    assert [one["isDefault"] for one in methods] == [False, True]
    await seller.one.changed("paymentMethodRemove", "paymentMethod { state }", key)

    methods = (await shown(seller.one, "methods"))["paymentMethods"]
    assert [(one["isDefault"], one["state"]) for one in methods] == [
        (False, "ACTIVE"),
        (False, "REMOVED"),
    ]
    assert await seller.one.codes("paymentMethodRemove", key) == [
        ("NOT_FOUND", "input.paymentMethod")
    ]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"gateway": "nobody"}, "input.gateway"),
        ({"gateway": "manual"}, "input.kind"),
        ({"kind": "TRANSFER"}, "input.kind"),
    ],
)
async def test_a_method_fits_its_gateway(seller: Api, wrong: dict[str, Any], path: str) -> None:
    """A card needs a gateway that collects; a transfer needs one that does not."""
    name = f"unfit-{len(str(wrong))}-{path[6:]}"
    await customer(seller.one, name)

    codes = await seller.one.codes("paymentMethodAdd", method(name, "ok") | wrong)

    assert codes == [("GATEWAY_REFUSED", path)]


async def test_no_simulated_money_pays_in_real_time(seller: Api) -> None:
    """An account without a test clock cannot pay by `test`, unless the settings allow it."""
    account = {"name": "real", "ref": "real", "country": "FR"}
    await seller.one.changed("accountCreate", "account { id }", account)

    codes = await seller.one.codes("paymentMethodAdd", method("real", "ok"))

    assert codes == [("GATEWAY_REFUSED", "input.gateway")]
