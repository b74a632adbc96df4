"""What each state of a job allows, as a table: every pair of state and verb is a row."""

from __future__ import annotations

from typing import get_args

import pytest

from core.jobs.lifecycle import JobBilled, State, Verb, WrongJobState, after

LEADS = {
    ("draft", "add_line"): "draft",
    ("draft", "change_line"): "draft",
    ("draft", "remove_line"): "draft",
    ("draft", "amend_terms"): "draft",
    ("draft", "update"): "draft",
    ("draft", "start"): "in_progress",
    ("draft", "complete"): "completed",
    ("draft", "cancel"): "cancelled",
    ("in_progress", "add_line"): "in_progress",
    ("in_progress", "change_line"): "in_progress",
    ("in_progress", "remove_line"): "in_progress",
    ("in_progress", "amend_terms"): "in_progress",
    ("in_progress", "update"): "in_progress",
    ("in_progress", "complete"): "completed",
    ("in_progress", "cancel"): "cancelled",
    ("completed", "amend_terms"): "completed",
    ("completed", "update"): "completed",
    ("completed", "cancel"): "cancelled",
}
PAIRS = [(state, verb) for state in get_args(State) for verb in get_args(Verb)]


@pytest.mark.parametrize(("state", "verb"), PAIRS)
def test_a_state_allows_what_the_table_says_and_nothing_else(state: State, verb: Verb) -> None:
    """32 pairs, of which 18 lead somewhere."""
    wanted = LEADS.get((state, verb))
    if wanted is None:
        with pytest.raises(WrongJobState):
            after(state, verb, is_billed=False)
    else:
        assert after(state, verb, is_billed=False) == wanted


@pytest.mark.parametrize("verb", get_args(Verb))
def test_nothing_changes_once_a_job_is_billed(verb: Verb) -> None:
    """Whatever the verb, the reason is the invoice."""
    with pytest.raises(JobBilled):
        after("completed", verb, is_billed=True)
