"""Value domains: amounts, unit prices and quantities are finite and bounded.

``CHECK (VALUE >= 0)`` would let NaN through, because NaN sorts above every number;
a bound from above does not.

Revision ID: 0001
Revises:
"""

from alembic import op

from core.migration_ops import app_role, share

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BOUNDED = "CHECK (VALUE > -10000000000000 AND VALUE < 10000000000000)"
DOMAINS = {
    "money_amount": "numeric(19,4)",
    "unit_price": "numeric(28,12)",
    "quantity": "numeric(28,9)",
}


def upgrade() -> None:
    for name, base in DOMAINS.items():
        op.execute(f"CREATE DOMAIN {name} AS {base} {BOUNDED}")
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    share("alembic_version", ("SELECT",))  # so that a process can tell whether it is behind


def downgrade() -> None:
    op.execute(f"REVOKE SELECT ON alembic_version FROM {app_role()}")
    for name in DOMAINS:
        op.execute(f"DROP DOMAIN {name}")
