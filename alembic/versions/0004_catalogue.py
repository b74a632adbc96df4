"""Products, gauges, rate tables, price plans in versions, billing terms in versions.

A price plan version and what hangs from it are insert-only: a version in use cannot
change, because the application has no right to change it. A product that a version
lacks may still be added. A slot of a rate table applies from its date to everyone.

Revision ID: 0004
Revises: 0003
"""

from core.migration_ops import INSERT_ONLY, UPDATABLE, drop_tables, execute_all, protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PRODUCTS = """
CREATE TABLE gauge (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code)
);
CREATE TABLE product (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL,
    code text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('module', 'pack', 'licence', 'termed_service',
        'one_time_service', 'expense', 'physical_good', 'usage_service')),
    type text,
    name text NOT NULL,
    description text NOT NULL DEFAULT '',
    unit_label text NOT NULL DEFAULT '',
    tax_class text NOT NULL DEFAULT 'standard',
    meters_channel text,
    meters_unit text,
    gauge_id uuid,
    gauge_policy text CHECK (gauge_policy IN ('max', 'last', 'average')),
    billed_in text CHECK (billed_in IN ('advance', 'arrears')),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'retired')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code),
    FOREIGN KEY (tenant_id, gauge_id) REFERENCES gauge (tenant_id, id),
    CHECK ((meters_channel IS NULL) = (meters_unit IS NULL)),
    CHECK ((kind = 'usage_service') = (meters_channel IS NOT NULL)),
    CHECK ((gauge_id IS NULL) = (gauge_policy IS NULL))
);
CREATE INDEX product_by_kind ON product (tenant_id, kind, code);
CREATE TABLE suite_member (
    tenant_id uuid NOT NULL,
    suite_id uuid NOT NULL,
    module_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, suite_id, module_id),
    FOREIGN KEY (tenant_id, suite_id) REFERENCES product (tenant_id, id),
    FOREIGN KEY (tenant_id, module_id) REFERENCES product (tenant_id, id),
    CHECK (suite_id <> module_id)
);
CREATE TABLE rate_table (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    dimension text NOT NULL,
    applies text NOT NULL CHECK (applies IN ('kept_until_moved', 'on_event_date')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code)
);
CREATE TABLE rate_table_slot (
    tenant_id uuid NOT NULL,
    rate_table_id uuid NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    starts_at timestamptz NOT NULL,
    rows jsonb NOT NULL,
    default_price unit_price,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, rate_table_id, number),
    UNIQUE (tenant_id, rate_table_id, starts_at),
    FOREIGN KEY (tenant_id, rate_table_id) REFERENCES rate_table (tenant_id, id)
);
"""

PLANS = """
CREATE TABLE price_plan (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    family text,
    level integer,
    currency char(3) NOT NULL,
    tax_mode text NOT NULL CHECK (tax_mode IN ('exclusive', 'inclusive')),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'retired')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code)
);
CREATE TABLE price_plan_version (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    price_plan_id uuid NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    effective_from timestamptz NOT NULL,
    commitment jsonb,
    digest bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, price_plan_id, number),
    FOREIGN KEY (tenant_id, price_plan_id) REFERENCES price_plan (tenant_id, id)
);
CREATE TABLE rate (
    tenant_id uuid NOT NULL,
    price_plan_version_id uuid NOT NULL,
    product_id uuid NOT NULL,
    frequency text NOT NULL DEFAULT '',
    rate_table_id uuid,
    rate_table_slot integer,
    body jsonb NOT NULL,
    PRIMARY KEY (tenant_id, price_plan_version_id, product_id, frequency),
    FOREIGN KEY (tenant_id, price_plan_version_id)
        REFERENCES price_plan_version (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id),
    FOREIGN KEY (tenant_id, rate_table_id) REFERENCES rate_table (tenant_id, id),
    FOREIGN KEY (tenant_id, rate_table_id, rate_table_slot)
        REFERENCES rate_table_slot (tenant_id, rate_table_id, number)
);
CREATE INDEX rate_by_product ON rate (tenant_id, product_id);
CREATE TABLE billing_terms (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('normal', 'prepaid', 'job')),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'retired')),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code)
);
CREATE TABLE billing_terms_version (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    billing_terms_id uuid NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    body jsonb NOT NULL,
    digest bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, billing_terms_id, number),
    FOREIGN KEY (tenant_id, billing_terms_id) REFERENCES billing_terms (tenant_id, id)
);
CREATE TABLE billing_terms_plan (
    tenant_id uuid NOT NULL,
    billing_terms_version_id uuid NOT NULL,
    price_plan_id uuid NOT NULL,
    is_default boolean NOT NULL,
    PRIMARY KEY (tenant_id, billing_terms_version_id, price_plan_id),
    FOREIGN KEY (tenant_id, billing_terms_version_id)
        REFERENCES billing_terms_version (tenant_id, id),
    FOREIGN KEY (tenant_id, price_plan_id) REFERENCES price_plan (tenant_id, id)
);
"""


def upgrade() -> None:
    execute_all(PRODUCTS)
    execute_all(PLANS)
    for table in ("gauge", "product", "rate_table", "price_plan", "billing_terms"):
        protect(table, UPDATABLE)
    for table in (
        "suite_member",
        "rate_table_slot",
        "price_plan_version",
        "rate",
        "billing_terms_version",
        "billing_terms_plan",
    ):
        protect(table, INSERT_ONLY)


def downgrade() -> None:
    drop_tables("billing_terms_plan", "billing_terms_version", "billing_terms")
    drop_tables("rate", "price_plan_version", "price_plan", "rate_table_slot", "rate_table")
    drop_tables("suite_member", "product", "gauge")
