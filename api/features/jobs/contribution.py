"""What this folder brings into the schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import strawberry

from api.access import guarded_source
from api.context import ApiContext
from api.feature import Feature, SchemaParts
from api.features.accounts.types import Account
from api.features.jobs.amending import JobAmendTermsMutation
from api.features.jobs.ids import JOB_ID
from api.features.jobs.line_mutations import JobLinesMutation
from api.features.jobs.lists import AccountJobs
from api.features.jobs.loading import load_jobs
from api.features.jobs.mutations import JobsMutation
from api.features.jobs.queries import JobPreview, JobsQuery
from api.features.jobs.types import Job
from api.graphql.nodes import Node
from api.graphql.plugin_schema import Contribution
from core.tenancy import Capability


@strawberry.type(description="Changes of jobs.")
class _Mutation(JobsMutation, JobLinesMutation, JobAmendTermsMutation):
    """Every verb of jobs."""


def contribution(_parts: SchemaParts) -> Feature:
    """Bring jobs with lines, terms, preview and invoice."""
    return Feature(
        contribution=Contribution(
            name="jobs",
            query=JobsQuery,
            mutation=_Mutation,
            extends={Account: AccountJobs, Job: JobPreview},
        ),
        nodes=(guarded_source(JOB_ID, Capability.JOB_READ, _jobs),),
    )


async def _jobs(context: ApiContext, keys: Sequence[UUID]) -> Mapping[UUID, Node]:
    found = await load_jobs(context, list(keys))
    return {each.id: Job.of(each) for each in found if each is not None}
