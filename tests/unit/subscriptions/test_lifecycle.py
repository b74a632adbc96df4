"""The table of states: every verb in every state, allowed or refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from core.kernel.errors import Refusal
from core.subscriptions.lifecycle import (
    State,
    SubscriptionEnded,
    Verb,
    WrongState,
    after,
    shown,
    state_at,
)

CASES: list[tuple[State, Verb, State | type[Refusal]]] = [
    ("trial", "add_item", "trial"),
    ("trial", "change_quantity", "trial"),
    ("trial", "end_item", "trial"),
    ("trial", "change_plan", WrongState),
    ("trial", "cancel", WrongState),
    ("trial", "reactivate", WrongState),
    ("active", "add_item", "active"),
    ("active", "change_quantity", "active"),
    ("active", "end_item", "active"),
    ("active", "change_plan", "active"),
    ("active", "cancel", "ending"),
    ("active", "reactivate", WrongState),
    ("ending", "add_item", "ending"),
    ("ending", "change_quantity", "ending"),
    ("ending", "end_item", "ending"),
    ("ending", "change_plan", WrongState),
    ("ending", "cancel", WrongState),
    ("ending", "reactivate", "active"),
    ("ended", "add_item", SubscriptionEnded),
    ("ended", "change_quantity", SubscriptionEnded),
    ("ended", "end_item", SubscriptionEnded),
    ("ended", "change_plan", SubscriptionEnded),
    ("ended", "cancel", SubscriptionEnded),
    ("ended", "reactivate", SubscriptionEnded),
    ("suspended", "add_item", WrongState),
    ("suspended", "change_quantity", WrongState),
    ("suspended", "end_item", WrongState),
    ("suspended", "change_plan", WrongState),
    ("suspended", "cancel", "ending"),
    ("suspended", "reactivate", WrongState),
    ("trial", "bind", WrongState),
    ("trial", "suspend", WrongState),
    ("trial", "resume", WrongState),
    ("trial", "buy_in_advance", WrongState),
    ("active", "bind", "active"),
    ("active", "suspend", "active"),
    ("active", "resume", "active"),
    ("active", "buy_in_advance", "active"),
    ("ending", "bind", WrongState),
    ("ending", "suspend", WrongState),
    ("ending", "resume", WrongState),
    ("ending", "buy_in_advance", WrongState),
    ("ended", "bind", SubscriptionEnded),
    ("ended", "suspend", SubscriptionEnded),
    ("ended", "resume", SubscriptionEnded),
    ("ended", "buy_in_advance", SubscriptionEnded),
    ("suspended", "bind", WrongState),
    ("suspended", "suspend", WrongState),
    ("suspended", "resume", "active"),
    ("suspended", "buy_in_advance", WrongState),
    ("trial", "amend_terms", WrongState),
    ("active", "amend_terms", "active"),
    ("ending", "amend_terms", WrongState),
    ("ended", "amend_terms", SubscriptionEnded),
    ("suspended", "amend_terms", WrongState),
    ("trial_over", "add_item", SubscriptionEnded),
    ("trial_over", "change_quantity", SubscriptionEnded),
    ("trial_over", "end_item", SubscriptionEnded),
    ("trial_over", "change_plan", SubscriptionEnded),
    ("trial_over", "cancel", SubscriptionEnded),
    ("trial_over", "reactivate", SubscriptionEnded),
    ("trial_over", "bind", SubscriptionEnded),
    ("trial_over", "suspend", SubscriptionEnded),
    ("trial_over", "resume", SubscriptionEnded),
    ("trial_over", "buy_in_advance", SubscriptionEnded),
    ("trial_over", "amend_terms", SubscriptionEnded),
    ("trial", "order", "active"),
    ("trial_over", "order", "active"),
    ("active", "order", WrongState),
    ("ending", "order", WrongState),
    ("ended", "order", SubscriptionEnded),
    ("suspended", "order", WrongState),
    ("trial", "extend_trial", "trial"),
    ("trial_over", "extend_trial", "trial"),
    ("active", "extend_trial", WrongState),
    ("ending", "extend_trial", WrongState),
    ("ended", "extend_trial", SubscriptionEnded),
    ("suspended", "extend_trial", WrongState),
    ("trial", "order_item", WrongState),
    ("trial_over", "order_item", SubscriptionEnded),
    ("active", "order_item", "active"),
    ("ending", "order_item", "ending"),
    ("ended", "order_item", SubscriptionEnded),
    ("suspended", "order_item", WrongState),
    ("trial", "end", "ended"),
    ("trial_over", "end", SubscriptionEnded),
    ("active", "end", "ended"),
    ("ending", "end", "ended"),
    ("ended", "end", SubscriptionEnded),
    ("suspended", "end", "ended"),
]


@pytest.mark.parametrize(("state", "verb", "outcome"), CASES)
def test_each_verb_leads_on_or_is_refused(
    state: State, verb: Verb, outcome: State | type[Refusal]
) -> None:
    """A row per state and verb; a refusal says what to do instead."""
    if isinstance(outcome, str):
        assert after(state, verb) == outcome
        return
    with pytest.raises(outcome) as refused:
        after(state, verb)
    assert refused.value.message


def test_the_table_has_a_row_for_every_state_and_verb() -> None:
    """6 states * 15 verbs are 90 rows; a new one fails here until it is decided."""
    everything = {(state, verb) for state in get_args(State) for verb in get_args(Verb)}
    assert {(state, verb) for state, verb, _outcome in CASES} == everything
    assert len(CASES) == 90


def test_what_is_ending_has_ended_from_its_end_on() -> None:
    """The end itself is no longer in the subscription: periods are half-open."""
    end = datetime(2026, 2, 1, tzinfo=UTC)
    assert state_at("ending", ends_at=end, now=end - timedelta(microseconds=1)) == "ending"
    assert state_at("ending", ends_at=end, now=end) == "ended"
    assert state_at("active", ends_at=None, now=end) == "active"


def test_a_subscription_is_suspended_while_it_rests_and_not_beyond_its_end() -> None:
    """A rest hides whether renewal is on; what is over is over."""
    end = datetime(2026, 2, 1, tzinfo=UTC)
    before = end - timedelta(days=1)
    assert state_at("active", ends_at=None, now=end, is_resting=True) == "suspended"
    assert state_at("ending", ends_at=end, now=before, is_resting=True) == "suspended"
    assert state_at("ending", ends_at=end, now=end, is_resting=True) == "ended"


def test_a_trial_is_over_from_its_end_on_and_shown_as_ended() -> None:
    """Readers see two ends alike; an order tells them apart."""
    end = datetime(2026, 2, 1, tzinfo=UTC)
    before = end - timedelta(microseconds=1)
    assert state_at("trial", ends_at=end, now=before) == "trial"
    assert state_at("trial", ends_at=end, now=end) == "trial_over"
    assert (shown("trial"), shown("trial_over"), shown("ended")) == ("trial", "ended", "ended")
