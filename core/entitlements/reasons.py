"""Why something is not allowed, in words that say what to do. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Reason = Literal[
    "UNKNOWN_FEATURE",
    "UNKNOWN_MEMBER",
    "NO_GRANT",
    "SUSPENDED",
    "TRIAL_OVER",
    "NEEDS_PAYMENT",
    "NO_LICENCE",
    "NO_ACCESS",
    "WINDOW_CLOSED",
    "USED_UP",
    "HELD",
]
LIFTABLE: Final[tuple[Reason, ...]] = (
    "NEEDS_PAYMENT", "NO_LICENCE", "NO_ACCESS", "SUSPENDED", "TRIAL_OVER",
)  # fmt: skip
"""What may stand between an account and what it has, in the order in which it is told: the
first of them without which it would be allowed."""

MESSAGES: Final[Mapping[Reason, str]] = {
    "UNKNOWN_FEATURE": "there is no feature {feature}; check its code",
    "UNKNOWN_MEMBER": "the account has no such member; check its id",
    "NO_GRANT": "nothing that the account has grants {feature}",
    "SUSPENDED": "the subscription is suspended; resume it, or pay what is open",
    "TRIAL_OVER": "the trial is over; order the subscription",
    "NEEDS_PAYMENT": "the first invoice is not paid yet",
    "NO_LICENCE": "{feature} is for members who hold a licence; assign one",
    "NO_ACCESS": "the member has no right on the module; give a profile that opens it",
    "WINDOW_CLOSED": "no window with the recipient is open; send a template first",
    "USED_UP": "{left} of {feature} are left, {amount} were asked for",
    "HELD": "there is room for {left}, not for {amount}; what is beyond waits",
}
