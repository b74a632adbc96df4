"""What would have been paid: a simulation, its results by account, and who was left out.

A simulation keeps what was asked and how far it is; results are rows, so that sums and
distributions are those of the accounts that a caller sees.

Revision ID: 0021
Revises: 0020
"""

from core.migration_ops import (
    INSERT_ONLY,
    UPDATABLE,
    drop_tables,
    execute_all,
    protect,
    view_with,
)

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

SIMULATIONS = """
CREATE TABLE simulation (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL,
    month date NOT NULL CHECK (extract(day FROM month) = 1),
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    account_ids uuid[],
    price_plan_id uuid,
    catalogue text,
    state text NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    accounts_total integer NOT NULL CHECK (accounts_total >= 0),
    accounts_done integer NOT NULL DEFAULT 0,
    last_account_id uuid,
    failure_code text,
    failure_reason text,
    requested_by text NOT NULL,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, price_plan_id) REFERENCES price_plan (tenant_id, id),
    CHECK ((price_plan_id IS NULL) <> (catalogue IS NULL)),
    CHECK (until_at > from_at),
    CHECK ((state IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
    CHECK ((state = 'failed') = (failure_code IS NOT NULL)),
    CHECK ((failure_code IS NULL) = (failure_reason IS NULL))
);
CREATE INDEX simulation_waiting ON simulation (tenant_id, id)
    WHERE state IN ('queued', 'running');
CREATE TABLE simulation_result (
    tenant_id uuid NOT NULL,
    simulation_id uuid NOT NULL,
    account_id uuid NOT NULL,
    currency char(3) NOT NULL,
    subscriptions integer NOT NULL CHECK (subscriptions > 0),
    unbilled_periods integer NOT NULL CHECK (unbilled_periods >= 0),
    invoiced money_amount NOT NULL,
    before money_amount NOT NULL,
    after money_amount NOT NULL,
    difference money_amount NOT NULL,
    difference_minor bigint NOT NULL,
    before_total money_amount NOT NULL,
    after_total money_amount NOT NULL,
    PRIMARY KEY (tenant_id, simulation_id, account_id, currency),
    FOREIGN KEY (tenant_id, simulation_id) REFERENCES simulation (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id),
    CHECK (difference = after - before)
);
CREATE INDEX simulation_result_by_difference
    ON simulation_result (tenant_id, simulation_id, currency, difference_minor, account_id);
CREATE TABLE simulation_failure (
    tenant_id uuid NOT NULL,
    simulation_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    account_id uuid NOT NULL,
    side text NOT NULL CHECK (side IN ('before', 'after')),
    code text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (tenant_id, simulation_id, subscription_id),
    FOREIGN KEY (tenant_id, simulation_id) REFERENCES simulation (tenant_id, id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id)
);
"""


def upgrade() -> None:
    """Add simulations."""
    execute_all(SIMULATIONS)
    protect("simulation", UPDATABLE)
    for table in ("simulation_result", "simulation_failure"):
        protect(table, INSERT_ONLY)
        view_with(table, "account")


def downgrade() -> None:
    """Remove them."""
    drop_tables("simulation_failure", "simulation_result", "simulation")
