"""The loaded database of a module's `CASE`, copies of it, and what one worker makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from uuid import UUID

import pytest

from core.embedded import EmbeddedServices
from tests.faults.killing import Case, Copy, Told, settled_by_one


@pytest.fixture(scope="module")
def case(request: pytest.FixtureRequest) -> Case:
    """What this module's workers are killed at."""
    found: Case = request.module.CASE
    return found


@pytest.fixture(scope="module")
def loaded(case: Case, services: EmbeddedServices, database_template: str) -> UUID:
    """The tenant of a database with all of it due, which is named as the case and copied."""
    urls = services.create_database(case.name, template=database_template)
    return asyncio.run(case.load(urls.app))


@pytest.fixture
def clone(case: Case, services: EmbeddedServices, loaded: UUID) -> Iterator[Copy]:
    """A copy of the loaded database."""
    name = f"{case.name}_copy"
    yield Copy(case, services.create_database(name, template=case.name).app, loaded)
    services.drop_database(name)


@pytest.fixture(scope="module")
def undisturbed(
    case: Case,
    services: EmbeddedServices,
    loaded: UUID,
    module_redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Told:
    """What one worker makes of it when nothing goes wrong."""
    name = f"{case.name}_undisturbed"
    copy = Copy(case, services.create_database(name, template=case.name).app, loaded)
    home = tmp_path_factory.mktemp("undisturbed")
    found = settled_by_one(copy, redis_url=module_redis_url, home=home)
    services.drop_database(name)
    return found
