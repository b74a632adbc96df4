"""Usage that is judged in windows is refused where a wallet would pay for it at once."""

from __future__ import annotations

import pytest

from tests.unit.catalogue.test_living_refusals import problems

PRODUCTS = """
products:
  message: {kind: usage_service, name: Message, meters: {channel: whatsapp, unit: service}}
  email: {kind: usage_service, name: E-mail, meters: {channel: email, unit: email}}
price_plans:
  messages: {name: Messages, currency: EUR, rates: {message: {base: 0.03}}}
  plain: {name: Plain, currency: EUR, rates: {email: {base: 0.01}}}
  vip:
    name: VIP
    currency: EUR
    base: messages
    apply_when: account.class == "VIP"
    rates: {message: {base: 0}}
  only-vip:
    name: Only VIP
    currency: EUR
    base: plain
    apply_when: account.class == "VIP"
    rates: {message: {base: 0}}
billing_terms:
"""
WINDOWED = {"whatsapp": frozenset({"2025-07-01"})}


@pytest.mark.parametrize(
    ("terms", "refused"),
    [
        ("wallet: {name: Wallet, kind: prepaid, plans: [messages]}", ["messages", "vip"]),
        ("wallet: {name: Wallet, kind: prepaid, plans: [plain]}", ["only-vip"]),
        ("month: {name: Month, plans: [messages], max_unbilled_events: 10}", []),
    ],
)
def test_prepaid_terms_take_no_plan_with_windowed_usage(terms: str, refused: list[str]) -> None:
    """Neither directly nor by a conditional plan; thresholds ask for totals, and may."""
    found = problems(f"{PRODUCTS}  {terms}\n", rule_sets=WINDOWED)
    assert [told.split(" rates usage of whatsapp")[0] for _, _, told in found] == refused
    assert {(code, path) for code, path, _ in found} <= {
        ("NOT_SUPPORTED", "billing_terms.wallet")
    }
