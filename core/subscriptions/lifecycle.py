"""The states of a subscription and what may be done in each. Pure.

`ending` means that renewal is off: the service runs to `ends_at`. Whoever asks after
that instant sees `ended`, whether or not the closing has stored it yet. In the same way a
subscription is `suspended` while one of its rests holds: nothing is stored when a rest
begins or ends, so that one that is agreed for later needs no job. A trial that has reached
its end is over: to its readers it has `ended`, but it may still be ordered, or extended.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final, Literal

from core.kernel.errors import Refusal

Shown = Literal["trial", "active", "ending", "ended", "suspended"]
"""What a reader is told, and what is stored."""
State = Literal[Shown, "trial_over"]
Verb = Literal[
    "add_item",
    "change_quantity",
    "end_item",
    "change_plan",
    "amend_terms",
    "cancel",
    "reactivate",
    "bind",
    "suspend",
    "resume",
    "buy_in_advance",
    "order",
    "extend_trial",
    "order_item",
    "end",
]


class SubscriptionEnded(Refusal):
    """The subscription is over; nothing about it changes any more."""

    code: ClassVar[str] = "SUBSCRIPTION_ENDED"


class WrongState(Refusal):
    """The subscription's state does not allow this."""

    code: ClassVar[str] = "WRONG_STATE"


_ITEM_VERBS: Final[tuple[Verb, ...]] = ("add_item", "change_quantity", "end_item")

ALLOWED: Final[Mapping[tuple[State, Verb], Shown]] = {
    **{(state, verb): state for state in ("trial", "active", "ending") for verb in _ITEM_VERBS},
    ("active", "change_plan"): "active",
    ("active", "amend_terms"): "active",
    ("active", "cancel"): "ending",
    ("suspended", "cancel"): "ending",
    ("ending", "reactivate"): "active",
    ("active", "bind"): "active",
    ("active", "suspend"): "active",
    ("active", "resume"): "active",
    ("suspended", "resume"): "active",
    ("active", "buy_in_advance"): "active",
    ("trial", "order"): "active",
    ("trial_over", "order"): "active",
    ("trial", "extend_trial"): "trial",
    ("trial_over", "extend_trial"): "trial",
    ("active", "order_item"): "active",
    ("ending", "order_item"): "ending",
    ("trial", "end"): "ended",
    ("active", "end"): "ended",
    ("ending", "end"): "ended",
    ("suspended", "end"): "ended",
}
"""Where each allowed change leads; every other pair is refused, by the state's reason."""

_WHY_NOT: Final[Mapping[State, str]] = {
    "trial": "a trial ends by itself unless it is ordered; plan and terms are chosen then",
    "trial_over": "the trial is over; order the subscription, or extend the trial",
    "active": "renewal is on already",
    "ending": "renewal is off; reactivate the subscription first",
    "ended": "the subscription has ended; make a new one",
    "suspended": "the subscription is suspended; resume it first",
}
_NO_TRIAL: Final = "the subscription is on no trial: it is ordered already"


def state_at(
    stored: State, *, ends_at: datetime | None, now: datetime, is_resting: bool = False
) -> State:
    """Return the state as of `now`: what was ending has ended when its end is reached.

    `is_resting`: one of its rests holds then (`core.subscriptions.rests`).
    """
    if ends_at is not None and now >= ends_at:
        return "trial_over" if stored == "trial" else "ended"
    return "suspended" if is_resting else stored


def shown(state: State) -> Shown:
    """Return what a reader is told: a trial that is over has ended."""
    return "ended" if state == "trial_over" else state


def after(state: State, verb: Verb) -> Shown:
    """Return the state that a verb leads to, or refuse it with the state's reason."""
    allowed = ALLOWED.get((state, verb))
    if allowed is not None:
        return allowed
    if state in ("ended", "trial_over"):
        raise SubscriptionEnded(_WHY_NOT[state])
    if verb in ("order", "extend_trial"):
        raise WrongState(_NO_TRIAL)
    raise WrongState(_WHY_NOT[state])
