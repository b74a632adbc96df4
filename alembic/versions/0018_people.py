"""Teams, profiles and what members may open; contacts; tasks that a pack sets.

What a member may open is kept with its time, so that the most members of one moment can be
counted afterwards. A contact is kept as the digest of its address, with whether it waits for
room; how many are active and held is a row of its own, which counting locks.

Revision ID: 0018
Revises: 0017
"""

from alembic import op

from core.migration_ops import (
    REMOVABLE,
    UPDATABLE,
    drop_tables,
    execute_all,
    limit_view,
    protect,
    view_with,
)

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

PEOPLE = """
CREATE TABLE team (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    name text NOT NULL,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'removed')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id)
);
CREATE UNIQUE INDEX team_name ON team (tenant_id, account_id, name) WHERE state = 'active';
CREATE TABLE team_member (
    tenant_id uuid NOT NULL,
    team_id uuid NOT NULL,
    member_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, team_id, member_id),
    FOREIGN KEY (tenant_id, team_id) REFERENCES team (tenant_id, id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id)
);
CREATE TABLE profile (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    name text NOT NULL,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'removed')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id)
);
CREATE UNIQUE INDEX profile_name ON profile (tenant_id, account_id, name)
    WHERE state = 'active';
CREATE TABLE profile_right (
    tenant_id uuid NOT NULL,
    profile_id uuid NOT NULL,
    product_id uuid NOT NULL,
    company_id uuid,
    FOREIGN KEY (tenant_id, profile_id) REFERENCES profile (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id),
    FOREIGN KEY (tenant_id, company_id) REFERENCES company (tenant_id, id),
    UNIQUE NULLS NOT DISTINCT (tenant_id, profile_id, product_id, company_id)
);
CREATE TABLE member_profile (
    tenant_id uuid NOT NULL,
    member_id uuid NOT NULL,
    profile_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, member_id, profile_id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id),
    FOREIGN KEY (tenant_id, profile_id) REFERENCES profile (tenant_id, id)
);
CREATE TABLE member_access (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    member_id uuid NOT NULL,
    product_id uuid NOT NULL,
    company_id uuid,
    profile_id uuid,
    from_at timestamptz NOT NULL,
    until_at timestamptz,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id),
    CHECK (until_at IS NULL OR until_at >= from_at)
);
CREATE INDEX member_access_of ON member_access (tenant_id, account_id, product_id, from_at);
CREATE UNIQUE INDEX member_access_open ON member_access
    (tenant_id, member_id, product_id, company_id, profile_id) NULLS NOT DISTINCT
    WHERE until_at IS NULL;
CREATE TABLE fulfilment_task (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    item_id uuid NOT NULL,
    product_id uuid NOT NULL,
    module_id uuid,
    state text NOT NULL CHECK (state IN ('open', 'offered', 'booked', 'done', 'cancelled')),
    slots jsonb NOT NULL DEFAULT '[]',
    booked_for timestamptz,
    link text,
    link_sent_at timestamptz,
    done_at timestamptz,
    opens_at timestamptz NOT NULL,
    is_test boolean NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, item_id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id),
    CHECK ((state IN ('booked', 'done')) = (booked_for IS NOT NULL) OR state = 'cancelled'),
    CHECK ((state = 'done') = (done_at IS NOT NULL))
);
CREATE INDEX fulfilment_task_of ON fulfilment_task (tenant_id, account_id, id);
CREATE INDEX fulfilment_task_open ON fulfilment_task (tenant_id, state, id);
ALTER TABLE history_entry ADD COLUMN subscription_id uuid;
CREATE INDEX history_of_subscription ON history_entry (tenant_id, subscription_id, at, id)
    WHERE subscription_id IS NOT NULL;
CREATE TABLE contact (
    tenant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    digest uuid NOT NULL,
    state text NOT NULL
        CHECK (state IN ('active', 'unconfirmed', 'unsubscribed', 'deleted')),
    is_held boolean NOT NULL,
    arrived bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    source text NOT NULL,
    event_id text NOT NULL,
    PRIMARY KEY (tenant_id, account_id, digest),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id),
    CHECK (state = 'active' OR NOT is_held)
);
CREATE INDEX contact_held ON contact (tenant_id, account_id, arrived) WHERE is_held;
CREATE TABLE contact_count (
    tenant_id uuid NOT NULL,
    account_id uuid NOT NULL,
    active integer NOT NULL DEFAULT 0 CHECK (active >= 0),
    held integer NOT NULL DEFAULT 0 CHECK (held >= 0),
    arrivals bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, account_id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id)
);
"""


