"""Ids of the same seller that do not belong together: another account's, another kind's.

Two things that a mutation names must hang on one account; otherwise one customer's money,
members or items would be used for another.
"""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.graphql.api_clients import Api
from tests.graphql.refusals.living import lasting_inputs
from tests.graphql.refusals.pay_tv import Seller, digests, good_inputs, seller

OTHERS: Final[tuple[tuple[str, dict[str, Any], str], ...]] = (
    ("creditApply", {"credit": "foreignCredit"}, "credit"),
    ("creditApply", {"invoices": ["invoice"]}, "invoices.0"),
    ("paymentAllocate", {"invoice": "invoice"}, "invoice"),
    ("paymentAllocate", {"payment": "deposit"}, "invoice"),
    ("paymentRecord", {"invoices": ["invoice"]}, "invoices.0"),
    ("paymentReport", {"invoices": ["invoice"]}, "invoices.0"),
    ("paymentReport", {"account": "account"}, "invoices.0"),
    ("invoiceCollect", {"paymentMethod": "card"}, "paymentMethod"),
    ("subscriptionOrder", {"paymentMethod": "card"}, "paymentMethod"),
    ("subscriptionItemAdd", {"module": "item"}, "module"),
    ("subscriptionItemAdd", {"module": "item:seat"}, "module"),
    ("subscriptionItemChangeQuantity", {"item": "item"}, "item"),
    ("subscriptionItemChangeQuantity", {"subscription": "subscription"}, "item"),
    ("subscriptionItemEnd", {"item": "item"}, "item"),
    ("subscriptionItemEnd", {"subscription": "trial"}, "item"),
    ("subscriptionPlanChange", {"items": [{"item": "item", "quantity": "2"}]}, "items.0.item"),
    (
        "subscriptionPlanChange",
        {"items": [{"item": each, "quantity": "4"} for each in ("item:seat", "seat")]},
        "items.1.item",
    ),
    ("entitlementConsume", {"member": "stranger"}, "member"),
    ("licenceAssign", {"member": "stranger"}, "member"),
    ("licenceAssign", {"item": "item"}, "member"),
    ("licenceAssign", {"item": "item:crm"}, "item"),
    ("memberProfileSet", {"member": "stranger"}, "profiles.0"),
    ("teamCreate", {"members": ["stranger"]}, "members.0"),
    ("teamUpdate", {"members": ["stranger"]}, "members.0"),
    ("teamCreate", {"account": "account"}, "members.0"),
    ("profileCreate", {"account": "account"}, "rights.0.company"),
)
"""A mutation, what is given in place of what is good, and where the answer points."""


@pytest.fixture(scope="module")
async def mine(api: Api) -> Seller:
    """Accounts `a` and `p` of one seller."""
    return await seller(api.one)


def _named(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_named(each, ids) for each in value]
    if isinstance(value, dict):
        return {name: _named(each, ids) for name, each in value.items()}
    return ids.get(value, value)


@pytest.mark.parametrize("case", OTHERS, ids=lambda case: f"{case[0]}-{'-'.join(case[1])}")
async def test_what_belongs_to_another_account_is_refused_where_it_is_named(
    api: Api, mine: Seller, case: tuple[str, dict[str, Any], str]
) -> None:
    """A code, the argument at fault, and nothing changes."""
    mutation, swapped, path = case
    given = (good_inputs(mine.ids) | lasting_inputs(mine.ids))[mutation]
    before = await digests(api, api.one)
    told = await mine.client.codes(mutation, given | _named(swapped, mine.ids))
    assert [each[1] for each in told] == [f"input.{path}"], told
    assert await digests(api, api.one) == before
