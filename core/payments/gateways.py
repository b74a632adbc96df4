"""Forfait's own gateways, and the ones that are installed.

`manual` collects nothing: what is transferred is recorded by people or reported by a bank's
integration. `test` moves no money: a method's token says how it answers, so that what
follows from it can be played through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from core.plugin_api import (
    PaymentGateway,
    PaymentOutcome,
    PaymentRequest,
    RefundRequest,
)
from core.plugin_host import PluginHost

MANUAL: Final = "manual"
TEST: Final = "test"
SIMULATED: Final = frozenset({TEST})
"""Gateways that move no money; accounts on test clocks may use no others."""

_TOKEN: Final = re.compile(r"(ok|declined|pending)(?::([0-9]{1,2}))?")
_PENDING: Final = re.compile(r"pending-([0-9]{1,2})-")


class ManualGateway:
    """Wait for what people record."""

    name: Final = MANUAL
    collects: Final = False

    async def collect(self, request: PaymentRequest) -> PaymentOutcome:
        """Refuse: nobody is asked for money here."""
        return PaymentOutcome(
            "failed", request.reference, "transfers are recorded, not fetched"
        )


class TestGateway:
    """Answer as the method's token says, the same each time.

    `ok`: succeeds. `declined`: always fails. `declined:2`: the first two attempts fail, the
    third succeeds. `pending:3`: the first three answers are pending, the fourth succeeds.
    Any other token fails as unknown.
    """

    __test__ = False  # pytest takes it for a class of tests

    name: Final = TEST
    collects: Final = True

    async def collect(self, request: PaymentRequest) -> PaymentOutcome:
        """Answer an attempt."""
        return _played(
            request.method_token,
            key=request.idempotency_key,
            attempt=request.attempt,
            before=request.reference,
        )

    async def refund(self, request: RefundRequest) -> PaymentOutcome:
        """Answer a refund as the token says of a first attempt; without a token, succeed."""
        return _played(
            request.method_token or "ok",
            key=f"refund-{request.idempotency_key}",
            attempt=1,
            before=request.reference,
        )


def gateways_of(host: PluginHost) -> Mapping[str, PaymentGateway]:
    """Return the gateways by name: Forfait's own and the plugins'."""
    installed = {name: hosted.contribution for name, hosted in host.payment_gateways.items()}
    return {MANUAL: ManualGateway(), TEST: TestGateway(), **installed}


def _played(token: str, *, key: str, attempt: int, before: str) -> PaymentOutcome:
    found = _TOKEN.fullmatch(token)
    if found is None:
        return PaymentOutcome("failed", "", f"the token {token[:40]!r} is unknown")
    answer, count = found[1], found[2]
    if answer == "declined" and (count is None or attempt <= int(count)):
        return PaymentOutcome("failed", f"declined-{key}", "declined")
    if answer == "pending":
        asked = _PENDING.match(before)
        times = int(asked[1]) + 1 if asked else 1
        if times <= int(count or 1):
            return PaymentOutcome("pending", f"pending-{times}-{key}", "not decided yet")
    return PaymentOutcome("succeeded", f"paid-{key}")
