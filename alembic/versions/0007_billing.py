"""Close runs and chunks, invoices with lines and gapless numbers, what was billed, parking.

What is final lives in insert-only tables; settlement is a row of its own, and the one to
lock. A number names the number before it, so a gap cannot be stored. A fee slice covers
an item revision from day to day and excludes any overlap; usage is a chain of cumulative
steps, each pointing at the step before.

Revision ID: 0007
Revises: 0006
"""

from core.migration_ops import INSERT_ONLY, UPDATABLE, drop_tables, execute_all, protect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

RUNS = """
CREATE TABLE close_run (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL,
    due_until timestamptz NOT NULL,
    periods integer NOT NULL,
    subscriptions integer NOT NULL,
    chunks integer NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE close_chunk (
    tenant_id uuid NOT NULL,
    run_id uuid NOT NULL,
    number integer NOT NULL,
    first_account_id uuid NOT NULL,
    last_account_id uuid NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done')),
    attempts integer NOT NULL DEFAULT 0,
    retry_at timestamptz,
    subscriptions integer NOT NULL,
    invoices integer NOT NULL DEFAULT 0,
    parked integer NOT NULL DEFAULT 0,
    error text,
    done_at timestamptz,
    PRIMARY KEY (tenant_id, run_id, number),
    FOREIGN KEY (tenant_id, run_id) REFERENCES close_run (tenant_id, id)
);
CREATE INDEX close_chunk_waiting ON close_chunk (tenant_id, run_id, number)
    WHERE state = 'waiting';
CREATE TABLE parked_subscription (
    tenant_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    due_at timestamptz NOT NULL,
    account_id uuid NOT NULL,
    run_id uuid,
    code text NOT NULL,
    reason text NOT NULL,
    plugin text,
    attempts integer NOT NULL DEFAULT 1,
    parked_at timestamptz NOT NULL,
    retry_at timestamptz,
    healed_at timestamptz,
    PRIMARY KEY (tenant_id, subscription_id, due_at),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id)
);
CREATE INDEX parked_waiting ON parked_subscription (tenant_id, retry_at)
    WHERE healed_at IS NULL;
"""

INVOICES = """
CREATE TABLE invoice (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    subscription_id uuid,
    kind text NOT NULL CHECK (kind IN ('invoice', 'credit_note')),
    currency char(3) NOT NULL,
    tax_mode text NOT NULL CHECK (tax_mode IN ('exclusive', 'inclusive')),
    issue_date date NOT NULL,
    due_at timestamptz NOT NULL,
    net money_amount NOT NULL,
    tax money_amount NOT NULL,
    total money_amount NOT NULL,
    total_minor bigint NOT NULL,
    taxes jsonb NOT NULL,
    parties jsonb NOT NULL,
    line_count integer NOT NULL CHECK (line_count > 0),
    digest bytea NOT NULL,
    run_id uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id),
    CHECK (total = net + tax)
);
CREATE UNIQUE INDEX invoice_once
    ON invoice (tenant_id, subscription_id, due_at, currency, run_id)
    WHERE subscription_id IS NOT NULL AND run_id IS NOT NULL AND kind = 'invoice';
CREATE INDEX invoice_by_account ON invoice (tenant_id, account_id, issue_date, id);
CREATE INDEX invoice_by_date ON invoice (tenant_id, issue_date, id);
CREATE INDEX invoice_by_total ON invoice (tenant_id, total_minor, id);
CREATE TABLE invoice_line (
    tenant_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    number integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('fee', 'gauge', 'usage', 'one_off', 'consumption',
        'commitment', 'discount')),
    subscription_id uuid,
    product_id uuid,
    price_plan_version_id uuid,
    period_id uuid,
    is_difference boolean NOT NULL,
    description text NOT NULL,
    quantity quantity NOT NULL,
    unit text NOT NULL,
    dimension text NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    amount money_amount NOT NULL,
    net money_amount NOT NULL,
    tax money_amount NOT NULL,
    gross money_amount NOT NULL,
    tax_class text NOT NULL,
    tax_rate numeric(7,4) NOT NULL,
    working jsonb NOT NULL,
    PRIMARY KEY (tenant_id, invoice_id, number),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice (tenant_id, id),
    CHECK (gross = net + tax)
);
CREATE TABLE invoice_number (
    tenant_id uuid NOT NULL,
    series text NOT NULL,
    n bigint NOT NULL CHECK (n > 0),
    prev bigint,
    invoice_id uuid NOT NULL,
    issue_date date NOT NULL,
    PRIMARY KEY (tenant_id, series, n),
    UNIQUE (tenant_id, invoice_id),
    FOREIGN KEY (tenant_id, series, prev) REFERENCES invoice_number (tenant_id, series, n),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice (tenant_id, id),
    CHECK ((n = 1 AND prev IS NULL) OR (prev IS NOT NULL AND prev = n - 1))
);
CREATE TABLE invoice_settlement (
    tenant_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    total money_amount NOT NULL,
    paid money_amount NOT NULL DEFAULT 0 CHECK (paid >= 0),
    credited money_amount NOT NULL DEFAULT 0 CHECK (credited >= 0),
    PRIMARY KEY (tenant_id, invoice_id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice (tenant_id, id),
    CHECK (paid + credited <= greatest(total, 0))
);
"""

BILLED = """
CREATE TABLE fee_slice (
    tenant_id uuid NOT NULL,
    item_id uuid NOT NULL,
    revision integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('fee', 'one_off')),
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    subscription_id uuid NOT NULL,
    period_id uuid NOT NULL,
    price_plan_version_id uuid NOT NULL,
    quantity quantity NOT NULL,
    amount money_amount NOT NULL,
    invoice_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, item_id, revision, kind, from_at),
    FOREIGN KEY (tenant_id, item_id, revision)
        REFERENCES subscription_item (tenant_id, item_id, revision),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice (tenant_id, id),
    CHECK (until_at > from_at),
    EXCLUDE USING gist (tenant_id WITH =, item_id WITH =, kind WITH =,
        tstzrange(from_at, until_at) WITH &&)
);
CREATE INDEX fee_slice_of ON fee_slice (tenant_id, subscription_id, from_at);
CREATE TABLE billing_step (
    tenant_id uuid NOT NULL,
    period_id uuid NOT NULL,
    seq integer NOT NULL CHECK (seq >= 1),
    prev integer,
    billed_by uuid NOT NULL,
    invoice_id uuid,
    inputs jsonb,
    totals jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, period_id, seq),
    FOREIGN KEY (tenant_id, period_id, prev)
        REFERENCES billing_step (tenant_id, period_id, seq),
    FOREIGN KEY (tenant_id, period_id) REFERENCES billing_period (tenant_id, id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice (tenant_id, id),
    CHECK ((seq = 1 AND prev IS NULL AND inputs IS NOT NULL)
        OR (prev IS NOT NULL AND prev = seq - 1))
);
"""


def upgrade() -> None:
    execute_all(RUNS)
    execute_all(INVOICES)
    execute_all(BILLED)
    for table in ("close_run", "invoice", "invoice_line", "invoice_number"):
        protect(table, INSERT_ONLY)
    for table in ("fee_slice", "billing_step"):
        protect(table, INSERT_ONLY)
    for table in ("close_chunk", "parked_subscription", "invoice_settlement"):
        protect(table, UPDATABLE)


def downgrade() -> None:
    drop_tables("billing_step", "fee_slice", "invoice_settlement", "invoice_number")
    drop_tables("invoice_line", "invoice", "parked_subscription", "close_chunk", "close_run")
