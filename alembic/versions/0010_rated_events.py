"""Events that are priced one by one, wallets, and invoices between two closings.

An event of a channel priced per event keeps its amount, rounded to the currency, and how
it came about. Its two periods may be told anew, because a change of price inside a period
divides it; nothing else of an event ever changes. A counter is the row that concurrent
usage of one subscription queues for, where thresholds or a wallet must be exact. A wallet
never falls below zero: the database refuses it.

Revision ID: 0010
Revises: 0009
"""

from alembic import op

from core.migration_ops import (
    INSERT_ONLY,
    REMOVABLE,
    UPDATABLE,
    app_role,
    drop_tables,
    execute_all,
    protect,
)

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

EVENTS = """
ALTER TABLE usage_event ADD COLUMN amount money_amount;
ALTER TABLE usage_event ADD COLUMN rating jsonb;
ALTER TABLE usage_event ADD CONSTRAINT usage_event_rated
    CHECK ((amount IS NULL) = (rating IS NULL));
DROP INDEX usage_event_total;
CREATE INDEX usage_event_total ON usage_event
    (tenant_id, usage_period_id, product_id, dimension, slot)
    INCLUDE (quantity, sign, billing_period_id, amount) WHERE usage_period_id IS NOT NULL;
ALTER TABLE invoice_line DROP CONSTRAINT invoice_line_kind_check;
ALTER TABLE invoice_line ADD CONSTRAINT invoice_line_kind_check CHECK (kind IN ('fee',
    'gauge', 'usage', 'credit', 'one_off', 'consumption', 'commitment', 'discount'));
ALTER TABLE billing_terms_version ADD COLUMN counts_usage boolean NOT NULL DEFAULT false;
"""
WALLETS = """
CREATE TABLE usage_counter (
    tenant_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, subscription_id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id)
);
CREATE TABLE interim_request (
    tenant_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    account_id uuid NOT NULL,
    reason text NOT NULL CHECK (reason IN ('amount', 'events')),
    asked_at timestamptz NOT NULL,
    retry_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    error text,
    is_test boolean NOT NULL,
    PRIMARY KEY (tenant_id, subscription_id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id)
);
CREATE INDEX interim_request_due ON interim_request (tenant_id, retry_at);
CREATE TABLE wallet (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    currency char(3) NOT NULL,
    balance money_amount NOT NULL DEFAULT 0 CHECK (balance >= 0),
    short_since timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, subscription_id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id)
);
CREATE INDEX wallet_short ON wallet (tenant_id, short_since) WHERE short_since IS NOT NULL;
CREATE TABLE wallet_entry (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    wallet_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('top_up', 'usage', 'invoice', 'correction')),
    amount money_amount NOT NULL,
    balance money_amount NOT NULL,
    reference text NOT NULL DEFAULT '',
    invoice_id uuid,
    period_id uuid,
    actor text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, wallet_id) REFERENCES wallet (tenant_id, id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice (tenant_id, id)
);
CREATE INDEX wallet_entry_of ON wallet_entry (tenant_id, wallet_id, id);
CREATE TABLE wallet_charge (
    tenant_id uuid NOT NULL,
    period_id uuid NOT NULL,
    wallet_id uuid NOT NULL,
    charged money_amount NOT NULL CHECK (charged >= 0),
    PRIMARY KEY (tenant_id, period_id),
    FOREIGN KEY (tenant_id, period_id) REFERENCES billing_period (tenant_id, id),
    FOREIGN KEY (tenant_id, wallet_id) REFERENCES wallet (tenant_id, id)
);
"""
DOWN = """
ALTER TABLE billing_terms_version DROP COLUMN counts_usage;
ALTER TABLE invoice_line DROP CONSTRAINT invoice_line_kind_check;
ALTER TABLE invoice_line ADD CONSTRAINT invoice_line_kind_check CHECK (kind IN ('fee',
    'gauge', 'usage', 'one_off', 'consumption', 'commitment', 'discount'));
DROP INDEX usage_event_total;
CREATE INDEX usage_event_total ON usage_event
    (tenant_id, usage_period_id, product_id, dimension, slot)
    INCLUDE (quantity, sign, billing_period_id) WHERE usage_period_id IS NOT NULL;
ALTER TABLE usage_event DROP CONSTRAINT usage_event_rated;
ALTER TABLE usage_event DROP COLUMN rating;
ALTER TABLE usage_event DROP COLUMN amount;
"""
PLACES = "UPDATE (usage_period_id, billing_period_id)"


def upgrade() -> None:
    execute_all(EVENTS)
    execute_all(WALLETS)
    for table in ("wallet", "wallet_charge"):
        protect(table, UPDATABLE)
    protect("wallet_entry", INSERT_ONLY)
    protect("usage_counter", UPDATABLE)
    protect("interim_request", REMOVABLE)
    op.execute(f"GRANT {PLACES} ON usage_event TO {app_role()}")


def downgrade() -> None:
    op.execute(f"REVOKE {PLACES} ON usage_event FROM {app_role()}")
    drop_tables("wallet_charge", "wallet_entry", "wallet", "interim_request", "usage_counter")
    execute_all(DOWN)
