"""What usage definitions and catalogues may not say: a row for each refusal."""

from __future__ import annotations

import pytest

from tests.unit.catalogue.refusals import expect_refused

NIGHT = '{from: "00:01", to: "06:59", price: 2}'
DEFAULTS = f"    defaults:\n      PPV: {{base: 3, rates: [{NIGHT}]}}\n"

REFUSED = [
    # UDR types
    ("[TV, WEB]", "[TV, TV]", "DUPLICATE_KEY", "udr_types.order.methods.values.1", "second"),
    ("[TV, WEB]", '[TV, ""]', "BAD_VALUE", "udr_types.order.methods.values.1", "empty"),
    ("[TV, WEB]", "[]", "BAD_VALUE", "udr_types.order.methods.values", "leave `values` out"),
    # usage definitions
    (
        "product_types: [PPV]\n",
        "product_types: []\n",
        "MISSING_KEY",
        "usage_definitions.ppv.product_types",
        "",
    ),
    (
        "product_types: [PPV]\n",
        "product_types: [PPV, PPV Packages]\n",
        "BAD_VALUE",
        "usage_definitions.ppv.product_types.1",
        "of kind termed_service",
    ),
    (
        "udr_types: [order]",
        "udr_types: [call]",
        "UNKNOWN_UDR_TYPE",
        "usage_definitions.ppv",
        "",
    ),
    (
        "    defaults:\n",
        "    defaults:\n      VOD: {base: 1}\n",
        "BAD_VALUE",
        "usage_definitions.ppv.defaults.VOD",
        "add it",
    ),
    ("PPV: {base: 3", "PPV: {base: -3", "BAD_VALUE", "usage_definitions.ppv", "negative"),
    # conditional rates
    (
        NIGHT,
        f"{NIGHT}, " + '{from: "06:59", to: "08:00", price: 1}',
        "OVERLAP",
        "usage_definitions.ppv.defaults.PPV.rates.1",
        "together with rate 1",
    ),
    (
        NIGHT,
        '{methods: [A, " "], price: 2}',
        "BAD_VALUE",
        "usage_definitions.ppv.defaults.PPV.rates.0.methods.1",
        "remove it",
    ),
    (
        NIGHT,
        '{devices: [A, " "], price: 2}',
        "BAD_VALUE",
        "usage_definitions.ppv.defaults.PPV.rates.0.devices.1",
        "remove it",
    ),
    (
        NIGHT,
        '{source_categories: [A, " "], price: 2}',
        "BAD_VALUE",
        "usage_definitions.ppv.defaults.PPV.rates.0.source_categories.1",
        "remove it",
    ),
    (NIGHT, '{from: "00:01", price: 2}', "MISSING_KEY", "usage_definitions.ppv", "add to"),
    (
        NIGHT,
        '{from: "24:00", to: "06:59", price: 2}',
        "BAD_VALUE",
        "usage_definitions.ppv",
        "no time of day",
    ),
    (NIGHT, "{price: 2}", "BAD_VALUE", "usage_definitions.ppv", "states no condition"),
    (
        NIGHT,
        "{usage_from: 5, usage_to: 4, price: 2}",
        "BAD_VALUE",
        "usage_definitions.ppv",
        "4 is below 5",
    ),
    (NIGHT, "{methods: [TV], price: -2}", "BAD_VALUE", "usage_definitions.ppv", "negative"),
    # usage catalogues
    (
        DEFAULTS,
        "",
        "PRICE_MISSING",
        "usage_catalogues.movies.services.braveheart.base",
        "give a base price",
    ),
    (
        "provider: conax",
        "provider: irdeto",
        "BAD_VALUE",
        "usage_catalogues.movies.provider",
        "use one of conax",
    ),
    (
        "    provider: conax",
        "    provider: conax\n    definition: vod",
        "UNKNOWN_USAGE_DEFINITION",
        "usage_catalogues.movies.definition",
        "",
    ),
    (
        "    name: Pay per view",
        "    name: Pay per view\n    state: inactive",
        "MISSING_KEY",
        "usage_catalogues.movies.definition",
        "no usage definition is active",
    ),
    (
        "currency: EUR\n    provider",
        "currency: EURO\n    provider",
        "UNKNOWN_CURRENCY",
        "usage_catalogues.movies.currency",
        "",
    ),
    ("{from: 2015-01-01, until", "{from: 2027-01-01, until", "BAD_VALUE", "", "not after"),
    (
        "until: 2027-01-01}]",
        "until: 2027-01-01}, {from: 2026-12-31}]",
        "OVERLAP",
        "usage_catalogues.movies.validity.1",
        "join them",
    ),
    (
        "      braveheart: {",
        "      gold: {base: 1, ",
        "BAD_VALUE",
        "usage_catalogues.movies.services.gold",
        "only usage services",
    ),
    (
        "name: Braveheart\n    type: PPV\n",
        "name: Braveheart\n    type: VOD\n",
        "BAD_VALUE",
        "usage_catalogues.movies.services.braveheart",
        "it allows PPV",
    ),
    (
        "{provisioning_id: 1AQ8}",
        '{provisioning_id: ""}',
        "MISSING_KEY",
        "usage_catalogues.movies.services.braveheart.provisioning_id",
        "",
    ),
    (
        "{provisioning_id: 1AQ8}",
        "{base: 1}",
        "MISSING_KEY",
        "usage_catalogues.movies.services.braveheart.provisioning_id",
        "",
    ),
    (
        "orderable_from: 2015-06-01",
        "orderable_from: 2015-06-01, orderable_until: 2015-06-01",
        "BAD_VALUE",
        "usage_catalogues.movies.services.gladiator.orderable_until",
        "not after",
    ),
    (
        "base: 4,",
        "base: 4, rates: [{devices: [A, B], price: 1}, {devices: [B], price: 2}],",
        "OVERLAP",
        "usage_catalogues.movies.services.gladiator.rates.1",
        "",
    ),
    (
        "[ppv-movies]",
        "[installation]",
        "BAD_VALUE",
        "usage_catalogues.movies.termed_services.0",
        "name a termed service",
    ),
    (
        "when: '\"vip\" in account.segments'",
        "when: bill.months == 1",
        "CONDITION_REFUSED",
        "usage_catalogues.movies.when",
        "bill",
    ),
    (
        '"vip" in account',
        '"vips" in account',
        "UNKNOWN_SEGMENT",
        "usage_catalogues.movies.when",
        "no segment 'vips'",
    ),
    (
        '"vip" in account.segments',
        'account.segments.exists(one, one == "gone")',
        "UNKNOWN_SEGMENT",
        "usage_catalogues.movies.when",
        "define it under segments",
    ),
    (
        '"vip" in account.segments',
        'account["segments"][0] in ["vip", "gone"]',
        "UNKNOWN_SEGMENT",
        "usage_catalogues.movies.when",
        "no segment 'gone'",
    ),
    (
        '"vip" in account.segments',
        '"vip" in subscription.segments',
        "BAD_VALUE",
        "usage_catalogues.movies.when",
        "ask account.segments",
    ),
]


@pytest.mark.parametrize(("old", "new", "code", "path", "told"), REFUSED)
def test_what_makes_no_sense_is_refused_where_it_stands(
    old: str, new: str, code: str, path: str, told: str
) -> None:
    """One change, and nothing but its problems: code, path, line, and what to do."""
    expect_refused((old, new), code=code, path=path, told=told)
