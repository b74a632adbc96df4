"""What sockets are fed from.

Revision ID: 0020
Revises: 0019
"""

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is needed."""


def downgrade() -> None:
    """Take it away."""
