"""Tenants, org units, staff, API keys, audit, idempotency keys and the outbox.

Revision ID: 0002
Revises: 0001
"""

from core.migration_ops import (
    INSERT_ONLY,
    REMOVABLE,
    UPDATABLE,
    drop_tables,
    execute_all,
    protect,
    share,
)

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TENANTS = """
CREATE TABLE tenant (
    id uuid PRIMARY KEY,
    slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name text NOT NULL,
    currency char(3) NOT NULL,
    timezone text NOT NULL,
    country char(2) NOT NULL,
    legal jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL
);
CREATE TABLE tenant_due (
    tenant_id uuid NOT NULL,
    kind text NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, kind)
);
CREATE INDEX tenant_due_at ON tenant_due (kind, due_at);
CREATE TABLE org_unit (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL,
    parent_id uuid,
    code text NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES org_unit (tenant_id, id),
    CHECK (parent_id IS DISTINCT FROM id)
);
CREATE TABLE org_unit_collaboration (
    tenant_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    collaborator_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, unit_id, collaborator_id),
    FOREIGN KEY (tenant_id, unit_id) REFERENCES org_unit (tenant_id, id),
    FOREIGN KEY (tenant_id, collaborator_id) REFERENCES org_unit (tenant_id, id),
    CHECK (unit_id <> collaborator_id)
);
CREATE TABLE staff (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL,
    org_unit_id uuid NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    roles text[] NOT NULL,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, email),
    FOREIGN KEY (tenant_id, org_unit_id) REFERENCES org_unit (tenant_id, id)
);
"""

KEYS = """
CREATE TABLE api_key_prefix (
    prefix text PRIMARY KEY,
    tenant_id uuid NOT NULL
);
CREATE TABLE api_key (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL,
    prefix text NOT NULL,
    name text NOT NULL,
    staff_id uuid,
    secret_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, prefix),
    FOREIGN KEY (tenant_id, staff_id) REFERENCES staff (tenant_id, id)
);
CREATE TABLE platform_key (
    id uuid PRIMARY KEY,
    prefix text NOT NULL UNIQUE,
    name text NOT NULL,
    secret_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz
);
"""

RECORDS = """
CREATE TABLE idempotency_key (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    operation text NOT NULL,
    request_hash bytea NOT NULL,
    response jsonb,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, key)
);
CREATE TABLE audit_entry (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject_type text NOT NULL,
    subject_id uuid,
    details jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX audit_entry_subject ON audit_entry (tenant_id, subject_id, id);
CREATE TABLE audit_seal (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    n bigint NOT NULL CHECK (n > 0),
    prev bigint,
    sealed_at timestamptz NOT NULL,
    entries integer NOT NULL CHECK (entries > 0),
    entry_ids uuid[] NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (tenant_id, n),
    FOREIGN KEY (tenant_id, prev) REFERENCES audit_seal (tenant_id, n),
    CHECK ((n = 1 AND prev IS NULL) OR (prev IS NOT NULL AND prev = n - 1))
);
CREATE TABLE audit_unsealed (
    tenant_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, entry_id),
    FOREIGN KEY (tenant_id, entry_id) REFERENCES audit_entry (tenant_id, id)
);
CREATE TABLE outbox (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL,
    topic text NOT NULL,
    subject_id uuid,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    next_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    done_at timestamptz,
    error text,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX outbox_waiting ON outbox (tenant_id, next_at) WHERE done_at IS NULL;
"""


def upgrade() -> None:
    execute_all(TENANTS)
    execute_all(KEYS)
    execute_all(RECORDS)
    protect("tenant", UPDATABLE, column="id")
    share("tenant_due", REMOVABLE)
    for table in ("org_unit", "staff", "api_key", "idempotency_key"):
        protect(table, UPDATABLE)
    protect("org_unit_collaboration", REMOVABLE)
    for table in ("audit_entry", "audit_seal"):
        protect(table, INSERT_ONLY)
    for table in ("audit_unsealed", "outbox"):
        protect(table, REMOVABLE)
    share("api_key_prefix", INSERT_ONLY)
    share("platform_key", UPDATABLE)


def downgrade() -> None:
    drop_tables("outbox", "audit_unsealed", "audit_seal", "audit_entry", "idempotency_key")
    drop_tables("platform_key", "api_key", "api_key_prefix", "staff")
    drop_tables("org_unit_collaboration", "org_unit", "tenant_due", "tenant")
