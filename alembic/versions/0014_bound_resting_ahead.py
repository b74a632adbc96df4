"""Binding, resting, and periods bought in advance.

A subscription may be bound until a day, with a product owed when it ends before. Rests of
one subscription never overlap. A request for a longer period waits until a billing takes
it; one at most waits. The period that took it says so: its fees are owed at its start.

Revision ID: 0014
Revises: 0013
"""

from core.migration_ops import REMOVABLE, UPDATABLE, drop_tables, execute_all, protect

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE subscription ADD COLUMN bound_from timestamptz;
ALTER TABLE subscription ADD COLUMN bound_until timestamptz;
ALTER TABLE subscription ADD COLUMN penalty_product_id uuid;
ALTER TABLE subscription ADD CONSTRAINT subscription_penalty
    FOREIGN KEY (tenant_id, penalty_product_id) REFERENCES product (tenant_id, id);
ALTER TABLE subscription ADD CONSTRAINT subscription_bound
    CHECK ((bound_from IS NULL) = (bound_until IS NULL) AND bound_until > bound_from);
ALTER TABLE billing_period ADD COLUMN is_advance boolean NOT NULL DEFAULT false;
CREATE TABLE subscription_rest (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    is_billed boolean NOT NULL,
    note text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id),
    CHECK (until_at IS NULL OR until_at > from_at),
    EXCLUDE USING gist (tenant_id WITH =, subscription_id WITH =,
        tstzrange(from_at, until_at) WITH &&)
);
CREATE INDEX subscription_rest_of ON subscription_rest (tenant_id, subscription_id, from_at);
CREATE TABLE advance_request (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    definition_version_id uuid NOT NULL,
    duration text NOT NULL,
    months integer,
    note text NOT NULL DEFAULT '',
    state text NOT NULL CHECK (state IN ('waiting', 'billed', 'rejected', 'cancelled')),
    reason text,
    period_id uuid,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    settled_by text,
    settled_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id),
    FOREIGN KEY (tenant_id, definition_version_id)
        REFERENCES catalogue_entry_version (tenant_id, id),
    CHECK ((state = 'billed') = (period_id IS NOT NULL)),
    CHECK ((state = 'waiting') = (settled_at IS NULL))
);
CREATE UNIQUE INDEX advance_request_waiting ON advance_request (tenant_id, subscription_id)
    WHERE state = 'waiting';
CREATE INDEX advance_request_of ON advance_request (tenant_id, subscription_id, id);
"""
DOWN = """
ALTER TABLE billing_period DROP COLUMN is_advance;
ALTER TABLE subscription DROP CONSTRAINT subscription_bound;
ALTER TABLE subscription DROP COLUMN penalty_product_id;
ALTER TABLE subscription DROP COLUMN bound_until;
ALTER TABLE subscription DROP COLUMN bound_from;
"""


def upgrade() -> None:
    execute_all(UP)
    protect("subscription_rest", REMOVABLE)
    protect("advance_request", UPDATABLE)


def downgrade() -> None:
    drop_tables("advance_request", "subscription_rest")
    execute_all(DOWN)