DOWN = """
DROP INDEX history_of_subscription;
ALTER TABLE history_entry DROP COLUMN subscription_id;
"""
# Rows that name a team or a profile, and no account, ask for that one under its own policy.
SEES = """
CREATE FUNCTION sees_{parent}(tenant uuid, wanted uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC SELECT EXISTS (
    SELECT FROM {parent} p WHERE p.tenant_id = tenant AND p.id = wanted); END;
"""
SEES_SUBJECT = """
CREATE OR REPLACE FUNCTION sees_subject(tenant uuid, kind text, wanted uuid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC SELECT CASE
    WHEN kind IN ('api_key', 'catalogue', 'close_run', 'org_unit', 'staff', 'tenant') THEN true
    WHEN kind = 'account' THEN sees_account(tenant, wanted)
    WHEN kind = 'subscription' THEN sees_subscription(tenant, wanted)
    WHEN kind = 'job' THEN sees_job(tenant, wanted)
{found}    WHEN kind = 'usage_event' THEN EXISTS (
        SELECT FROM usage_event p WHERE p.tenant_id = tenant AND p.identity = wanted)
{more}    ELSE false END; END;
"""
FOUND = """    WHEN kind = '{kind}' THEN EXISTS (
        SELECT FROM {kind} p WHERE p.tenant_id = tenant AND p.id = wanted)
"""
DOCUMENTS = "    WHEN kind IN ('invoice', 'credit_note') THEN sees_invoice(tenant, wanted)\n"
BEFORE = ("company", "member", "discount_grant", "usage_order")
SUBJECTS = ("payment", "payment_method", "refund", "team", "profile", "fulfilment_task")
"""What the audit trail tells of since."""
WITHIN = {"team_member": "team", "profile_right": "profile", "member_profile": "profile"}


def upgrade() -> None:
    execute_all(PEOPLE)
    for table in ("team", "profile", "member_access", "fulfilment_task", "contact"):
        protect(table, UPDATABLE)
    protect("contact_count", UPDATABLE)
    for table in ("team_member", "profile_right", "member_profile"):
        protect(table, REMOVABLE)
    for table in ("team", "profile", "member_access", "fulfilment_task"):
        view_with(table, "account")
    for table in ("contact", "contact_count"):
        view_with(table, "account")
    for parent in ("team", "profile"):
        op.execute(SEES.format(parent=parent))
    for table, parent in WITHIN.items():
        limit_view(table, "SELECT", f"sees_{parent}(tenant_id, {parent}_id)")
    op.execute(_sees_subject(DOCUMENTS, SUBJECTS))


def downgrade() -> None:
    op.execute(_sees_subject("", ()))
    drop_tables(*WITHIN)
    for parent in ("team", "profile"):
        op.execute(f"DROP FUNCTION sees_{parent}")
    drop_tables(
        "contact_count", "contact", "fulfilment_task", "member_access", "profile", "team"
    )  # fmt: skip
    execute_all(DOWN)


def _sees_subject(documents: str, subjects: tuple[str, ...]) -> str:
    found = "".join(FOUND.format(kind=each) for each in BEFORE)
    more = documents + "".join(FOUND.format(kind=each) for each in subjects)
    return SEES_SUBJECT.format(found=found, more=more)
