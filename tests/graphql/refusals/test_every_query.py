"""Every list and every look-up of pay-TV: ids of others, pages, cursors, and whose key."""

from __future__ import annotations

from typing import Any, Final

import orjson
import pytest

from core.tenancy.capabilities import BY_ROLE, OF_A_TENANT, Capability, Role
from tests.graphql.api_clients import Api, KeyClient
from tests.graphql.refusals.living import lasting_inputs
from tests.graphql.refusals.pay_tv import Seller, good_definitions, good_inputs, seller
from tests.graphql.refusals.watching import inputs_of_the_seller, let_in, watching_inputs

ABSENT = "01h455vb4pex5vsknk084sn02q"
EDGES = "edges { cursor node { id } }"
LISTS: Final = (
    "jobs", "discountGrants", "discounts", "segments", "jobTypes", "udrTypes", "usageRules",
    "usageDefinitions", "usageCatalogues", "buyInAdvanceDefinitions", "features",
    "creditNotes", "fulfilmentTasks", "customerTokens", "alerts", "simulations",
)  # fmt: skip
NESTED: Final = {
    "subscription": ("usageOrders", "discountGrants", "advanceRequests"),
    "account": ("jobs", "creditNotes"),
    "person": (
        "credits",
        "payments",
        "paymentMethods",
        "refunds",
        "profiles",
        "teams",
        "licenceAssignments",
        "fulfilmentTasks",
        "history",
    ),
    "due": ("creditNotes",),
    "job": ("discountGrants",),
    "purse": ("entries",),
}
"""Lists below what `node` finds; the type is that of the object."""
TYPES: Final = {
    "subscription": "Subscription", "account": "Account", "job": "Job", "purse": "Wallet",
    "person": "Account", "due": "Invoice",
}  # fmt: skip
BY_ID: Final = (
    "{ job(id: ID) { id } }",
    "{ node(id: ID) { id } }",
    "{ nodes(ids: [ID]) { id } }",
    "{ availableDiscounts(subscription: ID) { timesLeft } }",
    "{ availableDiscounts(job: ID) { timesLeft } }",
    "{ availableDurations(subscription: ID) { shortest } }",
    "{ availablePricePlans(account: ID) { isDefault } }",
    "{ availablePricePlans(subscription: ID) { isDefault } }",
    "{ availablePricePlans(job: ID) { isDefault } }",
    '{ availablePricePlans(account: "a", billingTerms: ID) { isDefault } }',
    "{ availableUsageServices(subscription: ID) { provider } }",
    "{ discountGrants(where: {account: ID}) { totalCount edges { cursor } } }",
    "{ discountGrants(where: {subscription: ID}) { totalCount edges { cursor } } }",
    "{ discountGrants(where: {job: ID}) { totalCount edges { cursor } } }",
    "{ discountGrants(where: {approverUnit: ID}) { totalCount edges { cursor } } }",
    "{ jobs(where: {account: ID}) { totalCount edges { cursor } } }",
    "{ jobs(where: {type: ID}) { totalCount edges { cursor } } }",
    "{ creditNote(id: ID) { id } }",
    "{ creditNotes(where: {account: ID}) { totalCount edges { cursor } } }",
    "{ priceList(account: ID) { per } }",
    '{ priceList(account: "a", billingTerms: ID) { per } }',
    "{ customerTokens(account: ID) { totalCount edges { cursor } } }",
    "{ alerts(where: {account: ID}) { totalCount edges { cursor } } }",
    "{ alertEvents(where: {alert: ID}) { totalCount edges { cursor } } }",
    "{ simulation(id: ID) { id } }",
    "{ invoiceDiff(invoice: ID) { changed } }",
    "{ staffIdentities(staff: ID) { totalCount edges { cursor } } }",
    '{ can(account: ID, checks: [{feature: "mails"}]) { allowed } }',
    '{ can(account: "p", checks: [{feature: "mails", member: ID}]) { allowed message } }',
    '{ usageWindow(account: ID, channel: "whatsapp", key: "k", with: "w") { isOpen } }',
)


