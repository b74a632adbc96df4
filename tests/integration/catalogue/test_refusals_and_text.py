"""What is refused as a whole, and what a diff and an export say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.catalogue.apply import apply_catalogue
from core.catalogue.diff import diff_catalogue
from core.catalogue.errors import CatalogueRefused
from core.catalogue.export import export_catalogue
from core.catalogue.yaml_source import load_catalogue, load_catalogue_file
from core.kernel.clock import FixedClock
from tests.integration.catalogue.shop import CRM360, DATED, JUNE, SMALL, apply, counts

REFUSED = [
    ("a slot in the past is changed", DATED, ("0.06", "0.07"), "SLOT_IN_THE_PAST", 10),
    (
        "a slot is added in the past",
        DATED,
        ("{FR: 0.06}}", "{FR: 0.06}}\n      - {from: 2026-05-01, rows: {FR: 0.05}}"),
        "SLOT_IN_THE_PAST",
        11,
    ),
    ("the kind of a product", SMALL, ("termed_service", "licence"), "IMMUTABLE", 3),
    ("what a product meters", DATED, ("unit: segment", "unit: message"), "IMMUTABLE", 3),
    ("the currency of a plan", SMALL, ("EUR", "USD"), "IMMUTABLE", 7),
    ("the tax mode of a plan", SMALL, ("EUR", "EUR\n    tax: inclusive"), "IMMUTABLE", 8),
    (
        "a version before the present one",
        SMALL.replace("currency", "effective_from: 2026-05-01\n    currency"),
        ("2026-05-01", "2026-04-01"),
        "EFFECTIVE_TOO_EARLY",
        7,
    ),
]


@pytest.mark.parametrize(("what", "text", "swap", "code", "line"), REFUSED)
async def test_what_is_for_good_is_refused_and_nothing_changes(
    begin, *, what, text, swap, code, line
):
    """Kind, meters, currency, tax mode and past prices stay as subscribers know them."""
    await apply(begin, text, clock=JUNE)
    before = await counts(begin)
    with pytest.raises(CatalogueRefused) as refused:
        await apply(begin, text.replace(*swap), clock=JUNE)
    assert [problem.code for problem in refused.value.problems] == [code], what
    assert f"shop.yaml:{line}: " in refused.value.message
    assert await counts(begin) == before


async def test_a_file_with_one_fault_changes_nothing_at_all(begin):
    """Its sound half is not applied; problems of form and of meaning come together."""
    before = await counts(begin)
    text = SMALL.replace("fee: {base: 20}", "fee: {bose: 20}\n      nothing: {base: 1}")
    text += "  other: {name: Other, currency: EUR, rates: {ghost: {base: 1}}}\n"
    with pytest.raises(CatalogueRefused) as refused:
        await apply(begin, text)
    found = [(problem.code, problem.line) for problem in refused.value.problems]
    assert found == [("UNKNOWN_KEY", 9), ("UNKNOWN_PRODUCT", 11)]
    assert await counts(begin) == before


async def test_export_and_apply_give_unchanged(begin):
    """What was exported says everything that is stored, in a stable order."""
    async with begin() as tx:
        await apply_catalogue(tx, load_catalogue_file(CRM360))
        await apply_catalogue(tx, load_catalogue(DATED.replace("basic", "dated")))
    async with begin() as tx:
        text = await export_catalogue(tx)
    result = await apply(begin, text)
    assert result.unchanged
    assert not result.changed_anything
    async with begin() as tx:
        assert await export_catalogue(tx) == text


async def test_an_exported_catalogue_can_be_moved_to_another_seller(begin, db, new_tenant):
    """Another tenant that applies it exports the same text."""
    async with begin() as tx:
        await apply_catalogue(tx, load_catalogue_file(CRM360))
        text = await export_catalogue(tx)
    other = await new_tenant()
    async with db.transaction(other.tenant.id, actor="test") as tx:
        assert await export_catalogue(tx) == "{}\n"
        result = await apply_catalogue(tx, load_catalogue(text))
        assert len(result.created) == 21
        assert await export_catalogue(tx) == text


async def test_a_diff_shows_lines_and_writes_nothing(begin):
    """Minus is stored, plus is wanted."""
    await apply(begin, SMALL)
    before = await counts(begin)
    wanted = SMALL.replace("base: 20", "base: 21").replace("name: Fee", "name: The fee")
    async with begin(clock=FixedClock(datetime(2030, 1, 1, tzinfo=UTC))) as tx:
        assert await diff_catalogue(tx, load_catalogue(SMALL)) == "no difference\n"
        assert await diff_catalogue(tx, load_catalogue(wanted)) == (
            "products.fee: changed\n"
            "- name: Fee\n"
            "+ name: The fee\n"
            "price_plans.basic: new version\n"
            "- effective_from: 1970-01-01T00:00:00Z\n"
            "+ effective_from: 2030-01-01T00:00:00Z\n"
            "- rates.fee.base: 20\n"
            "+ rates.fee.base: 21\n"
        )
    assert await counts(begin) == before
