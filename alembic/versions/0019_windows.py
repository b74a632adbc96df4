"""Events that are replayed with their neighbours.

An event of a windowed channel bears the key under which it is replayed, whether it is billed
or only opens a window. One that comes late makes periods that are closed due to be priced
again: which, and with which billing, is a row. A version of a price plan may pin the rule
sets by which such events are judged.

Revision ID: 0019
Revises: 0018
"""

from core.migration_ops import REMOVABLE, drop_tables, execute_all, protect

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE usage_event ADD COLUMN replay_key text;
ALTER TABLE usage_event DROP CONSTRAINT usage_event_check1;
ALTER TABLE usage_event ADD CONSTRAINT usage_event_placed
    CHECK ((usage_period_id IS NULL) = (product_id IS NULL) OR replay_key IS NOT NULL);
CREATE INDEX usage_event_replay ON usage_event
    (tenant_id, account_id, channel, replay_key, occurred_at, source, event_id)
    WHERE replay_key IS NOT NULL;
CREATE TABLE usage_dirtied (
    tenant_id uuid NOT NULL,
    usage_period_id uuid NOT NULL,
    billing_period_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, billing_period_id, usage_period_id)
);
ALTER TABLE price_plan_version ADD COLUMN rule_sets jsonb NOT NULL DEFAULT '{}';
"""
DOWN = """
ALTER TABLE price_plan_version DROP COLUMN rule_sets;
DROP INDEX usage_event_replay;
ALTER TABLE usage_event DROP CONSTRAINT usage_event_placed;
ALTER TABLE usage_event ADD CONSTRAINT usage_event_check1
    CHECK ((usage_period_id IS NULL) = (product_id IS NULL));
ALTER TABLE usage_event DROP COLUMN replay_key;
"""


def upgrade() -> None:
    execute_all(UP)
    protect("usage_dirtied", REMOVABLE)


def downgrade() -> None:
    drop_tables("usage_dirtied")
    execute_all(DOWN)
