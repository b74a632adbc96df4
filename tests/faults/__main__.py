"""Run the faults and say what held: `python -m tests.faults --minutes 2 --seed 1`.

Exit 0: nothing disagrees, and at least 90 % of the kinds of fault hit work in flight.
Exit 1: something disagrees; the servers' folder with all logs and ledgers is kept.
Exit 2: nothing disagrees, but too few kinds of fault hit anything to prove it.
"""

from __future__ import annotations

import argparse
import secrets
import sys

from tests.faults.checks import invariant_count
from tests.faults.mutants import MUTANTS
from tests.faults.oracle import SHOWN, report_mismatches
from tests.faults.run import Outcome, Plan, run

OVERHEAD_SECONDS = 60
SHORTEST_SECONDS = 8
QUICK = (
    "api killed",
    "backends terminated",
    "connections cut after COMMIT",
    "valkey flushed",
    "worker killed",
)
EVENTS = (
    "sent",
    "acked",
    "refused",
    "indeterminate",
    "billed",
    "late",
    "parked",
    "open",
    "free",
)
FILMS = ("films asked", "films", "films refused", "interim invoices", "top-ups", "jobs billed")
WORDS = {0: "proven", 1: "MISMATCH", 2: "not proven: too few kinds of fault hit anything"}


def main() -> int:
    """Read the arguments, run, print the report, return the status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0, help="the whole run, about")
    parser.add_argument("--load-seconds", type=float, help="the load alone, instead")
    parser.add_argument("--seed", type=int, help="repeats the choices of an earlier run")
    parser.add_argument("--mutant", choices=sorted(MUTANTS), help="plant a defect to be found")
    parser.add_argument("--forgetful", action="store_true", help="servers without fsync")
    parser.add_argument("--short", action="store_true", help="only the kinds that are quick")
    given = parser.parse_args()
    load = given.load_seconds or max(SHORTEST_SECONDS, given.minutes * 60 - OVERHEAD_SECONDS)
    seed = given.seed if given.seed is not None else secrets.randbelow(1_000_000)
    plan = Plan(
        seed,
        load,
        mutant=given.mutant,
        fault_pause=0.4 if given.short else 1.5,
        is_durable=not given.forgetful,
        only=QUICK if given.short else (),
    )
    print(f"seed {seed}, load {load:.0f} s{f', mutant {given.mutant}' * bool(given.mutant)}")
    sys.stdout.flush()
    outcome = run(plan)
    print("\n".join(report(outcome)))
    return outcome.status


def report(outcome: Outcome) -> list[str]:
    """Say in lines what was done and what was found."""
    findings, counts = outcome.findings, outcome.findings.counts
    events = {name: counts[name] for name in EVENTS}
    lines = [
        "events     " + ", ".join(f"{name} {count}" for name, count in events.items()),
        f"           of the indeterminate, stored {counts['indeterminate, stored']}",
        f"invoices   {counts['invoices']} of {outcome.closed_months} months",
        "films      " + ", ".join(f"{name} {counts[name]}" for name in FILMS),
        f"invariants {invariant_count()} x {findings.invariants_checked}, with tenants' walls",
        f"dump       {counts['lines of the dump']} lines compared with an undisturbed run",
        "seconds    " + ", ".join(f"{name} {one:.1f}" for name, one in outcome.seconds.items()),
        "faults     kind: done, of which hit work in flight",
    ]
    lines += [
        f"           {kind}: {outcome.done[kind]}, {outcome.hits[kind]}"
        for kind in sorted(outcome.done)
    ]
    troubles = outcome.troubles.most_common(SHOWN)
    lines += [f"no answer  {count} x {text}" for text, count in troubles]
    lines.append(f"           {outcome.hit_kinds} % of {len(outcome.done)} kinds hit")
    lines.append(f"mismatches {findings.mismatches}")
    lines += report_mismatches(findings)
    if outcome.kept_folder is not None:
        lines.append(f"kept       {outcome.kept_folder}")
    lines.append(f"verdict    {WORDS[outcome.status]} (seed {outcome.plan.seed})")
    return lines


if __name__ == "__main__":
    sys.exit(main())
