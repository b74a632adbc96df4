"""The history is told in sentences that a customer understands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.accounts.wording import SENTENCES, summary

ACTION = re.compile(r'action(?:=|: str = |: Final = )"([a-z_]+\.[a-z_]+)"')
AUDIT_ONLY = {
    "api_key.issued", "api_key.revoked", "api_key.rotated", "catalogue.apply", "chunk.closed",
    "customer_token.all_revoked", "customer_token.issued", "customer_token.revoked",
    "identity_provider.linked", "identity_provider.unlinked", "interim.invoiced",
    "org_unit.collaborates", "org_unit.created", "parked.retried", "simulation.cancelled",
    "simulation.started", "staff.created", "staff.disabled", "staff.identity_bound",
    "staff.identity_unbound", "tenant.created", "tenant.limits_viewing",
    "tenant.taxed_by_engine", "usage.amended", "usage.voided",
}  # fmt: skip
"""What is no customer's business, or of too many events to be told one by one."""


@pytest.mark.parametrize(
    ("action", "details", "told"),
    [
        (
            "subscription.created",
            {
                "items": [{"product": "sales", "quantity": "1"}],
                "pricePlan": "standard",
                "startsAt": "2025-12-31T23:00:00+00:00",
            },
            "Subscribed to 1 x sales, on plan standard, from 2026-01-01.",
        ),
        (
            "subscription.item_changed",
            {"product": "seats", "before": "3", "quantity": "5", "from": "2026-04-24T10:00Z"},
            "seats: 3 became 5, from 2026-04-24.",
        ),
        # As a column of the database gives it back; the zeros of whole tens stay.
        (
            "subscription.item_changed",
            {"product": "seats", "before": "10.000000000", "quantity": "2.50", "from": None},
            "seats: 10 became 2.5, from nothing.",
        ),
        (
            "subscription.plan_changed",
            {"before": "essential", "pricePlan": "pro", "from": "2026-04-24T10:00Z"},
            "Changed from plan essential to pro, from 2026-04-24.",
        ),
        (
            "member.profiles_set",
            {"name": "Bo", "profiles": []},
            "Bo was given these profiles: nothing.",
        ),
        ("subscription.suspended", {"from": "2026-01-05T00:00:00+01:00", "until": None},
         "Suspended from 2026-01-05 until further notice."),
        ("payment.received",
         {"amount": "24.20", "currency": "EUR", "reference": "transfer 123"},
         "A payment of 24.20 EUR was received (transfer 123)."),
        ("credit_note.issued",
         {"creditNote": "CN-000001", "invoice": "INV-000002", "total": "24.20",
          "currency": "EUR"},
         "Credit note CN-000001 of 24.20 EUR was issued for INV-000002."),
        ("account.clock_advanced", {"to": "2026-01-31T23:00:00+00:00", "invoices": 1},
         "The test clock was moved to 2026-02-01."),
        ("later.thing_done", {}, "later: thing done."),
    ],
)  # fmt: skip
def test_an_entry_is_told_in_words(action: str, details: dict[str, object], told: str) -> None:
    """Days are those of Paris; what is not known is said to be nothing."""
    assert summary(action, details, zone="Europe/Paris") == told


def test_every_action_of_the_program_has_a_sentence() -> None:
    """A new action is worded before it is written; those of the audit trail alone are not."""
    found = {
        action
        for file in Path("core").rglob("*.py")
        for action in ACTION.findall(file.read_text(encoding="utf-8"))
    }
    assert len(found) > 40
    assert sorted(found - AUDIT_ONLY - SENTENCES.keys()) == []
