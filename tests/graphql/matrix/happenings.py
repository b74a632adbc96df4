"""Something of every kind that can be watched happens to a seller, or to a unit of one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from api.graphql.ids import split_id
from core.billing_cycles.close_chunk import close_next_chunk
from core.billing_cycles.pricing import Pricing
from core.simulations.run import run_next_chunk
from tests.graphql.api_clients import Api
from tests.graphql.matrix.sellers import SENT, closing
from tests.graphql.refusals.pay_tv import Seller

_number: Final[Iterator[int]] = itertools.count(1)


@dataclass
class Happenings:
    """What happens to one; each returns the id by which it is told."""

    api: Api
    made: Seller
    months: Iterator[int] = field(default_factory=lambda: itertools.count(3))
    persons_months: Iterator[int] = field(default_factory=lambda: itertools.count(2))

    async def simulation_waits(self) -> None:
        """Start a simulation, which nobody runs yet."""
        past = {"month": "2025-11-01", "alternative": {"pricePlan": "other"}}
        self.made.ids["simulation"] = await self.made.make(
            "simulationStart", "simulation", past
        )

    async def all(self) -> dict[str, str]:
        """Let everything happen; return the id in what is told, by the root that tells it."""
        return {
            **await self.to_accounts(),
            "closeProgressed": await self._closed(),
            "simulationProgressed": await self._simulated(),
        }

    async def to_accounts(self) -> dict[str, str]:
        """Let all happen that hangs on an account: usage to `p`, the rest to `a`."""
        alert, grant = await self._alert(), await self._granted()
        moved = {"account": "a", "to": f"2026-{next(self.months):02}-11T00:00:00+01:00"}
        await self.made.client.changed("accountClockAdvance", "__typename", moved)
        return {
            "alertRaised": await self._raised(alert),
            "approvalWaiting": grant,
            "invoiceFinalised": await self._last_invoice("a"),
            "subscriptionUsage": await self.used(),
        }

    async def used(self) -> str:
        """Send e-mails from the account `p`; return the subscription that they count for."""
        sent = {"account": "p", "source": "live", "id": f"e{next(_number)}", "occurredAt": SENT,
                "event": {"email": {"recipients": 1000}}}  # fmt: skip
        answer = await self.made.client.changed(
            "usageRecord", "verdicts { reason }", {"events": [sent]}
        )
        assert answer["verdicts"] == [{"reason": None}], answer
        return self.made.ids["mails"]

    async def billed(self) -> str:
        """Let a month of the account `p` end; return the invoice."""
        moved = {"account": "p", "to": f"2026-{next(self.persons_months):02}-11T00:00:00+01:00"}
        await self.made.client.changed("accountClockAdvance", "__typename", moved)
        return await self._last_invoice("p")

    async def _alert(self) -> str:
        given = {"name": "Dear", "measure": "NEXT_INVOICE", "thresholds": ["1"]}
        given |= {"subscription": self.made.ids["subscription"]}
        found: str = await self.made.make("alertDefine", "alert", given)
        return found

    async def _raised(self, alert: str) -> str:
        asked = "query ($a: ID!) { alertEvents(where: {alert: $a}) { edges { node { id } } } }"
        found = await self.made.client.ask(asked, a=alert)
        first: str = found["alertEvents"]["edges"][0]["node"]["id"]
        return first

    async def _granted(self) -> str:
        given = {"definition": "goodwill", "subscription": "subscription-s", "percent": "7"}
        found: str = await self.made.make("discountGrant", "grant", given)
        return found

    async def _last_invoice(self, ref: str) -> str:
        asked = f'{{ account(ref: "{ref}") {{ invoices {{ edges {{ node {{ id }} }} }} }} }}'
        found = await self.made.client.ask(asked)
        first: str = found["account"]["invoices"]["edges"][0]["node"]["id"]
        return first

    async def _closed(self) -> str:
        """Close the month of somebody new."""
        run = await closing(self.made.client, f"closed{next(_number)}")
        application = self.api.application
        while await close_next_chunk(
            application.database, self._tenant,
            pricing=Pricing(application.host, application.pool), clock=application.clock,
        ):  # fmt: skip
            pass
        return run

    async def _simulated(self) -> str:
        application = self.api.application
        while await run_next_chunk(
            application.database, self._tenant,
            pricing=Pricing(application.host, application.pool),
            installed=application.installed, only=split_id(self.made.ids["simulation"])[1],
        ):  # fmt: skip
            pass
        return self.made.ids["simulation"]

    @property
    def _tenant(self) -> Any:
        assert self.made.client.tenant_id is not None
        return self.made.client.tenant_id
