"""Sellers, keys, catalogues and the audit trail from the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import asyncpg
import pytest

from core.embedded import DatabaseUrls
from core.own_loop import in_own_loop
from tests.integration.cli.conftest import Invoke
from tests.plugins import pigeon

CATALOGUE = """
products:
  seats: {kind: licence, name: Seats}
price_plans:
  simple: {name: Simple, currency: EUR, rates: {seats: {base: 25}}}
billing_terms:
  monthly: {name: Monthly, plans: [simple]}
"""


@pytest.fixture
def acme(invoke: Invoke) -> str:
    """The key of a new seller's administrator."""
    result = invoke(
        "tenants", "create", "acme", "--name", "Acme", "--currency", "EUR",
        "--timezone", "Europe/Paris", "--country", "FR",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    return str(result.output.strip())


def count(database: DatabaseUrls, sql: str) -> int:
    """Run a counting query as the owner, past row-level security for the moment."""

    async def run() -> int:
        connection = await asyncpg.connect(database.owner)
        found = await connection.fetchval(sql)
        await connection.close()
        return int(found)

    return in_own_loop(run())


def test_a_seller_is_created_once(invoke: Invoke, acme: str) -> None:
    """Its slug is taken then; the list shows it."""
    assert acme.startswith("fft_")
    again = invoke(
        "tenants", "create", "acme", "--name", "Other", "--currency", "EUR",
        "--timezone", "Europe/Paris", "--country", "FR",
    )  # fmt: skip

    assert again.exit_code == 1
    assert getattr(again.exception, "code", None) == "SLUG_TAKEN"
    listed = invoke("tenants", "list", COLUMNS="200").output
    assert "Acme" in listed
    assert "Other" not in listed


def test_keys_are_issued_listed_and_revoked(invoke: Invoke, acme: str) -> None:
    """A key is shown once; what is listed is its prefix. Revoking twice is told."""
    issued = invoke("keys", "issue", "acme", "--scope", "account.read", "--days", "3")
    prefix, _, secret = issued.output.strip().partition(".")
    listed = invoke("keys", "list", "acme", COLUMNS="200").output
    assert prefix in listed
    assert secret not in listed
    assert acme.partition(".")[0] in listed

    assert invoke("keys", "revoke", prefix).exit_code == 0
    assert invoke("keys", "revoke", prefix).exit_code == 1
    operators = invoke("keys", "platform").output.strip()
    assert operators.startswith("ffp_")
    assert invoke("keys", "revoke", operators.partition(".")[0]).exit_code == 0


def test_a_key_is_rotated_while_the_old_one_works_on(invoke: Invoke, acme: str) -> None:
    """The new key may do the same; a revoked key and an unknown one are refused."""
    old = invoke("keys", "issue", "acme", "--scope", "account.read").output.partition(".")[0]
    new = invoke("keys", "rotate", old, "--overlap-hours", "2").output.partition(".")[0]
    listed = invoke("keys", "list", "acme", COLUMNS="200").output
    assert new != old
    assert (listed.count("account.read"), listed.count("fft_")) == (2, 3)

    assert invoke("keys", "revoke", old).exit_code == 0
    for ended in (old, "fft_none"):
        refused = invoke("keys", "rotate", ended)
        assert refused.exit_code == 1
        assert f"No key of a seller in force begins with {ended}." in refused.output
    assert invoke("keys", "list", "acme", COLUMNS="200").output.count("fft_") == 3


def test_an_unknown_seller_and_an_unknown_scope_are_refused(invoke: Invoke, acme: str) -> None:
    """With their codes; no key is made."""
    unknown = invoke("keys", "issue", "nobody")
    assert getattr(unknown.exception, "code", None) == "TENANT_UNKNOWN"
    scope = invoke("keys", "issue", "acme", "--scope", "everything")
    assert getattr(scope.exception, "code", None) == "UNKNOWN_SCOPE"

    assert invoke("keys", "list", "acme", COLUMNS="200").output.count("fft_") == 1


def test_a_catalogue_goes_in_and_comes_out(invoke: Invoke, acme: str, tmp_path: Path) -> None:
    """Applying twice changes nothing, and what was exported neither."""
    file, exported = tmp_path / "acme.yaml", tmp_path / "out.yaml"
    file.write_text(CATALOGUE)

    assert "products.seats: new" in invoke("catalogue", "diff", str(file), "-t", "acme").output
    first = invoke("catalogue", "apply", str(file), "-t", "acme").output
    again = invoke("catalogue", "apply", str(file), "-t", "acme").output
    invoke("catalogue", "export", "-t", "acme", str(exported))

    assert first == (
        "created: products.seats\ncreated: price_plans.simple\ncreated: billing_terms.monthly\n"
    )
    assert again == "3 of 3 unchanged.\n"
    diff = invoke("catalogue", "diff", str(exported), "-t", "acme").output
    assert diff == "no difference\n"


def test_a_catalogue_may_name_a_channel_of_a_plugin_that_is_tried_out(
    invoke: Invoke, acme: str, tmp_path: Path
) -> None:
    """With the folder of the plugin it is taken, beside what was there; without it refused."""
    file, plugins = tmp_path / "acme.yaml", tmp_path / "plugins"
    plugins.mkdir()
    shutil.copy(pigeon.__file__, plugins)
    file.write_text(CATALOGUE)
    invoke("catalogue", "apply", str(file), "-t", "acme")
    loads = "  loads: {kind: usage_service, name: L, meters: {channel: pigeon, unit: gram}}\n"
    file.write_text(CATALOGUE.replace("price_plans:", f"{loads}price_plans:"))
    given = (str(file), "-t", "acme", "--plugins-dir", str(plugins))

    refused = invoke("catalogue", "apply", str(file), "-t", "acme")
    told = "no installed plugin has a channel 'pigeon'; installed are email, ott, postal, sms"
    assert told in str(refused.exception)
    assert "products.loads: new" in invoke("catalogue", "diff", *given).output
    assert "products.loads: new" in invoke("catalogue", "apply", "--dry-run", *given).output
    applied = invoke("catalogue", "apply", *given).output
    assert applied == "created: products.loads\n3 of 4 unchanged.\n"


def test_a_faulty_catalogue_is_refused_with_its_line(
    invoke: Invoke, acme: str, tmp_path: Path
) -> None:
    """Line 3 has an unknown kind; nothing of the file is kept."""
    file = tmp_path / "faulty.yaml"
    file.write_text(CATALOGUE.replace("kind: licence", "kind: licens"))

    result = invoke("catalogue", "apply", str(file), "-t", "acme")

    assert result.exit_code == 1
    assert f"{file}:3: products.seats.kind" in str(result.exception)
    assert invoke("catalogue", "export", "-t", "acme").output == "{}\n"


def test_the_audit_trail_is_verified(invoke: Invoke, acme: str) -> None:
    """Creating a seller left entries; nothing was tampered with."""
    result = invoke("audit", "verify")

    assert result.exit_code == 0
    assert result.output.startswith("acme: intact; ")
    assert invoke("audit", "verify", "-t", "nobody").exit_code == 2
