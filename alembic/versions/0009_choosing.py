"""Conditional plans, who may choose what, and the catalogue's entries that are read whole.

A conditional plan names its base plan; its two conditions belong to the version, because
they decide money. A phase remembers the base plan's version too, so that a subscriber
keeps both until moved, and the day that its periods are counted from where amended terms
count from another. `visible_to` lists the units that may choose a plan or an entry;
what is not listed is for everyone. Segments, discounts, usage catalogues and the like are
entries in versions: each is read and compiled as a whole, and nothing joins with their
inside. Of some sections one entry at most is active.

Revision ID: 0009
Revises: 0008
"""

from core.migration_ops import (
    INSERT_ONLY,
    REMOVABLE,
    UPDATABLE,
    drop_tables,
    execute_all,
    protect,
)

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

PLANS = """
ALTER TABLE price_plan ADD COLUMN base_plan_id uuid;
ALTER TABLE price_plan ADD CONSTRAINT price_plan_base
    FOREIGN KEY (tenant_id, base_plan_id) REFERENCES price_plan (tenant_id, id);
ALTER TABLE price_plan ADD CONSTRAINT price_plan_not_its_own_base
    CHECK (base_plan_id IS DISTINCT FROM id);
CREATE INDEX price_plan_by_base ON price_plan (tenant_id, base_plan_id)
    WHERE base_plan_id IS NOT NULL;
ALTER TABLE price_plan_version ADD COLUMN select_when text;
ALTER TABLE price_plan_version ADD COLUMN apply_when text;
ALTER TABLE subscription_phase ADD COLUMN base_plan_version_id uuid;
ALTER TABLE subscription_phase ADD COLUMN anchor date;
ALTER TABLE subscription_phase ADD CONSTRAINT phase_base_version
    FOREIGN KEY (tenant_id, base_plan_version_id)
    REFERENCES price_plan_version (tenant_id, id);
"""
ENTRIES = """
CREATE TABLE visible_to (
    tenant_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    org_unit_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, subject_id, org_unit_id),
    FOREIGN KEY (tenant_id, org_unit_id) REFERENCES org_unit (tenant_id, id)
);
CREATE TABLE catalogue_entry (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL,
    section text NOT NULL CHECK (section IN ('segments', 'discounts', 'usage_rules',
        'udr_types', 'usage_definitions', 'usage_catalogues', 'buy_in_advance', 'job_types')),
    code text NOT NULL,
    name text NOT NULL,
    state text NOT NULL CHECK (state IN ('active', 'inactive', 'effective', 'not_effective',
        'cancelled')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, section, code)
);
CREATE UNIQUE INDEX catalogue_entry_one_active ON catalogue_entry (tenant_id, section)
    WHERE section IN ('usage_definitions', 'buy_in_advance') AND state = 'active';
CREATE TABLE catalogue_entry_version (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    entry_id uuid NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    body jsonb NOT NULL,
    digest bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, entry_id, number),
    FOREIGN KEY (tenant_id, entry_id) REFERENCES catalogue_entry (tenant_id, id)
);
"""
DOWN = """
ALTER TABLE subscription_phase DROP COLUMN anchor;
ALTER TABLE subscription_phase DROP COLUMN base_plan_version_id;
ALTER TABLE price_plan_version DROP COLUMN apply_when;
ALTER TABLE price_plan_version DROP COLUMN select_when;
DROP INDEX price_plan_by_base;
ALTER TABLE price_plan DROP CONSTRAINT price_plan_not_its_own_base;
ALTER TABLE price_plan DROP COLUMN base_plan_id;
"""


def upgrade() -> None:
    execute_all(PLANS)
    execute_all(ENTRIES)
    protect("visible_to", REMOVABLE)
    protect("catalogue_entry", UPDATABLE)
    protect("catalogue_entry_version", INSERT_ONLY)


def downgrade() -> None:
    drop_tables("catalogue_entry_version", "catalogue_entry", "visible_to")
    execute_all(DOWN)
