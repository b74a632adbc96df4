"""A customer who asks for everything that the schema shows is told nothing of anybody else.

Both accounts of the shop are walked, as each has what the other has not. What is secret is read
out of the database: every key and every text that stands in no row of the account's own.
"""

from __future__ import annotations

import itertools
import time
from typing import Final

import pytest

from api.graphql.ids import split_id
from tests.graphql.customers import customer
from tests.graphql.matrix.leaking import nobody_is_limited
from tests.graphql.matrix.secrets import Secrets
from tests.graphql.matrix.sellers import SHOP, SOUTH, Worlds
from tests.graphql.matrix.walking import Arguments, Walk
from tests.graphql.refusals.test_customers import OPEN_QUERIES

LISTS: Final = ("viewer", "subscriptions", "invoices", "creditNotes")
"""What needs no argument; all else is asked with ids that are found by these."""
CHECKS: Final = '[{feature: "mails"}, {feature: "contacts"}]'
SOME: Final = 4
"""With how many ids of a kind each root is asked."""
EMPTY: Final = {
    "Account.attributes", "AppliedDiscountConnection.edges", "AvailablePricePlan.basePlan",
    "BillingTermsVersion.binding", "EmailUsageEvent.rating", "InvoiceParty.details",
    "LicenceAssignment.releasedBy", "NextInvoice.problem", "PricePlanVersion.ruleSets",
    "Product.members", "Subscription.attributes", "Subscription.penaltyProduct",
    "SubscriptionPhase.basePlanVersion", "WalletEntry.period", "WhatsappUsageEvent.rating",
}  # fmt: skip
"""Fields behind which neither account has anything, so that nothing could be seen there."""


async def walked(world: Worlds, account: str, owner: str) -> Walk:
    """Walk from the lists, then from every other root with ids that were found by these."""
    client = await customer(world.api, account, member=owner)
    walk = Walk(client, {("Account", "can"): [{"checks": CHECKS}]})
    await walk.go(LISTS)
    by_id = _by_id(walk)
    walk.arguments = {**walk.arguments, **by_id}
    await walk.go(sorted(name for _query, name in by_id))
    return walk


def _by_id(walk: Walk) -> Arguments:
    own = {kind: [f'"{each}"' for each in sorted(ids)[:SOME]] for kind, ids in walk.ids.items()}
    (account,) = own["Account"]
    subscriptions = own["Subscription"]
    asked = {
        "account": [{"id": account}],
        "availablePricePlans": [{"subscription": each} for each in subscriptions],
        "can": [{"account": account, "checks": CHECKS}],
        "creditNote": [{"id": each} for each in own.get("CreditNote", ())],
        "invoice": [{"id": each} for each in own["Invoice"]],
        "invoicePreview": [{"subscription": each} for each in subscriptions],
        "node": [{"id": account}],
        "nodes": [{"ids": f"[{', '.join(itertools.chain(*own.values()))}]"}],
        "priceList": [{"account": account}],
        "subscription": [{"id": each} for each in subscriptions],
        "usageEvents": [{"where": f"{{account: {account}}}"}],
    }
    assert {*asked, *LISTS} == OPEN_QUERIES
    return {("Query", name): given for name, given in asked.items() if given}


async def test_a_customer_comes_to_nothing_of_anybody_elses(world: Worlds) -> None:
    """By each of the two accounts: no id, no name, no address and no note."""
    empty: list[set[str]] = []
    reached: set[str] = set()
    for name, owner in (("person", "owner"), ("account", "boss")):
        account, started = world.shop.ids[name], time.perf_counter()
        secrets = await Secrets.from_account(world.api, split_id(account)[1])
        assert secrets.texts >= {"Staff of shop", f"{SOUTH}.boss@x.fr"}
        walk = await walked(world, account, world.shop.ids[owner])
        assert secrets.told_in(walk.told) == set()
        assert {each for each in walk.refused if "invoicePreview" not in each} == set()
        empty.append(walk.empty)
        reached |= {".".join(each) for each in walk.reached}
        seconds = time.perf_counter() - started
        print(
            f"walk of {name}: {walk.requests} requests along {len(walk.reached)} fields, "
            f"{len(secrets.keys)} keys, {len(secrets.texts)} texts, {seconds:.0f} s"
        )
    assert set.union(*empty) - reached == EMPTY


async def test_the_walk_finds_what_is_told_of_others(
    world: Worlds, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where transactions forget whose they are: ids, names, addresses and refs of others."""
    account = world.shop.ids["person"]
    secrets = await Secrets.from_account(world.api, split_id(account)[1])
    nobody_is_limited(monkeypatch)
    walk = Walk(await customer(world.api, account), {})
    await walk.go(("subscriptions", "invoices"))
    told = secrets.told_in(walk.told)
    assert {each.partition("_")[0] for each in told} >= {"acc", "sub", "item", "mem"}
    assert told >= {f"A of {SHOP}", f"boss of {SOUTH}", f"{SOUTH}.boss@x.fr"}
