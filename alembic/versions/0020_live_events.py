"""What sockets are fed from: in which transaction each notification was written.

With it a reader asks for what its last snapshot did not see, and loses nothing to a
transaction that began earlier and commits later.

Revision ID: 0020
Revises: 0019
"""

from alembic import op

from core.migration_ops import execute_all

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# The constant first: a default that is computed would rewrite the table. What is there
# already was written before every cursor.
EVENTS = """
ALTER TABLE outbox ADD COLUMN tx xid8 NOT NULL DEFAULT '0';
ALTER TABLE outbox ALTER COLUMN tx SET DEFAULT pg_current_xact_id();
CREATE INDEX outbox_by_tx ON outbox (tenant_id, tx, id);
"""


def upgrade() -> None:
    """Note the transaction of each notification."""
    execute_all(EVENTS)


def downgrade() -> None:
    """Forget them."""
    op.execute("DROP INDEX outbox_by_tx")
    op.execute("ALTER TABLE outbox DROP COLUMN tx")
