"""Trials, terms, packs bound to modules, licences, allowances and what consumed them.

A trial is of a subscription or of one item. A pack belongs to the item of its module. A
licence is held by one member at a time, never by more members than there are seats. What a
product allows is a row whose use is capped; every consumption is kept with its identity.

Revision ID: 0017
Revises: 0016
"""

from core.migration_ops import (
    INSERT_ONLY,
    UPDATABLE,
    drop_tables,
    execute_all,
    protect,
    view_with,
)

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

LIFE = """
ALTER TABLE subscription ADD COLUMN trial_from timestamptz;
ALTER TABLE subscription ADD COLUMN trial_until timestamptz;
ALTER TABLE subscription ADD COLUMN trial_grants jsonb;
ALTER TABLE subscription ADD COLUMN term_from timestamptz;
ALTER TABLE subscription ADD CONSTRAINT subscription_trial
    CHECK ((trial_from IS NULL) = (trial_until IS NULL) AND trial_until > trial_from);
ALTER TABLE subscription_item ADD COLUMN is_trial boolean NOT NULL DEFAULT false;
ALTER TABLE subscription_item ADD COLUMN module_item_id uuid;
ALTER TABLE subscription_item ADD COLUMN committed quantity CHECK (committed > 0);
CREATE TABLE trial_use (
    tenant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    product_id uuid NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    subscription_id uuid NOT NULL,
    actor text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, account_id, product_id, number),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id)
);
ALTER TABLE product ADD COLUMN body jsonb NOT NULL DEFAULT '{}';
ALTER TABLE catalogue_entry DROP CONSTRAINT catalogue_entry_section_check;
ALTER TABLE catalogue_entry ADD CONSTRAINT catalogue_entry_section_check
    CHECK (section IN ('segments', 'discounts', 'usage_rules', 'udr_types',
        'usage_definitions', 'usage_catalogues', 'buy_in_advance', 'job_types', 'features'));
"""
ENTITLEMENTS = """
CREATE TABLE allowance (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    item_id uuid NOT NULL,
    feature text NOT NULL,
    granted quantity,
    used quantity NOT NULL DEFAULT 0 CHECK (used >= 0),
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, item_id, feature, from_at),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id),
    CHECK (used <= granted),
    CHECK (until_at > from_at)
);
CREATE INDEX allowance_of ON allowance (tenant_id, account_id, feature, from_at);
CREATE TABLE consumption (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    member_id uuid,
    feature text NOT NULL,
    amount quantity NOT NULL CHECK (amount > 0),
    at timestamptz NOT NULL,
    source text NOT NULL,
    event_id text NOT NULL,
    content_hash bytea NOT NULL,
    parts jsonb NOT NULL,
    actor text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, account_id, source, event_id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id)
);
CREATE INDEX consumption_of ON consumption (tenant_id, account_id, feature, at, id);
CREATE TABLE licence_seat (
    tenant_id uuid NOT NULL,
    item_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    seats bigint NOT NULL CHECK (seats >= 0),
    used bigint NOT NULL DEFAULT 0 CHECK (used >= 0),
    PRIMARY KEY (tenant_id, item_id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id),
    CHECK (used <= seats)
);
CREATE TABLE licence_assignment (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    item_id uuid NOT NULL,
    member_id uuid NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    assigned_by text NOT NULL,
    released_by text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, item_id) REFERENCES licence_seat (tenant_id, item_id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id),
    CHECK (until_at IS NULL OR until_at >= from_at)
);
CREATE UNIQUE INDEX licence_held ON licence_assignment (tenant_id, item_id, member_id)
    WHERE until_at IS NULL;
CREATE INDEX licence_of_member ON licence_assignment (tenant_id, account_id, member_id);
"""
DOWN = """
ALTER TABLE catalogue_entry DROP CONSTRAINT catalogue_entry_section_check;
ALTER TABLE catalogue_entry ADD CONSTRAINT catalogue_entry_section_check
    CHECK (section IN ('segments', 'discounts', 'usage_rules', 'udr_types',
        'usage_definitions', 'usage_catalogues', 'buy_in_advance', 'job_types'));
ALTER TABLE product DROP COLUMN body;
ALTER TABLE subscription_item DROP COLUMN committed;
ALTER TABLE subscription_item DROP COLUMN module_item_id;
ALTER TABLE subscription_item DROP COLUMN is_trial;
ALTER TABLE subscription DROP CONSTRAINT subscription_trial;
ALTER TABLE subscription DROP COLUMN term_from;
ALTER TABLE subscription DROP COLUMN trial_grants;
ALTER TABLE subscription DROP COLUMN trial_until;
ALTER TABLE subscription DROP COLUMN trial_from;
"""


def upgrade() -> None:
    execute_all(LIFE)
    execute_all(ENTITLEMENTS)
    protect("trial_use", INSERT_ONLY)
    protect("allowance", UPDATABLE)
    protect("consumption", INSERT_ONLY)
    protect("licence_seat", UPDATABLE)
    protect("licence_assignment", UPDATABLE)
    for table in ("trial_use", "allowance", "consumption", "licence_assignment"):
        view_with(table, "account")
    view_with("licence_seat", "subscription")


def downgrade() -> None:
    drop_tables(
        "licence_assignment", "licence_seat", "consumption", "allowance", "trial_use"
    )  # fmt: skip
    execute_all(DOWN)
