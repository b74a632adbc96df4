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

    A tenant's name never changes. Its own policy hides it from the owner too, since no tenant
    is entered here: it is lifted for as long as the links of before are given their names.
    """
    op.execute("ALTER TABLE identity_audience DROP CONSTRAINT identity_audience_pkey")
    op.execute("ALTER TABLE identity_audience ADD PRIMARY KEY (issuer, audience, tenant_id)")
    op.execute("ALTER TABLE identity_audience ADD COLUMN slug text")
    op.execute("ALTER TABLE tenant NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE identity_audience SET slug = tenant.slug FROM tenant"
        " WHERE tenant.id = identity_audience.tenant_id"
    )
    op.execute("ALTER TABLE tenant FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE identity_audience ALTER COLUMN slug SET NOT NULL")
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
