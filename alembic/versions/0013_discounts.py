"""Discounts that were granted, how often they may reduce a bill, and what they reduced.

A definition's version is kept with its grant. Every cap is a row with a CHECK: uses of a
grant, grants in a window, money in a unit of time, free time of an item. What reduced an
invoice is insert-only, like the invoice.

Revision ID: 0013
Revises: 0012
"""

from core.migration_ops import INSERT_ONLY, UPDATABLE, drop_tables, execute_all, protect

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

DISCOUNTS = """
CREATE TABLE discount_grant (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    definition_id uuid NOT NULL,
    definition_version_id uuid NOT NULL,
    account_id uuid NOT NULL,
    subscription_id uuid,
    job_id uuid,
    method text NOT NULL CHECK (method IN ('ad_hoc', 'auto')),
    percent numeric(9,6) CHECK (percent > 0 AND percent <= 100),
    amount money_amount CHECK (amount > 0),
    currency char(3),
    effective_from timestamptz NOT NULL,
    expires_at timestamptz,
    state text NOT NULL CHECK (state IN ('pending', 'approved', 'cancelled')),
    approver_unit_id uuid,
    uses integer NOT NULL DEFAULT 0 CHECK (uses >= 0),
    uses_allowed integer,
    note text NOT NULL DEFAULT '',
    provided_by text NOT NULL,
    provided_at timestamptz NOT NULL,
    approved_by text,
    approved_at timestamptz,
    cancelled_by text,
    cancelled_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, definition_id) REFERENCES catalogue_entry (tenant_id, id),
    FOREIGN KEY (tenant_id, definition_version_id)
        REFERENCES catalogue_entry_version (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id),
    FOREIGN KEY (tenant_id, job_id) REFERENCES job (tenant_id, id),
    FOREIGN KEY (tenant_id, approver_unit_id) REFERENCES org_unit (tenant_id, id),
    CHECK (num_nonnulls(subscription_id, job_id) = 1),
    CHECK (num_nonnulls(percent, amount) <= 1),
    CHECK ((amount IS NULL) = (currency IS NULL)),
    CHECK (uses_allowed IS NULL OR uses <= uses_allowed),
    CHECK (expires_at IS NULL OR expires_at > effective_from),
    CHECK (state <> 'approved' OR approved_at IS NOT NULL),
    CHECK ((state = 'cancelled') = (cancelled_at IS NOT NULL))
);
CREATE UNIQUE INDEX discount_grant_auto ON discount_grant
    (tenant_id, subscription_id, job_id, definition_id) NULLS NOT DISTINCT
    WHERE method = 'auto';
CREATE INDEX discount_grant_of_subscription ON discount_grant (tenant_id, subscription_id, id)
    WHERE subscription_id IS NOT NULL;
CREATE INDEX discount_grant_of_job ON discount_grant (tenant_id, job_id, id)
    WHERE job_id IS NOT NULL;
CREATE INDEX discount_grant_pending ON discount_grant (tenant_id, approver_unit_id, id)
    WHERE state = 'pending';
CREATE TABLE discount_window (
    tenant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    definition_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    uses integer NOT NULL CHECK (uses >= 0),
    allowed integer NOT NULL,
    PRIMARY KEY (tenant_id, account_id, definition_id, starts_at),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id),
    FOREIGN KEY (tenant_id, definition_id) REFERENCES catalogue_entry (tenant_id, id),
    CHECK (uses <= allowed),
    CHECK (ends_at > starts_at),
    EXCLUDE USING gist (tenant_id WITH =, account_id WITH =, definition_id WITH =,
        tstzrange(starts_at, ends_at) WITH &&)
);
CREATE TABLE discount_money (
    tenant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    definition_id uuid NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    granted money_amount NOT NULL CHECK (granted >= 0),
    allowed money_amount NOT NULL,
    PRIMARY KEY (tenant_id, account_id, definition_id, starts_at),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id),
    FOREIGN KEY (tenant_id, definition_id) REFERENCES catalogue_entry (tenant_id, id),
    CHECK (granted <= allowed),
    CHECK (ends_at > starts_at),
    EXCLUDE USING gist (tenant_id WITH =, account_id WITH =, definition_id WITH =,
        tstzrange(starts_at, ends_at) WITH &&)
);
CREATE TABLE discount_free_time (
    tenant_id uuid NOT NULL,
    grant_id uuid NOT NULL,
    item_id uuid NOT NULL,
    used numeric(18,12) NOT NULL CHECK (used >= 0),
    allowed numeric(18,12) NOT NULL,
    PRIMARY KEY (tenant_id, grant_id, item_id),
    FOREIGN KEY (tenant_id, grant_id) REFERENCES discount_grant (tenant_id, id),
    CHECK (used <= allowed)
);
CREATE TABLE applied_discount (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    grant_id uuid NOT NULL,
    definition_version_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    amount money_amount NOT NULL,
    free_time numeric(18,12),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, grant_id) REFERENCES discount_grant (tenant_id, id),
    FOREIGN KEY (tenant_id, definition_version_id)
        REFERENCES catalogue_entry_version (tenant_id, id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice (tenant_id, id)
);
CREATE INDEX applied_discount_of_grant ON applied_discount (tenant_id, grant_id, id);
CREATE INDEX applied_discount_of_invoice ON applied_discount (tenant_id, invoice_id);
"""


def upgrade() -> None:
    execute_all(DISCOUNTS)
    for table in ("discount_grant", "discount_window", "discount_money", "discount_free_time"):
        protect(table, UPDATABLE)
    protect("applied_discount", INSERT_ONLY)


def downgrade() -> None:
    drop_tables("applied_discount", "discount_free_time", "discount_money", "discount_window")
    drop_tables("discount_grant")
