"""`forfait simulate`: tables, an export, and exit codes."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from core.accounts.create_account import CreateAccount, create_account
from core.billing_cycles.close_chunk import close_next_chunk
from core.billing_cycles.pricing import Pricing
from core.billing_cycles.sweep import sweep
from core.catalogue.apply import apply_catalogue
from core.catalogue.yaml_source import load_catalogue
from core.db import Database
from core.embedded import DatabaseUrls
from core.kernel.clock import FixedClock
from core.own_loop import in_own_loop
from core.subscriptions.subscribe import NewItem, Subscribe, subscribe
from core.tenancy.directory import tenant_by_slug
from tests.integration.cli.conftest import Invoke

CATALOGUE = """
products:
  seats: {kind: licence, name: Seats}
price_plans:
  simple: {name: Simple, currency: EUR, rates: {seats: {base: 25}}}
  dearer: {name: Dearer, currency: EUR, rates: {seats: {base: 30}}}
  empty: {name: Empty, currency: EUR, rates: {}}
billing_terms:
  monthly: {name: Monthly, plans: [simple], default_plan: simple}
"""
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
CLOSING = datetime(2026, 2, 1, 1, tzinfo=UTC)


async def _billed(urls: DatabaseUrls) -> None:
    """Ada has 2 seats, Bob 4; January is closed."""
    database = Database(urls.app, role="worker")
    found = await tenant_by_slug(database, "acme")
    clock = FixedClock(FIRST)
    async with database.transaction(found.id, actor="test", clock=clock) as tx:
        await apply_catalogue(tx, load_catalogue(CATALOGUE))
        for name, seats in (("ada", 2), ("bob", 4)):
            account = await create_account(tx, CreateAccount(name=name.title(), ref=name))
            items = [NewItem("seats", Decimal(seats))]
            command = Subscribe(
                account=account.id, billing_terms="monthly", price_plan="simple", items=items
            )
            await subscribe(tx, command)
    pricing, later = Pricing(), FixedClock(CLOSING)
    await sweep(database, pricing=pricing, chunk_size=100, clock=later)
    while await close_next_chunk(database, found.id, pricing=pricing, clock=later):
        pass
    await database.close()


@pytest.fixture
def acme(invoke: Invoke, database: DatabaseUrls) -> str:
    """A seller in UTC with two customers and a month that is billed."""
    made = invoke(
        "tenants", "create", "acme", "--name", "Acme", "--currency", "EUR",
        "--timezone", "UTC", "--country", "FR",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    in_own_loop(_billed(database))
    return "acme"


def test_it_shows_tables_and_writes_every_account(
    invoke: Invoke, acme: str, tmp_path: Path
) -> None:
    """Seats at 30 in place of 25: 6 x 25 = 150.00, 6 x 30 = 180.00; Bob loses most."""
    out = tmp_path / "out.csv"

    told = invoke(
        "simulate", "--tenant", acme, "--month", "2026-01", "--plan", "dearer",
        "--export", str(out),
    )  # fmt: skip

    assert told.exit_code == 0, told.output
    assert "150.00" in told.output
    assert "+30.00" in told.output
    assert told.output.index("Bob") < told.output.index("Ada")
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert {row["ref"]: (row["before_net"], row["after_net"]) for row in rows} == {
        "ada": ("50.00", "60.00"),
        "bob": ("100.00", "120.00"),
    }


def test_accounts_can_be_named_and_a_file_be_tried(
    invoke: Invoke, acme: str, tmp_path: Path
) -> None:
    """Ada alone, at 20: 40.00 in place of 50.00."""
    edited = tmp_path / "edited.yaml"
    edited.write_text(CATALOGUE.replace("base: 25", "base: 20"), encoding="utf-8")

    told = invoke(
        "simulate", "-t", acme, "--month", "2026-01", "--catalogue", str(edited),
        "--account", "ada",
    )  # fmt: skip

    assert told.exit_code == 0, told.output
    assert "-10.00" in told.output
    assert "Bob" not in told.output


def test_who_cannot_be_priced_makes_the_exit_code_1(invoke: Invoke, acme: str) -> None:
    """A plan without a price for seats: both are listed with the reason."""
    told = invoke(
        "simulate", "-t", acme, "--month", "2026-01", "--plan", "empty", COLUMNS="200"
    )

    assert told.exit_code == 1
    assert "2 subscriptions that could not be priced" in told.output
    assert "RATE_MISSING" in told.output


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--month", "2026-01", "--plan", "none"), "CATALOGUE_ENTRY_UNKNOWN"),
        (("--month", "2999-01", "--plan", "dearer"), "MONTH_NOT_OVER"),
        (("--month", "2026-01", "--plan", "dearer", "--account", "eve"), "ACCOUNT_NOT_FOUND"),
    ],
)
def test_what_cannot_be_done_is_refused(
    invoke: Invoke, acme: str, options: tuple[str, ...], code: str
) -> None:
    """The refusal is one line and exit code 2 in a shell; nothing is simulated."""
    told = invoke("simulate", "-t", acme, *options)

    assert getattr(told.exception, "code", None) == code


def test_exactly_one_alternative_is_asked_for(invoke: Invoke, acme: str) -> None:
    """Neither plan nor file, or a month that is none: the options are wrong, exit code 2."""
    assert invoke("simulate", "-t", acme, "--month", "2026-01").exit_code == 2
    wrong = invoke("simulate", "-t", acme, "--month", "January", "--plan", "dearer")
    assert wrong.exit_code == 2
