"""All checks of a catalogue, in a fixed order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

from core.catalogue.checks.buy_in_advance import (
    ONE_ACTIVE,
    check_buy_in_advance,
    check_one_active,
)
from core.catalogue.checks.discounts import check_discount
from core.catalogue.checks.features import check_feature
from core.catalogue.checks.known import WORDS, Known
from core.catalogue.checks.plans import check_plan
from core.catalogue.checks.products import check_product
from core.catalogue.checks.segments import (
    check_job_type,
    check_segment,
    check_udr_type,
    check_usage_rule,
)
from core.catalogue.checks.stored import check_against_stored
from core.catalogue.checks.tables import check_table
from core.catalogue.checks.terms import check_minimums, check_terms
from core.catalogue.checks.usage_catalogues import (
    check_usage_catalogue,
    check_usage_definition,
)
from core.catalogue.checks.values import check_values
from core.catalogue.checks.windowed_terms import check_windowed_usage
from core.catalogue.errors import BAD_CODE, DUPLICATE_CODE
from core.catalogue.schema import SECTIONS, EntrySection
from core.kernel.errors import Problem

CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


def check_catalogue(known: Known) -> list[Problem]:
    """Return every problem of the wanted catalogue, section by section.

    A value that cannot be computed with or stored ends the checks: the others take it for
    granted that there is none.
    """
    impossible = [*check_values(known.wanted)]
    if impossible:
        return impossible
    return [*_codes(known), *_sections(known), *check_against_stored(known)]


def _codes(known: Known) -> Iterator[Problem]:
    for section in SECTIONS:
        counts = Counter(definition.code for definition in known.wanted.section(section))
        for code, count in counts.items():
            if not CODE.fullmatch(code):
                told = "a code is 1 to 63 letters, digits, dots, hyphens and underscores"
                yield Problem(BAD_CODE, f"{code[:70]!r}: {told}", (section, code))
            if count > 1:
                told = f"{count} {WORDS[section]} definitions have the code {code!r}; keep one"
                yield Problem(DUPLICATE_CODE, told, (section, code))


def _sections(known: Known) -> Iterator[Problem]:
    for product in known.wanted.products:
        yield from check_product(product, known)
    for table in known.wanted.rate_tables:
        yield from check_table(table)
    for plan in known.wanted.price_plans:
        yield from check_plan(plan, known)
    for terms in known.wanted.billing_terms:
        yield from check_terms(terms, known)
    yield from check_minimums(known)
    yield from check_windowed_usage(known)
    for section, check in _ENTRY_CHECKS.items():
        for entry in known.wanted.section(section):
            yield from check(entry, known)
    for section in ONE_ACTIVE:
        yield from check_one_active(section, known)


_ENTRY_CHECKS: Final[dict[EntrySection, Callable[[Any, Known], Iterator[Problem]]]] = {
    "segments": check_segment,
    "udr_types": check_udr_type,
    "usage_definitions": check_usage_definition,
    "usage_catalogues": check_usage_catalogue,
    "discounts": check_discount,
    "usage_rules": check_usage_rule,
    "buy_in_advance": check_buy_in_advance,
    "job_types": check_job_type,
    "features": check_feature,
}
