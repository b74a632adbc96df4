"""What workers add to the filled seller: alerts told, simulations, parked contracts.

Workers take their time, so all of it is asked for first and waited for once.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from tests.clients.asking import Asking, Refused
from tests.clients.filled import ACCOUNT, NEXT_MONTH, OTHERS, SOME, START

ISSUER: Final = "https://identity.example"
"""The provider that the installation trusts; nobody signs in, so it is never asked."""
PATIENCE_SECONDS: Final = 120
_DONE: Final = """{
  simulations(first: 20) { edges { node { state failureReason } } }
  alertEvents(first: 20) { edges { node { id } } }
  parkedSubscriptions(first: 20) { edges { node { code } } }
}"""


async def set_alerts(asking: Asking) -> None:
    """Watch one contract's next invoice, which is above all nine thresholds at once.

    An account on a test clock is looked at when its clock is moved.
    """
    watched = {"measure": "NEXT_INVOICE", "subscription": "rich"}
    levels = [str(number + 1) for number in range(SOME)]
    alerts = [
        {**watched, "name": f"Alert {number}", "thresholds": ["1000000"] if number else levels}
        for number in range(SOME)
    ]
    await asking.changes("alertDefine", alerts)


async def ask_for_background(asking: Asking) -> None:
    """Ask for the rest, with rows for each of its lists."""
    await _customers(asking)
    await _identities(asking)
    tokens = [{"account": ACCOUNT} for _number in range(SOME)]
    await asking.changes("customerTokenIssue", tokens)
    await asking.changes("simulationStart", [_simulated(number) for number in range(SOME)])


async def wait_for_background(asking: Asking) -> None:
    """Wait until the workers have done it.

    Raises:
        Refused: they have not, within two minutes.
    """
    ends = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = {
            name: [edge["node"] for edge in page["edges"]]
            for name, page in (await asking.data(_DONE)).items()
        }
        states = [each["state"] for each in found["simulations"]]
        if states.count("DONE") == SOME and min(map(len, found.values())) >= SOME:
            return
        if time.monotonic() > ends:
            raise Refused(f"the workers are not done: {found}")
        await asyncio.sleep(0.5)


async def _customers(asking: Asking) -> None:
    """Bill nine customers for January, and park nine contracts that no tax rate fits."""
    accounts = [
        {"name": name, "ref": name.lower().replace(" ", "-"), "country": "FR"}
        for name in OTHERS
    ]
    accounts[0]["country"] = "DK"  # whose reduced rate is not known
    await asking.changes("accountCreate", [{**one, "testClock": START} for one in accounts])
    contracts = [_contract(f"customer-{number}", "gold", number) for number in range(SOME)]
    contracts += [_contract("parked", "book", number) for number in range(SOME)]
    await asking.changes("subscriptionCreate", contracts)
    await asking.changes(
        "accountClockAdvance", [{"account": one["ref"], "to": NEXT_MONTH} for one in accounts]
    )


def _contract(account: str, product: str, number: int) -> dict[str, Any]:
    own = {"account": account, "ref": f"{account}-{product}-{number}"}
    return {**own, "billingTerms": "arrears", "items": [{"product": product}]}


async def _identities(asking: Asking) -> None:
    """Link a provider for nine audiences, and bind nine members of the staff."""
    links = [{"issuer": ISSUER, "audience": f"audience-{number}"} for number in range(SOME)]
    made = await asking.changes("identityProviderLink", links, "provider { id }")
    provider = made[0]["provider"]["id"]
    staff = (await asking.data("{ staff(first: 20) { edges { node { id } } } }"))["staff"]
    people = [edge["node"]["id"] for edge in staff["edges"]][:SOME]
    bound = [{"provider": provider, "staff": one, "subject": one} for one in people]
    await asking.changes("staffIdentityBind", bound)


def _simulated(number: int) -> dict[str, Any]:
    """Try January with a plan that has a rate for `gold` and for nothing else.

    Nine customers come out of it with a result; of the account that has everything, more than
    nine contracts fail.
    """
    accounts = [f"customer-{each}" for each in range(SOME)]
    alternative = {"pricePlan": f"other-{number}"}
    return {"month": "2026-01-01", "accounts": [*accounts, ACCOUNT], "alternative": alternative}
