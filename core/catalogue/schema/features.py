"""Features: what products allow an account and its members, by name."""

# ruff: noqa: RUF009 - key() makes a dataclass field

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.catalogue.schema.fields import EntryState, key

FeatureCounts = Literal["consumption", "members", "companies", "contacts", "gauge"]
Beyond = Literal["blocks", "bills", "holds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureDefinition:
    """Something that an account or a member may do, or have so many of."""

    code: str = key("Stable code of the feature; grants name it, as `email.send`.")
    name: str = key("Name shown to people.")
    counts: FeatureCounts = key(
        "What uses it up: what is consumed of it, or how many members, companies, contacts "
        "there are, or the level of a gauge.",
        default="consumption",
        refused_when="it differs from the stored feature's",
    )
    gauge: str | None = key(
        "Code of the gauge whose level is counted.",
        default=None,
        refused_when="absent with `counts: gauge`, present with another",
    )
    beyond: Beyond = key(
        "What becomes of more than is granted: it `blocks`, `bills` a product by consumption, "
        "or `holds` what is too much until there is room.",
        default="blocks",
        refused_when="`bills` of anything but members, `holds` of anything but contacts",
    )
    product: str | None = key(
        "Code of the product that is billed for what is beyond; price plans say its price.",
        default=None,
        refused_when="absent with `beyond: bills`, present otherwise, or of a kind that "
        "does not recur",
    )
    window: str = key(
        "Channel whose window with the recipient has to be open.",
        default="",
        default_text="none has to be",
        refused_when="no installed plugin has such a channel, or it has no windows",
    )
    state: EntryState = key("An `inactive` feature is allowed to nobody.", default="active")
