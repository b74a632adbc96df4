"""The ids of jobs, by themselves: what jobs are built from names them too."""

from __future__ import annotations

from typing import Final

from api.graphql.ids import IdKind

JOB_ID: Final = IdKind(prefix="job", type_name="Job")
JOB_LINE_ID: Final = IdKind(prefix="jobline", type_name="JobLine")
