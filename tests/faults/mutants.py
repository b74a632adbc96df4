"""Planted defects, each of which the harness must find.

Those in code are applied inside the child processes by `mutated/sitecustomize.py`; those
of the schema here. A defect that the database itself would refuse is given a schema
without that constraint, to show that the oracle does not lean on it.
"""

from __future__ import annotations

from typing import Final

_UNGUARDED_NUMBERS: Final = (
    """
DO $$
DECLARE one record;
BEGIN
    FOR one IN SELECT conname FROM pg_constraint WHERE conrelid = 'invoice_number'::regclass
        AND contype IN ('f', 'p', 'c') ORDER BY contype = 'p'
    LOOP
        EXECUTE format('ALTER TABLE invoice_number DROP CONSTRAINT %I', one.conname);
    END LOOP;
END $$
""",
)

MUTANTS: Final[dict[str, tuple[str, ...]]] = {
    "acknowledge-before-commit": (),
    "max-plus-one": _UNGUARDED_NUMBERS,
    "skipped-number": _UNGUARDED_NUMBERS,
    "rls-off": ("ALTER TABLE usage_event DISABLE ROW LEVEL SECURITY",),
    "enqueue-once": (),
    "sum-then-mark": (),
    "interim-twice": (),
}
"""By name: the statements that the owner of the schema runs for it."""
