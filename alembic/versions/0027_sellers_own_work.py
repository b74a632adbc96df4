"""Hide the work of closings and the notifications that wait from customers' transactions.

No field of theirs leads to either: what they hear live is read as their seller, and told to
them event by event. A field to come that forgets so shows them nothing. They still add to
what waits, as every change does.

Revision ID: 0027
Revises: 0026
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

NO_CUSTOMER = "((SELECT nullif(current_setting('app.account', true), '')::uuid) IS NULL)"
"""True in every transaction but a customer's, as in 0023."""
SELLERS_OWN = ("close_run", "close_chunk", "outbox")


def upgrade() -> None:
    """Hide them, as people, keys and audit entries are hidden."""
    for table in SELLERS_OWN:
        op.execute(
            f"CREATE POLICY sellers_own ON {table} AS RESTRICTIVE FOR SELECT"
            f" USING {NO_CUSTOMER}"
        )


def downgrade() -> None:
    """Show them again."""
    for table in SELLERS_OWN:
        op.execute(f"DROP POLICY sellers_own ON {table}")
