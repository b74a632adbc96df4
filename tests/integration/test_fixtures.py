"""The databases that other tests are given."""

from __future__ import annotations

import asyncpg
import redis

from core import migrations
from core.embedded import DatabaseUrls, EmbeddedServices


async def test_each_database_is_migrated_and_its_own(
    services: EmbeddedServices, database_template: str, database: DatabaseUrls
) -> None:
    """It stands at the newest revision, and what is written there is seen nowhere else."""
    other = services.create_database("test_other", template=database_template)
    assert migrations.current(database.owner) == migrations.heads()
    owner = await asyncpg.connect(database.owner)
    await owner.execute("CREATE TABLE only_here (n int)")
    await owner.close()
    neighbour = await asyncpg.connect(other.owner)
    assert await neighbour.fetchval("SELECT to_regclass('only_here')") is None
    await neighbour.close()
    services.drop_database("test_other")


async def test_the_application_may_enter_but_owns_nothing(database: DatabaseUrls) -> None:
    """No table, sequence or function of the schema belongs to its role."""
    app = await asyncpg.connect(database.app)
    owned = await app.fetchval(
        "SELECT count(*) FROM pg_class WHERE relowner = 'forfait_app'::regrole"
    )
    tables = await app.fetchval(
        "SELECT count(*) FROM pg_tables WHERE tableowner = 'forfait_owner'"
    )
    await app.close()
    assert owned == 0
    assert tables > 10


def test_each_redis_database_starts_empty(redis_url: str) -> None:
    """Keys of an earlier test are gone."""
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", "behind")
