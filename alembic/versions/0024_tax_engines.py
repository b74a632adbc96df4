"""The tax engine that a seller has chosen.

Revision ID: 0024
Revises: 0023
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Name the engine; without one, the seller's stated rates and the table decide."""
    op.execute("ALTER TABLE tenant ADD COLUMN tax_engine text")


def downgrade() -> None:
    """Let the table decide everywhere again."""
    op.execute("ALTER TABLE tenant DROP COLUMN tax_engine")
