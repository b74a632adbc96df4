"""Viewing within units.

A tenant may limit viewing accounts, subscriptions and jobs to the unit that owns them and
the units that collaborate with it.

Revision ID: 0015
Revises: 0014
"""

from core.migration_ops import execute_all

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE tenant ADD COLUMN limits_viewing boolean NOT NULL DEFAULT false;
"""
DOWN = """
ALTER TABLE tenant DROP COLUMN limits_viewing;
"""


def upgrade() -> None:
    """Add what the rest of pay-TV needs."""
    execute_all(UP)


def downgrade() -> None:
    """Take it away again."""
    execute_all(DOWN)
