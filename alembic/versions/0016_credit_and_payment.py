"""Credit notes, payments, and fees charged in layers.

A credit note is a document like an invoice, in amounts that are given back; what it corrects
is capped for each line and for the invoice. Money that an account may use up, paid or
credited, is one row whose use is capped; an allocation says on which invoice it was used. A
fee slice lies in a layer: more of an item, in a time that is billed, is a layer on top, and
no two slices of one layer overlap. Units and days given back are rows of their own.

Revision ID: 0016
Revises: 0015
"""

from core.migration_ops import (
    INSERT_ONLY,
    UPDATABLE,
    drop_tables,
    execute_all,
    protect,
    view_with,
)

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

LAYERS = """
ALTER TABLE fee_slice ADD COLUMN layer smallint NOT NULL DEFAULT 1 CHECK (layer >= 1);
ALTER TABLE fee_slice ADD COLUMN reduced money_amount NOT NULL DEFAULT 0;
ALTER TABLE fee_slice ADD COLUMN line_number integer;
ALTER TABLE fee_slice ADD COLUMN reduced_by integer[] NOT NULL DEFAULT '{}';
ALTER TABLE fee_slice DROP CONSTRAINT fee_slice_pkey;
ALTER TABLE fee_slice DROP CONSTRAINT fee_slice_tenant_id_item_id_kind_tstzrange_excl;
ALTER TABLE fee_slice ADD PRIMARY KEY (tenant_id, item_id, revision, kind, from_at, layer);
ALTER TABLE fee_slice ADD CONSTRAINT fee_slice_once
    EXCLUDE USING gist (tenant_id WITH =, item_id WITH =, kind WITH =, layer WITH =,
        tstzrange(from_at, until_at) WITH &&);
"""
NOTES = """
ALTER TABLE invoice_settlement ADD COLUMN corrected money_amount NOT NULL DEFAULT 0;
ALTER TABLE invoice_settlement ADD COLUMN pay_by timestamptz;
ALTER TABLE invoice_settlement ADD CONSTRAINT invoice_settlement_corrected
    CHECK (corrected >= 0 AND corrected <= greatest(total, 0));
CREATE TABLE credit_note (
    tenant_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    corrects_id uuid NOT NULL,
    scope text NOT NULL CHECK (scope IN ('whole', 'lines', 'amount', 'unused')),
    reason text NOT NULL,
    subscription_id uuid,
    actor text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, invoice_id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice (tenant_id, id),
    FOREIGN KEY (tenant_id, corrects_id) REFERENCES invoice (tenant_id, id),
    CHECK (corrects_id <> invoice_id)
);
CREATE INDEX credit_note_of ON credit_note (tenant_id, corrects_id, invoice_id);
CREATE TABLE credit_note_line (
    tenant_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    number integer NOT NULL,
    corrects_id uuid NOT NULL,
    corrects_number integer NOT NULL,
    PRIMARY KEY (tenant_id, invoice_id, number),
    FOREIGN KEY (tenant_id, invoice_id, number)
        REFERENCES invoice_line (tenant_id, invoice_id, number),
    FOREIGN KEY (tenant_id, corrects_id, corrects_number)
        REFERENCES invoice_line (tenant_id, invoice_id, number)
);
CREATE TABLE credited_line (
    tenant_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    number integer NOT NULL,
    of_gross money_amount NOT NULL,
    amount money_amount NOT NULL,
    net money_amount NOT NULL,
    tax money_amount NOT NULL,
    gross money_amount NOT NULL,
    PRIMARY KEY (tenant_id, invoice_id, number),
    FOREIGN KEY (tenant_id, invoice_id, number)
        REFERENCES invoice_line (tenant_id, invoice_id, number),
    CHECK (abs(gross) <= abs(of_gross)),
    CHECK (gross * of_gross >= 0),
    CHECK (gross = net + tax)
);
CREATE TABLE fee_credit (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    subscription_id uuid NOT NULL,
    item_id uuid NOT NULL,
    revision integer NOT NULL,
    kind text NOT NULL,
    slice_from timestamptz NOT NULL,
    layer smallint NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    quantity quantity NOT NULL CHECK (quantity > 0),
    worth money_amount NOT NULL CHECK (worth >= 0),
    amount money_amount NOT NULL CHECK (amount >= 0),
    credit_note_id uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, item_id, revision, kind, slice_from, layer)
        REFERENCES fee_slice (tenant_id, item_id, revision, kind, from_at, layer),
    FOREIGN KEY (tenant_id, credit_note_id) REFERENCES invoice (tenant_id, id),
    CHECK (until_at > from_at)
);
CREATE INDEX fee_credit_of ON fee_credit (tenant_id, subscription_id, from_at);
"""
MONEY = """
CREATE TABLE account_credit (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    currency char(3) NOT NULL,
    kind text NOT NULL CHECK (kind IN ('payment', 'credit_note', 'negative_invoice')),
    amount money_amount NOT NULL CHECK (amount > 0),
    used money_amount NOT NULL DEFAULT 0 CHECK (used >= 0),
    refunded money_amount NOT NULL DEFAULT 0 CHECK (refunded >= 0),
    at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id),
    CHECK (used + refunded <= amount)
);
CREATE INDEX account_credit_of ON account_credit (tenant_id, account_id, at, id);
CREATE TABLE allocation (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    credit_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    amount money_amount NOT NULL CHECK (amount <> 0),
    actor text NOT NULL,
    at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, credit_id) REFERENCES account_credit (tenant_id, id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice (tenant_id, id)
);
CREATE INDEX allocation_of_invoice ON allocation (tenant_id, invoice_id, id);
CREATE INDEX allocation_of_credit ON allocation (tenant_id, credit_id, id);
CREATE TABLE payment_method (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    gateway text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('card', 'direct_debit', 'transfer', 'other')),
    token text NOT NULL,
    label text NOT NULL,
    expires_on date,
    is_default boolean NOT NULL,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'removed')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id),
    CHECK (state = 'active' OR NOT is_default)
);
CREATE UNIQUE INDEX payment_method_default ON payment_method (tenant_id, account_id)
    WHERE is_default;
CREATE INDEX payment_method_of ON payment_method (tenant_id, account_id, id);
CREATE TABLE collection (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    method_id uuid NOT NULL,
    gateway text NOT NULL,
    currency char(3) NOT NULL,
    amount money_amount NOT NULL CHECK (amount > 0),
    state text NOT NULL CHECK (state IN ('waiting', 'pending', 'succeeded', 'failed',
        'cancelled')),
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL,
    is_test boolean NOT NULL,
    reference text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice (tenant_id, id),
    FOREIGN KEY (tenant_id, method_id) REFERENCES payment_method (tenant_id, id),
    CHECK ((state IN ('waiting', 'pending')) = (settled_at IS NULL))
);
CREATE UNIQUE INDEX collection_open ON collection (tenant_id, invoice_id)
    WHERE state IN ('waiting', 'pending');
CREATE INDEX collection_due ON collection (tenant_id, next_at)
    WHERE state IN ('waiting', 'pending');
CREATE INDEX collection_of ON collection (tenant_id, invoice_id, id);
CREATE TABLE payment (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    method_id uuid,
    collection_id uuid,
    gateway text NOT NULL,
    reference text NOT NULL,
    currency char(3) NOT NULL,
    amount money_amount NOT NULL CHECK (amount > 0),
    received_at timestamptz NOT NULL,
    note text NOT NULL DEFAULT '',
    actor text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, gateway, reference),
    FOREIGN KEY (tenant_id, id) REFERENCES account_credit (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES account (tenant_id, id),
    FOREIGN KEY (tenant_id, method_id) REFERENCES payment_method (tenant_id, id),
    FOREIGN KEY (tenant_id, collection_id) REFERENCES collection (tenant_id, id)
);
CREATE INDEX payment_of ON payment (tenant_id, account_id, received_at, id);
CREATE TABLE refund (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    credit_id uuid NOT NULL,
    gateway text NOT NULL,
    currency char(3) NOT NULL,
    amount money_amount NOT NULL CHECK (amount > 0),
    state text NOT NULL CHECK (state IN ('waiting', 'pending', 'done', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL,
    is_test boolean NOT NULL,
    reference text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    actor text NOT NULL,
    created_at timestamptz NOT NULL,
    settled_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, credit_id) REFERENCES account_credit (tenant_id, id),
    CHECK ((state IN ('waiting', 'pending')) = (settled_at IS NULL))
);
CREATE INDEX refund_due ON refund (tenant_id, next_at) WHERE state IN ('waiting', 'pending');
CREATE INDEX refund_of ON refund (tenant_id, account_id, id);
CREATE TABLE dunning (
    tenant_id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    account_id uuid NOT NULL,
    subscription_id uuid,
    policy jsonb NOT NULL,
    step integer NOT NULL DEFAULT 0,
    next_at timestamptz,
    state text NOT NULL CHECK (state IN ('open', 'settled', 'exhausted')),
    has_suspended boolean NOT NULL DEFAULT false,
    is_test boolean NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, invoice_id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoice (tenant_id, id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscription (tenant_id, id)
);
CREATE INDEX dunning_due ON dunning (tenant_id, next_at) WHERE state = 'open';
CREATE INDEX dunning_of ON dunning (tenant_id, account_id);
CREATE TABLE dunning_action (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    invoice_id uuid NOT NULL,
    step integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('retry', 'reminder', 'suspend', 'end', 'lift')),
    at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES dunning (tenant_id, invoice_id)
);
CREATE INDEX dunning_action_of ON dunning_action (tenant_id, invoice_id, id);
"""
DOWN = """
ALTER TABLE invoice_settlement DROP CONSTRAINT invoice_settlement_corrected;
ALTER TABLE invoice_settlement DROP COLUMN pay_by;
ALTER TABLE invoice_settlement DROP COLUMN corrected;
ALTER TABLE fee_slice DROP CONSTRAINT fee_slice_once;
ALTER TABLE fee_slice DROP CONSTRAINT fee_slice_pkey;
ALTER TABLE fee_slice DROP COLUMN reduced_by;
ALTER TABLE fee_slice DROP COLUMN line_number;
ALTER TABLE fee_slice DROP COLUMN reduced;
ALTER TABLE fee_slice DROP COLUMN layer;
ALTER TABLE fee_slice ADD PRIMARY KEY (tenant_id, item_id, revision, kind, from_at);
ALTER TABLE fee_slice ADD CONSTRAINT fee_slice_tenant_id_item_id_kind_tstzrange_excl
    EXCLUDE USING gist (tenant_id WITH =, item_id WITH =, kind WITH =,
        tstzrange(from_at, until_at) WITH &&);
"""


def upgrade() -> None:
    execute_all(LAYERS)
    execute_all(NOTES)
    execute_all(MONEY)
    for table in ("credit_note", "credit_note_line", "fee_credit", "allocation", "payment"):
        protect(table, INSERT_ONLY)
    for table in ("credited_line", "account_credit", "collection", "refund", "dunning"):
        protect(table, UPDATABLE)
    protect("payment_method", UPDATABLE)
    protect("dunning_action", INSERT_ONLY)
    for table in ("account_credit", "payment_method", "collection", "payment", "refund"):
        view_with(table, "account")
    view_with("dunning", "account")
    for table in ("credit_note", "credit_note_line", "credited_line", "allocation"):
        view_with(table, "invoice")
    view_with("dunning_action", "invoice")
    view_with("fee_credit", "subscription")


def downgrade() -> None:
    drop_tables(
        "dunning_action", "dunning", "refund", "payment", "collection", "payment_method",
        "allocation", "account_credit", "fee_credit", "credited_line", "credit_note_line",
        "credit_note",
    )  # fmt: skip
    execute_all(DOWN)
