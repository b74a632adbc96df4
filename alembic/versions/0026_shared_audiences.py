"""Several tenants may link one audience: who links it later is named with the token.

Revision ID: 0026
Revises: 0025
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep each tenant's link, its order and the name by which it is asked for.

    Links of before are the first, and need no name.
    """
    op.execute("ALTER TABLE identity_audience DROP CONSTRAINT identity_audience_pkey")
    op.execute("ALTER TABLE identity_audience ADD PRIMARY KEY (issuer, audience, tenant_id)")
    op.execute("ALTER TABLE identity_audience ADD COLUMN slug text NOT NULL DEFAULT ''")
    op.execute(
        "ALTER TABLE identity_audience ADD COLUMN place bigint GENERATED ALWAYS AS IDENTITY"
    )


def downgrade() -> None:
    """Leave an audience to whoever linked it first."""
    op.execute(
        "DELETE FROM identity_audience later USING identity_audience first"
        " WHERE (later.issuer, later.audience) = (first.issuer, first.audience)"
        " AND later.place > first.place"
    )
    op.execute("ALTER TABLE identity_audience DROP CONSTRAINT identity_audience_pkey")
    op.execute("ALTER TABLE identity_audience DROP COLUMN place, DROP COLUMN slug")
    op.execute("ALTER TABLE identity_audience ADD PRIMARY KEY (issuer, audience)")