MONEY: Final = {
    "creditApply", "creditNoteCreate", "invoiceCollect", "paymentAllocate", "paymentMethodAdd",
    "paymentMethodRemove", "paymentMethodSetDefault", "paymentRecord", "paymentReport",
    "refundRequest",
}  # fmt: skip
"""What service may not do."""
SCOPES: Final[dict[Capability, tuple[str, ...]]] = {
    Capability.PAYMENT_WRITE: tuple(sorted(MONEY - {"creditNoteCreate"})),
    Capability.CREDIT_WRITE: ("creditNoteCreate",),
    Capability.ALERT_WRITE: ("alertDefine", "alertRemove", "alertUpdate"),
    Capability.CUSTOMER_TOKEN_ISSUE: (
        "customerTokenIssue", "customerTokenRevoke", "customerTokensRevoke",
    ),
    Capability.SIMULATION_RUN: ("simulationCancel", "simulationStart"),
    Capability.STAFF_WRITE: (
        "identityProviderLink", "identityProviderUnlink", "staffIdentityBind",
        "staffIdentityUnbind",
    ),
    Capability.TRIAL_GRANT: ("subscriptionTrialExtend", "subscriptionTrialStart"),
    Capability.ENTITLEMENT_WRITE: ("contactsRecord", "contactsSnapshot", "entitlementConsume"),
    Capability.ACCOUNT_WRITE: (
        "memberProfileSet", "profileCreate", "profileRemove", "profileUpdate", "teamCreate",
        "teamRemove", "teamUpdate",
    ),
    Capability.SUBSCRIPTION_WRITE: (
        "subscriptionCancel", "subscriptionCreate", "subscriptionEnd", "subscriptionItemAdd",
        "subscriptionItemChangeQuantity", "subscriptionItemEnd", "subscriptionItemOrder",
        "subscriptionOrder", "subscriptionPlanChange", "subscriptionReactivate",
        "subscriptionTrialStart",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
async def both(api: Api) -> tuple[Seller, Seller]:
    """Two sellers who have one of everything."""
    return await seller(api.one), await seller(api.other)


async def answered(client: KeyClient, query: str, ident: str) -> str:
    """The answer as a text, without the id that was asked for."""
    answer = (await client.post(query.replace("ID", f'"{ident}"'))).json()
    answer.pop("extensions", None)
    text = orjson.dumps(answer).decode()
    for code in ("INTERNAL_SERVER_ERROR", "GRAPHQL_VALIDATION_FAILED"):
        assert code not in text, (query, ident, text)
    return text.replace(ident.partition("_")[2], "…")


@pytest.mark.parametrize("query", BY_ID)
async def test_ids_of_others_lead_nowhere(both: tuple[Seller, Seller], query: str) -> None:
    """Each kind of id, right or wrong for the argument: as one that does not exist."""
    mine, theirs = both
    for ident in theirs.ids.values():
        prefix = ident.partition("_")[0]
        absent = await answered(mine.client, query, f"{prefix}_{ABSENT}")
        assert await answered(mine.client, query, ident) == absent, ident


async def test_what_is_listed_is_ones_own(both: tuple[Seller, Seller]) -> None:
    """No id of the other seller's, and a count of what is shown."""
    mine, theirs = both
    for field in LISTS:
        query = f"{{ {field}(first: 100) {{ totalCount {EDGES} }} }}"
        found = (await mine.client.ask(query))[field]
        ids = {edge["node"]["id"] for edge in found["edges"]}
        assert ids, field
        assert not ids & set(theirs.ids.values()), field
        assert found["totalCount"] == len(ids), field


def _asking(field: str, arguments: str) -> str:
    return f"{field}({arguments}) {{ {EDGES} }}"


async def test_pages_are_bounded_and_cursors_belong_to_their_list(
    both: tuple[Seller, Seller],
) -> None:
    """1 to 100 of a list, forwards or backwards; a cursor of another list is refused."""
    mine, _theirs = both
    lists = [(name, "{{ {} }}") for name in LISTS]
    for owner, names in NESTED.items():
        node = f'node(id: "{mine.ids[owner]}") {{{{ ... on {TYPES[owner]} {{{{ {{}} }}}} }}}}'
        below = f"{{{{ {node} }}}}"
        lists += [(name, below) for name in names]
    for name, around in lists:
        for bad in (
            "first: 0", "first: -1", "first: 101", "first: 2147483647", "first: 1, last: 1",
            'first: 1, after: ""', 'first: 1, after: "nonsense"', 'last: 1, before: "MQ=="',
            'first: 1, after: "' + "x" * 5000 + '"',
        ):  # fmt: skip
            codes = await mine.client.refused(around.format(_asking(name, bad)))
            assert codes, (name, bad)
            assert "INTERNAL_SERVER_ERROR" not in codes, (name, bad)
    query = "{ accounts(first: 1) { edges { cursor } } }"
    cursor = (await mine.client.ask(query))["accounts"]["edges"][0]["cursor"]
    for name, around in lists:
        foreign = around.format(_asking(name, f'first: 1, after: "{cursor}"'))
        assert "INTERNAL_SERVER_ERROR" not in await mine.client.refused(foreign), name


async def test_far_and_naive_times_are_the_callers_mistakes(
    both: tuple[Seller, Seller],
) -> None:
    """Refused as an argument, or answered; never an error of ours."""
    mine, _theirs = both
    named = 'subscription: "subscription-s"'
    for at in ("1900-01-01T00:00:00Z", "2999-12-31T23:59:59Z"):
        for field in (
            f'availableUsageServices({named}, at: "{at}") {{ provider }}',
            f'invoicePreview({named}, at: "{at}") {{ lineCount }}',
        ):
            answer = (await mine.client.post(f"{{ {field} }}")).json()
            codes = [each["extensions"]["code"] for each in answer.get("errors", ())]
            assert "INTERNAL_SERVER_ERROR" not in codes, (field, answer)
    for at in ("9999-12-31T23:59:59Z", "2026-01-10T12:00:00"):
        field = f'availableUsageServices(subscription: "subscription-s", at: "{at}")'
        assert await mine.client.refused(f"{{ {field} {{ provider }} }}") == [
            "GRAPHQL_VALIDATION_FAILED"
        ]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.CATALOGUE, Role.SUPPORT, Role.BILLING])
