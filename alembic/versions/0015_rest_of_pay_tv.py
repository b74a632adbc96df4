"""Viewing within units, usage that a third party has priced, and usage that is carried on.

A tenant may limit viewing accounts, and all that hangs on them, to the unit that owns the
account, the units above it and those that collaborate with it. A transaction that names
units in ``app.units`` sees the accounts of these, and what hangs on such an account; one
that names none sees all. The policies are RESTRICTIVE: they come on top of the tenant's.

What hangs on an account is asked of a function and not by a sub-select in the policy, so
that plans of those who see all cost a look at one parameter, and are else as they were.
Numbers of invoices stay readable: the next number is counted from the last of all.

An event that was priced by a third party keeps the tax that came with its amount.

A usage period that is billed may carry on what its events cost (``usage_carried_at``) until a
later invoice takes it along.

Revision ID: 0015
Revises: 0014
"""

from collections.abc import Mapping
from typing import Final, Literal

from alembic import op

from core.migration_ops import execute_all, limit_view, view_with

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

Parent = Literal["account", "subscription", "job", "invoice", "wallet"]

UNITS: Final = "(SELECT string_to_array(current_setting('app.units', true), ',')::uuid[])"

# What hangs on each kind of parent; a parent that hangs on an account comes after it.
BELOW: Final[Mapping[Parent, tuple[str, ...]]] = {
    "account": (
        "company", "member", "history_entry", "subscription", "billing_period", "usage_event",
        "gauge_reading", "parked_subscription", "invoice", "interim_request", "wallet",
        "usage_order", "provisioning_request", "job", "discount_grant", "discount_window",
        "discount_money", "advance_request",
    ),
    "subscription": (
        "subscription_phase", "subscription_item", "subscription_rest", "usage_counter",
        "fee_slice",
    ),
    "job": ("job_line", "job_billing"),
    "invoice": ("invoice_line", "invoice_settlement", "applied_discount"),
    "wallet": ("wallet_entry", "wallet_charge"),
}  # fmt: skip
SEES: Final = """
CREATE FUNCTION sees_{parent}(tenant uuid, wanted uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC SELECT EXISTS (
    SELECT FROM {parent} p WHERE p.tenant_id = tenant AND p.id = wanted); END;
"""
# What the audit trail tells of catalogues, units, staff and keys is for whoever may read it.
SEES_SUBJECT: Final = """
CREATE FUNCTION sees_subject(tenant uuid, kind text, wanted uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC SELECT CASE
    WHEN kind IN ('api_key', 'catalogue', 'close_run', 'org_unit', 'staff', 'tenant') THEN true
    WHEN kind = 'account' THEN sees_account(tenant, wanted)
    WHEN kind = 'subscription' THEN sees_subscription(tenant, wanted)
    WHEN kind = 'job' THEN sees_job(tenant, wanted)
    WHEN kind = 'company' THEN EXISTS (
        SELECT FROM company p WHERE p.tenant_id = tenant AND p.id = wanted)
    WHEN kind = 'member' THEN EXISTS (
        SELECT FROM member p WHERE p.tenant_id = tenant AND p.id = wanted)
    WHEN kind = 'discount_grant' THEN EXISTS (
        SELECT FROM discount_grant p WHERE p.tenant_id = tenant AND p.id = wanted)
    WHEN kind = 'usage_order' THEN EXISTS (
        SELECT FROM usage_order p WHERE p.tenant_id = tenant AND p.id = wanted)
    WHEN kind = 'usage_event' THEN EXISTS (
        SELECT FROM usage_event p WHERE p.tenant_id = tenant AND p.identity = wanted)
    ELSE false END; END;
"""

CARRY: Final = """
ALTER TABLE billing_period ADD COLUMN usage_carried_at timestamptz;
ALTER TABLE billing_period ADD CONSTRAINT billing_period_carries
    CHECK (usage_carried_at IS NULL OR (stream = 'usage' AND state = 'billed'));
CREATE INDEX billing_period_carried ON billing_period (tenant_id, subscription_id, starts_at)
    WHERE usage_carried_at IS NOT NULL;
"""
CARRY_NO_MORE: Final = "ALTER TABLE billing_period DROP COLUMN usage_carried_at;"
PRERATED: Final = """
ALTER TABLE usage_event ADD COLUMN tax money_amount;
ALTER TABLE usage_event ADD CONSTRAINT usage_event_taxed
    CHECK (tax IS NULL OR amount IS NOT NULL);
"""
# Who sees an event is asked of its account: the index that sums events has to hold it, or
# each event would be looked up in the table.
SUMMED: Final = """
DROP INDEX usage_event_total;
CREATE INDEX usage_event_total ON usage_event
    (tenant_id, usage_period_id, product_id, dimension, slot)
    INCLUDE (quantity, sign, billing_period_id, amount, account_id)
    WHERE usage_period_id IS NOT NULL;
"""
SUMMED_BEFORE: Final = """
DROP INDEX usage_event_total;
CREATE INDEX usage_event_total ON usage_event
    (tenant_id, usage_period_id, product_id, dimension, slot)
    INCLUDE (quantity, sign, billing_period_id, amount) WHERE usage_period_id IS NOT NULL;
"""
OURS_ALONE: Final = """
ALTER TABLE usage_event DROP CONSTRAINT usage_event_taxed;
ALTER TABLE usage_event DROP COLUMN tax;
"""


def upgrade() -> None:
    """Limit the view of a transaction that names units; keep the tax that was given."""
    execute_all(PRERATED)
    execute_all(SUMMED)
    execute_all(CARRY)
    execute_all(
        "ALTER TABLE tenant ADD COLUMN limits_viewing boolean NOT NULL DEFAULT false;\n"
    )
    limit_view("account", "ALL", f"org_unit_id = ANY ({UNITS}::uuid[])")
    for parent, tables in BELOW.items():
        op.execute(SEES.format(parent=parent))
        for table in tables:
            view_with(table, parent)
    op.execute(SEES_SUBJECT)
    limit_view("audit_entry", "SELECT", "sees_subject(tenant_id, subject_type, subject_id)")


def downgrade() -> None:
    """Let everybody see everything again."""
    below = [table for tables in BELOW.values() for table in tables]
    for table in ("audit_entry", *below, "account"):
        op.execute(f"DROP POLICY viewing ON {table}")
    op.execute("DROP FUNCTION sees_subject")
    for parent in BELOW:
        op.execute(f"DROP FUNCTION sees_{parent}")
    op.execute("ALTER TABLE tenant DROP COLUMN limits_viewing")
    execute_all(CARRY_NO_MORE)
    execute_all(SUMMED_BEFORE)
    execute_all(OURS_ALONE)
