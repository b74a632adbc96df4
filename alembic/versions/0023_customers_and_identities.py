"""Tokens of customers, identities of staff, and when a key was used last.

A transaction of a customer names its account in ``app.account``, and a unit that no account
has in ``app.units``: the policies of viewing (0015) then show that account and what hangs on
it. What is the seller's own, and hangs on no account, stays hidden from such a transaction
altogether where it tells of people, keys and other customers.

Which tenant a token or an identity belongs to is looked up before a tenant is known, in
tables outside of row-level security that hold ids only.

Revision ID: 0023
Revises: 0022
"""

from alembic import op

from core.migration_ops import (
    REMOVABLE,
    SEES_ALL,
    UPDATABLE,
    drop_tables,
    execute_all,
    limit_view,
    protect,
    share,
)

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TOKENS = """
CREATE TABLE customer_token_prefix (
    prefix text PRIMARY KEY,
    tenant_id uuid NOT NULL
);
CREATE TABLE customer_token (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL,
    prefix text NOT NULL,
    account_id uuid NOT NULL,
    member_id uuid,
    secret_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    issued_by text NOT NULL,
    issuer_key_id uuid,
    issuer_staff_id uuid,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, prefix),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id),
    FOREIGN KEY (tenant_id, issuer_key_id) REFERENCES api_key (tenant_id, id),
    FOREIGN KEY (tenant_id, issuer_staff_id) REFERENCES staff (tenant_id, id),
    CHECK (expires_at > created_at AND expires_at <= created_at + interval '24 hours')
);
CREATE INDEX customer_token_of ON customer_token (tenant_id, account_id, id);
CREATE INDEX customer_token_over ON customer_token (tenant_id, expires_at);
ALTER TABLE api_key ADD COLUMN last_used_at timestamptz;
"""
IDENTITIES = """
CREATE TABLE identity_audience (
    issuer text NOT NULL,
    audience text NOT NULL,
    tenant_id uuid NOT NULL,
    PRIMARY KEY (issuer, audience)
);
CREATE TABLE identity_provider (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL,
    issuer text NOT NULL,
    audience text NOT NULL,
    binds_by_email boolean NOT NULL,
    created_at timestamptz NOT NULL,
    unlinked_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX identity_provider_linked ON identity_provider
    (tenant_id, issuer, audience) WHERE unlinked_at IS NULL;
CREATE TABLE staff_identity (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    staff_id uuid NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    created_at timestamptz NOT NULL,
    unbound_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, staff_id) REFERENCES staff (tenant_id, id)
);
CREATE UNIQUE INDEX staff_identity_bound ON staff_identity (tenant_id, issuer, subject)
    WHERE unbound_at IS NULL;
CREATE INDEX staff_identity_of ON staff_identity (tenant_id, staff_id, id);
"""

UNITS = "(SELECT string_to_array(current_setting('app.units', true), ',')::uuid[])"
ACCOUNT = "(SELECT nullif(current_setting('app.account', true), '')::uuid)"
OF_UNITS = f"org_unit_id = ANY ({UNITS}::uuid[])"
NO_CUSTOMER = f"({ACCOUNT} IS NULL)"
"""True in every transaction but a customer's."""
SELLERS_OWN = (
    "api_key", "audit_entry", "audit_seal", "audit_unsealed", "customer_token",
    "identity_provider", "staff", "staff_identity",
)  # fmt: skip
"""What a customer has no business with, whatever the schema leads to."""


def upgrade() -> None:
    """Let customers in, to what is theirs."""
    execute_all(TOKENS)
    execute_all(IDENTITIES)
    for table in ("customer_token", "identity_provider", "staff_identity"):
        protect(table, REMOVABLE if table == "customer_token" else UPDATABLE)
    limit_view("customer_token", "SELECT", "sees_account(tenant_id, account_id)")
    for table in ("customer_token_prefix", "identity_audience"):
        share(table, REMOVABLE)
    _view_accounts(f"{OF_UNITS} OR id = {ACCOUNT}")
    for table in SELLERS_OWN:
        op.execute(
            f"CREATE POLICY sellers_own ON {table} AS RESTRICTIVE FOR SELECT"
            f" USING {NO_CUSTOMER}"
        )


def downgrade() -> None:
    """Let staff and keys in alone, by keys alone."""
    _view_accounts(OF_UNITS)
    for table in SELLERS_OWN:
        op.execute(f"DROP POLICY sellers_own ON {table}")
    op.execute("ALTER TABLE api_key DROP COLUMN last_used_at")
    drop_tables("customer_token", "customer_token_prefix")
    drop_tables("staff_identity", "identity_provider", "identity_audience")


def _view_accounts(sees: str) -> None:
    op.execute(f"ALTER POLICY viewing ON account USING ({SEES_ALL} OR {sees})")
