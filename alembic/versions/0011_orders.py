"""Orders of usage services, and what is asked of their providers.

An order for later waits as scheduled and becomes an event at its time. A request to a
provider leaves through the outbox and keeps how it went. The built-in provisioner writes
each request once into its own log, by the request's id.

Revision ID: 0011
Revises: 0010
"""

from core.migration_ops import INSERT_ONLY, UPDATABLE, drop_tables, execute_all, protect

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ORDERS = """
CREATE TABLE usage_order (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    termed_item_id uuid NOT NULL,
    product_id uuid NOT NULL,
    catalogue_version_id uuid NOT NULL,
    udr_type text NOT NULL,
    directive text NOT NULL CHECK (directive IN ('bill', 'credit', 'free')),
    event jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('scheduled', 'posted', 'cancelled', 'refused')),
    ordered_for timestamptz NOT NULL,
    event_identity uuid,
    reason text,
    ordered_by text NOT NULL,
    is_test boolean NOT NULL,
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id),
    FOREIGN KEY (tenant_id, catalogue_version_id)
        REFERENCES catalogue_entry_version (tenant_id, id),
    CHECK ((state = 'posted') = (event_identity IS NOT NULL))
);
CREATE INDEX usage_order_due ON usage_order (tenant_id, ordered_for, id)
    WHERE state = 'scheduled';
CREATE INDEX usage_order_of ON usage_order (tenant_id, subscription_id, id);
CREATE TABLE provisioning_request (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    order_id uuid,
    provider text NOT NULL,
    product_id uuid NOT NULL,
    provisioning_id text NOT NULL,
    action text NOT NULL CHECK (action IN ('activate', 'change', 'suspend', 'resume', 'end')),
    facts jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL CHECK (state IN ('waiting', 'done', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    reference text NOT NULL DEFAULT '',
    error text,
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, order_id) REFERENCES usage_order (tenant_id, id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id)
);
CREATE INDEX provisioning_request_of ON provisioning_request (tenant_id, subscription_id, id);
CREATE TABLE provisioning_log (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    request_id uuid NOT NULL,
    provider text NOT NULL,
    account text NOT NULL,
    subscription text NOT NULL,
    product text NOT NULL,
    action text NOT NULL,
    provisioning_id text NOT NULL,
    facts jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, request_id)
);
"""


def upgrade() -> None:
    execute_all(ORDERS)
    protect("usage_order", UPDATABLE)
    protect("provisioning_request", UPDATABLE)
    protect("provisioning_log", INSERT_ONLY)


def downgrade() -> None:
    drop_tables("provisioning_log", "provisioning_request", "usage_order")
