"""Who may not do something is told what that needs, and where it comes from."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from core.tenancy import Capability, Forbidden, Principal

NOBODY = UUID(int=0)
KEY = Principal(
    tenant_id=NOBODY,
    key_id=NOBODY,
    staff_id=None,
    capabilities=frozenset(),
    actor="key:1",
    expires_at=None,
)
CALLERS = {
    "a key of a seller": (
        KEY,
        "this key does not bring: send one with that scope; apiKeyIssue",
    ),
    "staff who signed in": (replace(KEY, is_signed_in=True), "none of your roles brings"),
    "a customer": (replace(KEY, account_id=NOBODY), "give the member a role that does"),
    "the operator": (replace(KEY, tenant_id=None), "send a key of the seller"),
}


@pytest.mark.parametrize("caller", CALLERS)
def test_each_caller_is_told_what_to_do(caller: str) -> None:
    """A program's author, somebody who signed in and a customer do different things."""
    principal, remedy = CALLERS[caller]
    with pytest.raises(Forbidden) as refused:
        principal.require(Capability.USAGE_WRITE)
    assert refused.value.message.startswith("this needs usage.write, which ")
    assert remedy in refused.value.message


def test_a_seller_is_told_that_an_operator_makes_sellers() -> None:
    """No scope of a seller's key would do."""
    with pytest.raises(Forbidden, match="forfait keys platform"):
        KEY.require(Capability.TENANT_CREATE)