async def test_a_role_changes_what_it_may_and_nothing_else(
    api: Api, both: tuple[Seller, Seller], role: Role
) -> None:
    """The catalogue's people define, service and billing sell, viewers only look."""
    mine, _theirs = both
    client = await api.key_with(*BY_ROLE[role])
    defines, sells = set(good_definitions()), set(good_inputs(mine.ids))
    may: dict[Role, set[str]] = {
        Role.VIEWER: set(),
        Role.CATALOGUE: defines,
        Role.SUPPORT: sells - MONEY,
        Role.BILLING: sells,
    }
    for mutation, given in (good_inputs(mine.ids) | good_definitions()).items():
        codes = await _codes(client, mutation, {**given, "dryRun": True})
        assert codes == ([] if mutation in may[role] else ["FORBIDDEN"]), mutation
    if role in (Role.VIEWER, Role.CATALOGUE):
        for mutation, given in (lasting_inputs(mine.ids) | watching_inputs(mine.ids)).items():
            assert await _codes(client, mutation, given) == ["FORBIDDEN"], mutation


async def test_a_key_without_the_scope_of_a_change_is_refused_it(
    api: Api, both: tuple[Seller, Seller]
) -> None:
    """Each change needs its own scope: with all the others it is forbidden."""
    mine, _theirs = both
    await let_in(mine)
    inputs = good_inputs(mine.ids) | lasting_inputs(mine.ids) | watching_inputs(mine.ids)
    inputs |= inputs_of_the_seller(mine.ids)
    for scope, mutations in SCOPES.items():
        others = [each for each in OF_A_TENANT if each != scope]
        client = await api.key_with(*others)
        for mutation in mutations:
            codes = await _codes(client, mutation, inputs[mutation])
            assert codes == ["FORBIDDEN"], (scope, mutation)


async def _codes(client: KeyClient, mutation: str, given: dict[str, Any]) -> list[str]:
    name = f"{mutation[0].upper()}{mutation[1:]}Input"
    document = f"mutation ($i: {name}!) {{ {mutation}(input: $i) {{ __typename }} }}"
    answer = (await client.post(document, {"i": given})).json()
    return [each["extensions"]["code"] for each in answer.get("errors", ())]


async def test_a_key_that_may_only_read_accounts_sees_no_pay_tv(
    api: Api, both: tuple[Seller, Seller]
) -> None:
    """Lists are refused, nodes are null, and fields of other features are refused."""
    mine, _theirs = both
    narrow = await api.key_with("account.read")
    for field in LISTS:
        assert await narrow.refused(f"{{ {field} {{ totalCount }} }}") == ["FORBIDDEN"]
    hidden = (
        "due",
        "creditNote",
        "office",
        "assignment",
        "job",
        "grant",
        "request",
        "order",
        "purse",
        "entry",
        "definition",
        "segment",
        "alert",
        "simulation",
        "token",
    )
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    found: Any = await narrow.ask(query, ids=[mine.ids[name] for name in hidden])
    assert found["nodes"] == [None] * len(hidden)
    nested = f'{{ account(id: "{mine.ids["account"]}") {{ jobs {{ totalCount }} }} }}'
    assert await narrow.refused(nested) == ["FORBIDDEN"]
