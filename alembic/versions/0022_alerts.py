"""Alerts on spend and usage, and indexes by time for series.

An alert says what is watched, of whom, and at which thresholds. What it found is a row that
its keys let exist once: for each threshold, subscription and start of a period. Periods that
were used wait in a queue until they are measured; where the last look ended is a row of the
tenant's, and one of each account on a test clock.

Events and fee slices are stored about in the order of their time, so that block range indexes
find those of a stretch of it and cost writers next to nothing. They summarise new blocks by
themselves: what is not summarised is read whole.

Revision ID: 0022
Revises: 0021
"""

from core.migration_ops import (
    REMOVABLE,
    UPDATABLE,
    drop_tables,
    execute_all,
    limit_view,
    protect,
    view_with,
)

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ALERTS = """
CREATE TABLE alert (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    measure text NOT NULL CHECK (measure IN ('usage_amount', 'next_invoice', 'quantity',
        'allowance')),
    account_id uuid,
    subscription_id uuid,
    holds_product_id uuid,
    price_plan_id uuid,
    product_id uuid,
    feature text,
    currency char(3),
    budget quantity CHECK (budget > 0),
    thresholds numeric[] NOT NULL CHECK (cardinality(thresholds) BETWEEN 1 AND 10),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'removed')),
    created_at timestamptz NOT NULL,
    defined_by text NOT NULL,
    look_at timestamptz,
    look_after uuid,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id),
    FOREIGN KEY (tenant_id, holds_product_id) REFERENCES product (tenant_id, id),
    FOREIGN KEY (tenant_id, price_plan_id) REFERENCES price_plan (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id),
    CHECK (num_nonnulls(subscription_id, holds_product_id, price_plan_id) <= 1),
    CHECK (account_id IS NULL OR num_nonnulls(holds_product_id, price_plan_id) = 0),
    CHECK ((measure = 'quantity') = (product_id IS NOT NULL)),
    CHECK ((measure = 'allowance') = (feature IS NOT NULL)),
    CHECK ((measure IN ('usage_amount', 'next_invoice')) = (currency IS NOT NULL)),
    CHECK (measure <> 'allowance' OR budget IS NULL)
);
CREATE INDEX alert_of_account ON alert (tenant_id, account_id, id)
    WHERE account_id IS NOT NULL;
CREATE INDEX alert_of_subscription ON alert (tenant_id, subscription_id, id)
    WHERE subscription_id IS NOT NULL;
CREATE INDEX alert_active ON alert (tenant_id, look_at) WHERE state = 'active';
CREATE TABLE alert_event (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    alert_id uuid NOT NULL,
    account_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    threshold quantity NOT NULL,
    level numeric NOT NULL,
    value numeric NOT NULL,
    currency char(3),
    period_from timestamptz NOT NULL,
    period_until timestamptz,
    period_id uuid,
    raised_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, alert_id, subscription_id, period_from, threshold),
    FOREIGN KEY (tenant_id, alert_id) REFERENCES alert (tenant_id, id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id)
);
CREATE INDEX alert_event_of_alert ON alert_event (tenant_id, alert_id, id);
CREATE INDEX alert_event_of_account ON alert_event (tenant_id, account_id, id);
CREATE INDEX alert_event_of_subscription ON alert_event (tenant_id, subscription_id, id);
CREATE TABLE alert_queue (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    period_id uuid NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    retry_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX alert_queue_due ON alert_queue (tenant_id, retry_at, id);
CREATE TABLE alert_look (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    seen_until timestamptz NOT NULL,
    PRIMARY KEY (tenant_id)
);
CREATE TABLE alert_test_look (
    tenant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    clock timestamptz NOT NULL,
    looked_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, account_id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id)
);
"""
BY_TIME = """
DROP INDEX usage_event_received;
CREATE INDEX usage_event_times ON usage_event USING brin (tenant_id, received_at, occurred_at)
    WITH (autosummarize = on);
CREATE INDEX fee_slice_times ON fee_slice USING brin (tenant_id, from_at, until_at)
    WITH (autosummarize = on);
"""
NO_LONGER = """
DROP INDEX fee_slice_times;
DROP INDEX usage_event_times;
CREATE INDEX usage_event_received ON usage_event USING brin (tenant_id, received_at);
"""


def upgrade() -> None:
    execute_all(ALERTS)
    execute_all(BY_TIME)
    protect("alert", UPDATABLE)
    protect("alert_event", ("SELECT", "INSERT"))
    for table in ("alert_queue", "alert_look", "alert_test_look"):
        protect(table, REMOVABLE)
    limit_view("alert", "SELECT", "account_id IS NULL OR sees_account(tenant_id, account_id)")
    view_with("alert_event", "account")
    view_with("alert_test_look", "account")


def downgrade() -> None:
    execute_all(NO_LONGER)
    drop_tables("alert_test_look", "alert_look", "alert_queue", "alert_event", "alert")
