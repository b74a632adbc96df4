"""Accounts with members, companies and a dated history.

``name_key`` is the name as it is searched and sorted (folded in Python): under
row-level security only leakproof operators can use an index, and text comparison is.

Revision ID: 0003
Revises: 0002
"""

from core.migration_ops import INSERT_ONLY, UPDATABLE, drop_tables, execute_all, protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ACCOUNTS = """
CREATE TABLE account (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL,
    ref text,
    name text NOT NULL,
    name_key text COLLATE "C" NOT NULL,
    email text,
    country char(2) NOT NULL,
    currency char(3) NOT NULL,
    timezone text NOT NULL,
    org_unit_id uuid NOT NULL,
    classification text,
    attributes jsonb NOT NULL DEFAULT '{}',
    address jsonb NOT NULL DEFAULT '{}',
    tax_number text,
    invoice_per text NOT NULL DEFAULT 'subscription'
        CHECK (invoice_per IN ('subscription', 'account')),
    test_clock timestamptz,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'closed')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, ref),
    FOREIGN KEY (tenant_id, org_unit_id) REFERENCES org_unit (tenant_id, id)
);
CREATE INDEX account_by_name ON account (tenant_id, name_key, id);
CREATE TABLE company (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    name text NOT NULL,
    tax_number text,
    country char(2) NOT NULL,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'removed')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id)
);
CREATE INDEX company_by_account ON company (tenant_id, account_id, id);
CREATE TABLE member (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    role text NOT NULL CHECK (role IN ('owner', 'administrator', 'member')),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'removed')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id)
);
CREATE UNIQUE INDEX member_email ON member (tenant_id, account_id, email)
    WHERE state = 'active';
CREATE INDEX member_by_account ON member (tenant_id, account_id, id);
CREATE TABLE history_entry (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject_type text NOT NULL,
    subject_id uuid NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id)
);
CREATE INDEX history_by_account ON history_entry (tenant_id, account_id, at, id);
"""


def upgrade() -> None:
    execute_all(ACCOUNTS)
    for table in ("account", "company", "member"):
        protect(table, UPDATABLE)
    protect("history_entry", INSERT_ONLY)


def downgrade() -> None:
    drop_tables("history_entry", "member", "company", "account")
