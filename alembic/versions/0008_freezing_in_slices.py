"""Freezing in slices: a run grows until it is frozen, and marking a period billed is cheap.

A run without `frozen_at` is still being frozen, account by account; the index by account
finds its next slice. Which periods are unfrozen is told by `run_id`, so that no index
looks at `state`: going from frozen to billed changes no index, and half of each page is
left free for the new row.

Revision ID: 0008
Revises: 0007
"""

from alembic import op

from core.migration_ops import app_role, execute_all, share

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# The default marks the runs of before as frozen: an UPDATE by the owner would see no rows.
UP = """
ALTER TABLE close_run ADD COLUMN frozen_at timestamptz DEFAULT now();
ALTER TABLE close_run ALTER COLUMN frozen_at DROP DEFAULT;
CREATE INDEX close_run_freezing ON close_run (tenant_id, id) WHERE frozen_at IS NULL;
ALTER TABLE billing_period SET (fillfactor = 50);
ALTER TABLE billing_period ADD CONSTRAINT billing_period_open_has_no_run
    CHECK (state <> 'open' OR run_id IS NULL);
DROP INDEX billing_period_due;
CREATE INDEX billing_period_due ON billing_period (tenant_id, due_at) WHERE run_id IS NULL;
CREATE INDEX billing_period_unfrozen ON billing_period (tenant_id, account_id, due_at)
    WHERE run_id IS NULL;
DROP INDEX billing_period_run;
CREATE INDEX billing_period_run ON billing_period (tenant_id, run_id, account_id)
    WHERE run_id IS NOT NULL;
"""
DOWN = """
DROP INDEX billing_period_run;
CREATE INDEX billing_period_run
    ON billing_period (tenant_id, run_id, account_id, subscription_id)
    WHERE state IN ('frozen', 'parked');
DROP INDEX billing_period_unfrozen;
DROP INDEX billing_period_due;
CREATE INDEX billing_period_due ON billing_period (tenant_id, due_at, id) WHERE state = 'open';
ALTER TABLE billing_period DROP CONSTRAINT billing_period_open_has_no_run;
ALTER TABLE billing_period RESET (fillfactor);
DROP INDEX close_run_freezing;
ALTER TABLE close_run DROP COLUMN frozen_at;
"""


def upgrade() -> None:
    execute_all(UP)
    share("close_run", ("UPDATE",))


def downgrade() -> None:
    op.execute(f"REVOKE UPDATE ON close_run FROM {app_role()}")
    execute_all(DOWN)
