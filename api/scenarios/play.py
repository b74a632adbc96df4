"""Playing a scenario: a fresh seller, dated steps, a clock for each account, a comparison.

Everything goes through the public schema: the operator creates the seller, the seller's
administrator does the rest. Time passes by `accountClockAdvance` of every account that
the scenario created, in the order of their creation.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from api.graphql.plugin_schema import PluginSchema
from api.scenarios.arguments import Arguments, plain
from api.scenarios.background import STARTS_SIMULATION, run_simulations
from api.scenarios.compare import Difference, differences
from api.scenarios.document import Scenario, Step, fault
from api.scenarios.invoices import credit_notes_of, expected_bills, invoices_of, parked_among
from api.scenarios.people import make_units, staff_face
from api.scenarios.public import Answer, OperationFailed, Problem, PublicFace
from api.scenarios.questions import CAN, asked
from api.scenarios.shown import Shown, shown_by_query
from core.bootstrap import Application
from core.catalogue.yaml_tree import Mapping, Node, Scalar
from core.kernel.ids import new_id
from core.tenancy import Principal
from core.tenancy.capabilities import PLATFORM

_CREATES_ACCOUNT: Final = "accountCreate"
_IN_YAML: Final = len(("input", "yaml"))
_TENANT_CREATE: Final = """
mutation ($input: TenantCreateInput!) {
  tenantCreate(input: $input) { adminKey userErrors { code message path } }
}
"""


@dataclass(frozen=True, slots=True)
class Result:
    """How a scenario ended; without differences it passed."""

    scenario: Scenario
    differences: tuple[Difference, ...]
    invoices: int

    @property
    def passed(self) -> bool:
        """Say whether everything was as expected."""
        return not self.differences


async def play(application: Application, schema: PluginSchema, scenario: Scenario) -> Result:
    """Play one scenario in a seller of its own.

    Raises:
        ScenarioInvalid: the file asks for something that the schema does not know.
    """
    face = await _fresh_seller(application, schema, scenario)
    run = _Run(scenario, face, bound=await make_units(face, scenario))
    await run.apply_catalogue()
    for step in scenario.steps:
        if not await run.step(step):
            break
    return await run.result()


@dataclass(slots=True)
class _Run:
    scenario: Scenario
    face: PublicFace
    bound: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    """The ids of accounts by their names, in the order of their creation."""
    staff: dict[str, PublicFace] = field(default_factory=dict)
    """What staff see who have run a step, by their ids."""
    refused: list[str] = field(default_factory=list)
    told: list[Difference] = field(default_factory=list)
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.now = self._arguments().instant(self.scenario.clock, line=self.scenario.line)

    async def apply_catalogue(self) -> None:
        """Give the seller its catalogue; a faulty one is a fault of the file."""
        catalogue = self.scenario.catalogue
        if catalogue is None:
            return
        text = (
            catalogue.read_text(encoding="utf-8")
            if isinstance(catalogue, Path)
            else _as_yaml(catalogue)
        )
        answer = await self.face.change("catalogueApply", {"yaml": text})
        for problem in answer.problems[:1]:
            told = f"{problem.detail or problem.code}: {problem.message}"
            if isinstance(catalogue, Path):
                raise fault(catalogue, problem.line, told)
            line = nearest_line(catalogue, problem.path[_IN_YAML:])
            self.scenario.refuse(f"catalogue: {told}", line=line)

    async def step(self, step: Step) -> bool:
        """Run a step; False when the steps after it make no sense any more."""
        if step.at is not None and not await self._move(step):
            return False
        if step.mutation is None:
            return True
        face = await self._face_of(step)
        if step.mutation == CAN:
            self.told += await asked(face, self.scenario, step, self._arguments())
            return True
        if face.query(step.mutation) is not None:
            told = await shown_by_query(face, self.scenario, step, self._arguments())
            self.told += told.differences
            self._bind(step, Answer(told.id, ()))
            return True
        return await self._change(face, step, step.mutation)

    async def result(self) -> Result:
        """Compare what came of it with what was expected."""
        found = await invoices_of(self.face, self.accounts)
        self.told += await parked_among(self.face, self.accounts)
        expected = self.scenario.expected
        if expected.invoices is not None and not self.told:
            names = {key: name for name, key in self.accounts.items()}
            bills = expected_bills(self.scenario, expected.invoices, names)
            self.told += differences(bills, found)
        if expected.credit_notes is not None and not self.told:
            names = {key: name for name, key in self.accounts.items()}
            bills = expected_bills(self.scenario, expected.credit_notes, names)
            notes = await credit_notes_of(self.face, self.accounts)
            self.told += differences(bills, notes, what="credit note")
        if expected.refused is not None and list(expected.refused) != self.refused:
            wanted, real = ", ".join(expected.refused), ", ".join(self.refused)
            self.told.append(Difference("refused", wanted or "nothing", real or "nothing"))
        return Result(self.scenario, tuple(self.told), len(found))

    async def _change(self, face: PublicFace, step: Step, mutation: str) -> bool:
        """Run a mutation, and hold what it answers against what its step says."""
        kind = face.input_type(mutation)
        if kind is None:
            known = ", ".join(self.face.mutations())
            told = f"there is no mutation {mutation!r}; there are {known}"
            self.scenario.refuse(told, line=step.line)
        given = self._arguments().value(step.given, kind)
        if mutation == _CREATES_ACCOUNT:
            given.setdefault("testClock", self.now.isoformat())
        if step.shows is None:
            went_on = self._judge(step, await face.change(mutation, given))
            if mutation == STARTS_SIMULATION:
                await run_simulations(self.face)
            return went_on
        shown, payload = Shown(self.scenario, self._arguments()), face.payload(mutation)
        selected = shown.selection(step.shows, payload)[1:-1]
        answer = await face.change(mutation, given, shown=selected)
        went_on = self._judge(step, answer)
        if not answer.problems:
            self.told += shown.unlike(step.shows, answer.shown, payload, where=mutation)
        return went_on

    async def _face_of(self, step: Step) -> PublicFace:
        """Return what the one who runs the step sees: a staff member, by a key of theirs."""
        if step.by is None:
            return self.face
        staff_id = self._arguments().text(Scalar(step.by, step.line))
        if staff_id not in self.staff:
            found = await staff_face(self.face, staff_id)
            if isinstance(found, str):
                self.scenario.refuse(f"by: {step.by}: {found}", line=step.line)
            self.staff[staff_id] = found
        return self.staff[staff_id]

    async def _move(self, step: Step) -> bool:
        """Move every account's clock; what falls due on the way is billed."""
        assert step.at is not None
        to = self._arguments().instant(step.at, line=step.line)
        if to < self.now:
            self.scenario.refuse(f"at: {step.at} lies before the step above", line=step.line)
        self.now = to
        for account in self.accounts.values():
            answer = await self.face.change(
                "accountClockAdvance", {"account": account, "to": to.isoformat()}
            )
            if answer.problems:
                self._unexpected(step, answer.problems, what="moving the clock")
                return False
        return True

    def _judge(self, step: Step, answer: Answer) -> bool:
        if step.refuses is not None:
            codes = sorted({_code(problem, wanted=step.refuses) for problem in answer.problems})
            self.refused += codes
            if codes == [step.refuses]:
                return True
            real = ", ".join(codes) or "done"
            self.told.append(
                Difference(f"{step.mutation}", f"refused: {step.refuses}", real, step.line)
            )
            return bool(codes)
        if answer.problems:
            self._unexpected(step, answer.problems, what=f"{step.mutation}")
            return False
        self._bind(step, answer)
        return True

    def _bind(self, step: Step, answer: Answer) -> None:
        if step.bind is not None:
            if answer.id is None:
                told = f"{step.mutation} answers no object, or several, to bind with `as:`"
                self.scenario.refuse(told, line=step.line)
            if step.bind in self.bound:
                self.scenario.refuse(f"${step.bind} is bound already", line=step.line)
            self.bound[step.bind] = answer.id
        if step.mutation == _CREATES_ACCOUNT and answer.id is not None:
            self.accounts[step.bind or f"account {len(self.accounts) + 1}"] = answer.id

    def _unexpected(self, step: Step, problems: Sequence[Problem], *, what: str) -> None:
        for problem in problems[:5]:
            self.told.append(Difference(what, "done", _told(problem), step.line))

    def _arguments(self) -> Arguments:
        return Arguments(self.scenario.file, self.scenario.tenant["timezone"], self.bound)


