"""Usage events, their batches, and gauge readings.

An event is identified by ``identity``, made from account, source and event id (time
ordered when the event id is a UUIDv7, so that the key's index grows at its end).
Revision 0 is the event as reported; a void adds a row with ``sign`` -1, an amendment a
void and a new revision. Nothing is updated: sums over ``quantity`` and ``sign`` are the
truth. ``usage_period_id`` says when the event happened, ``billing_period_id`` which
period's closing bills it; they differ for late events. No foreign keys: each batch
validates what it stores. Rows arrive in the order of ``received_at``, so that a block
range index serves the reconciliation by day and costs the ingest next to nothing.

Revision ID: 0006
Revises: 0005
"""

from core.migration_ops import INSERT_ONLY, drop_tables, execute_all, protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

EVENTS = """
CREATE TABLE usage_event (
    tenant_id uuid NOT NULL,
    identity uuid NOT NULL,
    revision integer NOT NULL CHECK (revision >= 0),
    sign smallint NOT NULL CHECK (sign IN (-1, 1)),
    account_id uuid NOT NULL,
    subscription_id uuid,
    product_id uuid,
    usage_period_id uuid,
    billing_period_id uuid,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    quantity quantity NOT NULL,
    slot integer NOT NULL DEFAULT 0,
    channel text NOT NULL,
    unit text NOT NULL DEFAULT '',
    dimension text NOT NULL DEFAULT '',
    source text NOT NULL,
    event_id text NOT NULL,
    content_hash bytea NOT NULL,
    payload jsonb NOT NULL,
    PRIMARY KEY (tenant_id, identity, revision),
    CHECK ((usage_period_id IS NULL) = (billing_period_id IS NULL)),
    CHECK ((usage_period_id IS NULL) = (product_id IS NULL))
);
CREATE INDEX usage_event_total ON usage_event
    (tenant_id, usage_period_id, product_id, dimension, slot)
    INCLUDE (quantity, sign, billing_period_id) WHERE usage_period_id IS NOT NULL;
CREATE INDEX usage_event_late ON usage_event (tenant_id, billing_period_id, usage_period_id)
    WHERE billing_period_id <> usage_period_id;
CREATE INDEX usage_event_by_account
    ON usage_event (tenant_id, account_id, occurred_at, identity);
CREATE INDEX usage_event_received ON usage_event USING brin (tenant_id, received_at);
CREATE TABLE usage_batch (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    channel text NOT NULL,
    accepted integer NOT NULL,
    free integer NOT NULL,
    duplicate integer NOT NULL,
    rejected integer NOT NULL,
    reasons jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (tenant_id, id)
);
CREATE TABLE gauge_reading (
    tenant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    gauge_id uuid NOT NULL,
    at timestamptz NOT NULL,
    identity uuid NOT NULL,
    value quantity NOT NULL CHECK (value >= 0),
    source text NOT NULL,
    reading_id text NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, identity),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id),
    FOREIGN KEY (tenant_id, gauge_id) REFERENCES gauge (tenant_id, id)
);
CREATE INDEX usage_batch_received ON usage_batch (tenant_id, received_at);
CREATE INDEX gauge_reading_of ON gauge_reading
    (tenant_id, account_id, gauge_id, at, identity) INCLUDE (value);
"""


def upgrade() -> None:
    execute_all(EVENTS)
    for table in ("usage_event", "usage_batch", "gauge_reading"):
        protect(table, INSERT_ONLY)


def downgrade() -> None:
    drop_tables("gauge_reading", "usage_batch", "usage_event")
