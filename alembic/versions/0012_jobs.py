"""Jobs, their lines, and that each was billed once.

Terms and plan are there where the type is billable. Completing makes a job due; the row of
`job_billing` is what makes it billed, and there is one at most.

Revision ID: 0012
Revises: 0011
"""

from core.migration_ops import (
    INSERT_ONLY,
    REMOVABLE,
    UPDATABLE,
    drop_tables,
    execute_all,
    protect,
)

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

JOBS = """
CREATE TABLE job (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    ref text,
    type_id uuid NOT NULL,
    description text NOT NULL DEFAULT '',
    state text NOT NULL CHECK (state IN ('draft', 'in_progress', 'completed', 'cancelled')),
    org_unit_id uuid NOT NULL,
    classification text,
    attributes jsonb NOT NULL DEFAULT '{}',
    is_billable boolean NOT NULL,
    currency char(3),
    price_plan_version_id uuid,
    base_plan_version_id uuid,
    billing_terms_version_id uuid,
    agreement_date date NOT NULL,
    starts_at timestamptz NOT NULL,
    expected_at timestamptz NOT NULL,
    completed_at timestamptz,
    due_at timestamptz,
    is_test boolean NOT NULL,
    park_code text,
    park_reason text,
    attempts integer NOT NULL DEFAULT 0,
    retry_at timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, ref),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id),
    FOREIGN KEY (tenant_id, org_unit_id) REFERENCES org_unit (tenant_id, id),
    FOREIGN KEY (tenant_id, type_id) REFERENCES catalogue_entry (tenant_id, id),
    FOREIGN KEY (tenant_id, price_plan_version_id)
        REFERENCES price_plan_version (tenant_id, id),
    FOREIGN KEY (tenant_id, base_plan_version_id) REFERENCES price_plan_version (tenant_id, id),
    FOREIGN KEY (tenant_id, billing_terms_version_id)
        REFERENCES billing_terms_version (tenant_id, id),
    CHECK (NOT is_billable OR (currency IS NOT NULL AND price_plan_version_id IS NOT NULL
        AND billing_terms_version_id IS NOT NULL)),
    CHECK ((state = 'completed') = (completed_at IS NOT NULL)),
    CHECK (due_at IS NULL OR (is_billable AND state = 'completed')),
    CHECK ((park_code IS NULL) = (retry_at IS NULL)),
    CHECK (expected_at >= starts_at)
);
CREATE INDEX job_by_account ON job (tenant_id, account_id, id);
CREATE INDEX job_due ON job (tenant_id, due_at, id) WHERE due_at IS NOT NULL;
CREATE TABLE job_line (
    tenant_id uuid NOT NULL,
    job_id uuid NOT NULL,
    id uuid NOT NULL,
    product_id uuid NOT NULL,
    quantity quantity NOT NULL CHECK (quantity > 0),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, job_id, id),
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, job_id) REFERENCES job (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id)
);
CREATE TABLE job_billing (
    tenant_id uuid NOT NULL,
    job_id uuid NOT NULL,
    invoice_id uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, job_id),
    FOREIGN KEY (tenant_id, job_id) REFERENCES job (tenant_id, id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice (tenant_id, id)
);
ALTER TABLE invoice_line ADD COLUMN job_id uuid;
"""


def upgrade() -> None:
    execute_all(JOBS)
    protect("job", UPDATABLE)
    protect("job_line", REMOVABLE)
    protect("job_billing", INSERT_ONLY)


def downgrade() -> None:
    execute_all("ALTER TABLE invoice_line DROP COLUMN job_id;\n")
    drop_tables("job_billing", "job_line", "job")