async def _fresh_seller(
    application: Application, schema: PluginSchema, scenario: Scenario
) -> PublicFace:
    """Create a seller as the operator, and return the face that its administrator sees."""
    operator = Principal(
        tenant_id=None, key_id=new_id(), staff_id=None, capabilities=PLATFORM,
        actor="operator", expires_at=None,
    )  # fmt: skip
    slug = f"scenario-{secrets.token_hex(8)}"
    asked: dict[str, Any] = {"slug": slug, **scenario.tenant}
    face = PublicFace(application, schema, operator)
    payload = (await face.ask(_TENANT_CREATE, {"input": asked}))["tenantCreate"]
    if payload["userErrors"]:
        told = "; ".join(error["message"] for error in payload["userErrors"])
        scenario.refuse(f"tenant: {told}", line=scenario.line)
    if payload["adminKey"] is None:
        raise OperationFailed("tenantCreate answered without its administrator's key")
    administrator = await application.authenticator.authenticate(payload["adminKey"])
    return PublicFace(application, schema, administrator)


def _as_yaml(node: Node) -> str:
    """Write a tree as YAML; JSON is a part of it."""
    return orjson.dumps(plain(node), option=orjson.OPT_INDENT_2).decode()


def nearest_line(node: Node, path: Sequence[str]) -> int | None:
    """Return the line of what a path leads to in a tree, as far as it leads."""
    line = node.line
    for key in path:
        if not isinstance(node, Mapping) or key not in node.entries:
            break
        key_line, node = node.entries[key]
        line = key_line or node.line or line
    return line


def _code(problem: Problem, *, wanted: str) -> str:
    """Return the code under which a refusal counts: a catalogue's has two."""
    return wanted if problem.detail == wanted else problem.code


def _told(problem: Problem) -> str:
    where = ".".join(problem.path)
    return f"{problem.code}: {f'{where}: ' if where else ''}{problem.message}"
