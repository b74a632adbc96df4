"""Subscriptions, their phases (plan and terms over time), items, and billing periods.

A phase says which plan version and which terms hold from an instant on; phases of one
subscription never overlap. An item keeps its ``item_id`` through revisions. Periods of
one stream of one subscription never overlap: the database refuses it. A settlement
period bills what arrives late for a subscription that has ended; it has no fees.

Revision ID: 0005
Revises: 0004
"""

from core.migration_ops import REMOVABLE, UPDATABLE, drop_tables, execute_all, protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SUBSCRIPTIONS = """
CREATE TABLE subscription (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    ref text,
    type text,
    state text NOT NULL CHECK (state IN ('trial', 'active', 'ending', 'ended', 'suspended')),
    agreement_date date NOT NULL,
    org_unit_id uuid NOT NULL,
    currency char(3) NOT NULL,
    timezone text NOT NULL,
    anchor date NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz,
    classification text,
    attributes jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, ref),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id),
    FOREIGN KEY (tenant_id, org_unit_id) REFERENCES org_unit (tenant_id, id),
    CHECK (ends_at IS NULL OR ends_at >= starts_at)
);
CREATE INDEX subscription_by_account ON subscription (tenant_id, account_id, id);
CREATE TABLE subscription_phase (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    price_plan_version_id uuid NOT NULL,
    billing_terms_version_id uuid NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id),
    FOREIGN KEY (tenant_id, price_plan_version_id)
        REFERENCES price_plan_version (tenant_id, id),
    FOREIGN KEY (tenant_id, billing_terms_version_id)
        REFERENCES billing_terms_version (tenant_id, id),
    CHECK (until_at IS NULL OR until_at > from_at),
    EXCLUDE USING gist (tenant_id WITH =, subscription_id WITH =,
        tstzrange(from_at, until_at) WITH &&)
);
CREATE INDEX phase_by_subscription ON subscription_phase (tenant_id, subscription_id, from_at);
CREATE TABLE subscription_item (
    tenant_id uuid NOT NULL,
    item_id uuid NOT NULL,
    revision integer NOT NULL CHECK (revision >= 1),
    subscription_id uuid NOT NULL,
    product_id uuid NOT NULL,
    quantity quantity NOT NULL CHECK (quantity >= 0),
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, item_id, revision),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id),
    CHECK (until_at IS NULL OR until_at > from_at),
    EXCLUDE USING gist (tenant_id WITH =, item_id WITH =, tstzrange(from_at, until_at) WITH &&)
);
CREATE INDEX item_by_subscription ON subscription_item (tenant_id, subscription_id, from_at);
"""

PERIODS = """
CREATE TABLE billing_period (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    stream text NOT NULL CHECK (stream IN ('fees', 'usage', 'settlement')),
    ordinal integer NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    whole_starts_at timestamptz NOT NULL,
    whole_ends_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    is_test boolean NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'frozen', 'parked', 'billed')),
    run_id uuid,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id),
    CHECK (ends_at > starts_at AND whole_starts_at <= starts_at AND ends_at <= whole_ends_at),
    EXCLUDE USING gist (tenant_id WITH =, subscription_id WITH =, stream WITH =,
        tstzrange(starts_at, ends_at) WITH &&)
);
CREATE INDEX billing_period_due ON billing_period (tenant_id, due_at, id) WHERE state = 'open';
CREATE INDEX billing_period_run
    ON billing_period (tenant_id, run_id, account_id, subscription_id)
    WHERE state IN ('frozen', 'parked');
CREATE INDEX billing_period_of
    ON billing_period (tenant_id, subscription_id, stream, starts_at);
"""


def upgrade() -> None:
    execute_all(SUBSCRIPTIONS)
    execute_all(PERIODS)
    protect("subscription", UPDATABLE)
    for table in ("subscription_phase", "subscription_item", "billing_period"):
        protect(table, REMOVABLE)


def downgrade() -> None:
    drop_tables("billing_period", "subscription_item", "subscription_phase", "subscription")
