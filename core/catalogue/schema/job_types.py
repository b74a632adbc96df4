"""Job types: what a job begins with."""

# ruff: noqa: RUF009 - key() makes a dataclass field

from __future__ import annotations

from dataclasses import dataclass

from core.catalogue.schema.fields import EntryState, key


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTypeDefinition:
    """A kind of job."""

    code: str = key("Stable code of the type, unique in the tenant.")
    name: str = key("Name shown to people.")
    billable: bool = key("Whether its jobs are billed.", default=True)
    estimate: str = key(
        "How long a job takes, in calendar time; it gives the expected completion.",
        detail="frequency",
    )
    terms: str | None = key(
        "Billing terms that a job has where none are named, by code.",
        default=None,
        default_text="none",
        refused_when="they are not for jobs, or the type is not billable",
    )
    state: EntryState = key("No job of an `inactive` type can be made.", default="active")
