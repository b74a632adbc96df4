"""Viewing within units, and usage that a third party has priced.

A tenant may limit viewing accounts, subscriptions and jobs to the unit that owns them and
the units that collaborate with it.

An event that was priced by a third party keeps the tax that came with its amount.

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
ALTER TABLE usage_event ADD COLUMN tax money_amount;
ALTER TABLE usage_event ADD CONSTRAINT usage_event_taxed
    CHECK (tax IS NULL OR amount IS NOT NULL);
"""
DOWN = """
ALTER TABLE usage_event DROP CONSTRAINT usage_event_taxed;
ALTER TABLE usage_event DROP COLUMN tax;
ALTER TABLE tenant DROP COLUMN limits_viewing;
"""


def upgrade() -> None:
    """Add what the rest of pay-TV needs."""
    execute_all(UP)


def downgrade() -> None:
    """Take it away again."""
    execute_all(DOWN)
