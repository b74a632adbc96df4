"""What was given back of a simulated month, and what was charged without being used.

Revision ID: 0025
Revises: 0024
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

COLUMNS = ("credited", "corrected", "unused")


def upgrade() -> None:
    """Keep both beside what was invoiced; simulations of before do not tell."""
    for column in COLUMNS:
        op.execute(
            f"ALTER TABLE simulation_result ADD COLUMN {column} money_amount NOT NULL DEFAULT 0"
        )


def downgrade() -> None:
    """Forget them."""
    for column in COLUMNS:
        op.execute(f"ALTER TABLE simulation_result DROP COLUMN {column}")
