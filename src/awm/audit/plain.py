"""Audits as JSON: all that was found, for programs, and what it takes to find it again.

A document names its format, `awm-audit`, and the version of that. Names are added without a new
version; one that goes away or changes its meaning makes a new one. Calls are written as in
`gen_oracle.jsonl`, `{"tool", "arguments"}`, so that a case can be carried over into an oracle.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from awm.audit.faults import FaultKind as ToolFaultKind
from awm.audit.faults import ToolFault
from awm.audit.model import (
    GRADES,
    Audit,
    Case,
    CaseKind,
    Counterexample,
    TaskAudit,
    TaskVerdict,
    WorldAudit,
)
from awm.errors import UsageError
from awm.types import ToolCall
from awm.verify.verdict import FaultKind, VerifierMode

__all__ = [
    "FORMAT",
    "VERSION",
    "Finding",
    "KeptCase",
    "KeptFault",
    "audit_json",
    "finding_json",
    "read_findings",
]

FORMAT: Final = "awm-audit"
VERSION: Final = 1

_VERDICTS: Final[tuple[TaskVerdict, ...]] = get_args(TaskVerdict)
_KINDS: Final[tuple[CaseKind, ...]] = get_args(CaseKind)


@dataclass(frozen=True, slots=True)
class KeptCase:
    """A counterexample, and what it is one of.

    Attributes:
        world: The world's normalised name.
        task_idx: The task's number.
        counterexample: The attempt and what the verifier made of it.
    """

    world: str
    task_idx: int
    counterexample: Counterexample


@dataclass(frozen=True, slots=True)
class KeptFault:
    """A tool's fault, and the world that it is in.

    Attributes:
        world: The world's normalised name.
        fault: The fault, with the calls that show it.
    """

    world: str
    fault: ToolFault


Finding: TypeAlias = KeptCase | KeptFault
"""Something that an audit found and that can be carried out again."""


def audit_json(audit: Audit) -> dict[str, Any]:
    """Write an audit as a JSON object; equal audits give equal objects, members in order."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "folder": audit.folder,
        "seed": audit.seed,
        "seconds": round(audit.seconds, 3),
        "grades": {grade: audit.grades[grade] for grade in GRADES},
        "verdicts": {verdict: audit.verdicts[verdict] for verdict in _VERDICTS},
        "problems": [asdict(problem) for problem in audit.problems],
        "worlds": [_world(world) for world in audit],
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """Write a finding as a JSON object, with its world and, of a counterexample, its task."""
    if isinstance(finding, KeptFault):
        return {"world": finding.world, "fault": _fault(finding.fault)}
    return {
        "world": finding.world,
        "task_idx": finding.task_idx,
        "counterexample": _counterexample(finding.counterexample),
    }


def read_findings(document: object) -> tuple[Finding, ...]:
    """Read the counterexamples and the tools' faults out of an audit's JSON document.

    Args:
        document: What `audit_json` returned, perhaps long ago and in another version.

    Returns:
        The faults and the counterexamples of each world, in the order of the document.

    Raises:
        UsageError: It is no such document, or one of a version that is not known here.
    """
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UsageError("this is no audit report.", "Give a file that `awm audit --json` wrote.")
    if document.get("version") != VERSION:
        raise UsageError(
            f"this report is of version {document.get('version')!r}; {VERSION} is known here.",
            "Audit again, or use the awm that wrote it.",
        )
    try:
        return tuple(_findings(_Report.model_validate(document)))
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in fault["loc"])
        raise UsageError(
            f"this audit report is damaged: {place}: {fault['msg'].lower()}.", "Audit again."
        ) from error


def _world(world: WorldAudit) -> dict[str, Any]:
    return {
        "world": world.world,
        "scenario": world.scenario,
        "description": world.description,
        "grade": world.grade,
        "alive": world.alive,
        "tools": world.tools,
        "tables": world.tables,
        "calls": world.calls,
        "seconds": round(world.seconds, 3),
        "verdicts": {verdict: world.verdicts[verdict] for verdict in _VERDICTS},
        "problems": [asdict(problem) for problem in world.problems],
        "faults": [_fault(fault) for fault in world.faults],
        "tasks": [_task(task) for task in world.tasks],
    }


def _task(task: TaskAudit) -> dict[str, Any]:
    return {
        "task_idx": task.task_idx,
        "task": task.task,
        "verdict": task.verdict,
        "reason": task.reason,
        "modes": list(task.modes),
        "cases": {
            kind: {"passed": task.passed.get(kind, 0), "tried": task.tried[kind]}
            for kind in _KINDS
            if kind in task.tried
        },
        "counterexamples": [_counterexample(found) for found in task.counterexamples],
        "oracle_calls": task.calls,
        "state_hash": task.state_hash,
        "volatile": dict(task.volatile),
    }


def _counterexample(found: Counterexample) -> dict[str, Any]:
    case = found.case
    return {
        "kind": case.kind,
        "mode": found.mode,
        "expected": "complete" if case.accept else "others",
        "got": found.got,
        "what": found.what,
        "why": case.why,
        "calls": _calls(case.calls),
        "answer": case.answer,
        "later": case.later,
        "seed": case.seed,
    }


def _fault(fault: ToolFault) -> dict[str, Any]:
    return {
        "tool": fault.tool,
        "kind": fault.kind,
        "what": fault.what,
        "status": fault.status,
        "label": fault.label,
        "oddity": fault.oddity,
        "calls": _calls(fault.calls),
        "reproduced": fault.reproduced,
        "seed": fault.seed,
        "times": fault.times,
    }


def _calls(calls: tuple[ToolCall, ...]) -> list[dict[str, Any]]:
    return [{"tool": call.name, "arguments": dict(call.arguments)} for call in calls]


class _Part(BaseModel):
    """A part of a document; members that are not known here are left alone."""

    model_config = ConfigDict(strict=True, frozen=True)


class _Call(_Part):
    tool: str
    arguments: dict[str, Any]

    @staticmethod
    def of(calls: list["_Call"]) -> tuple[ToolCall, ...]:
        return tuple(ToolCall(call.tool, call.arguments) for call in calls)


class _Counterexample(_Part):
    kind: CaseKind
    mode: VerifierMode
    expected: Literal["complete", "others"]
    got: Literal["complete", "others", "evidence"] | FaultKind
    what: str
    why: str
    calls: list[_Call]
    answer: str | None
    later: int = Field(ge=0, lt=1 << 31)
    seed: int

    def read(self) -> Counterexample:
        accept = self.expected == "complete"
        calls = _Call.of(self.calls)
        case = Case(self.kind, accept, calls, self.answer, self.why, self.later, self.seed)
        return Counterexample(case, self.mode, self.got, self.what)


class _Fault(_Part):
    tool: str
    kind: ToolFaultKind
    what: str
    status: int | None
    label: str
    oddity: int
    calls: list[_Call]
    reproduced: bool
    seed: int
    times: int

    def read(self) -> ToolFault:
        members: Mapping[str, Any] = {**dict(self), "calls": _Call.of(self.calls)}
        return ToolFault(**members)


class _Task(_Part):
    task_idx: int
    counterexamples: list[_Counterexample]


class _World(_Part):
    world: str
    faults: list[_Fault]
    tasks: list[_Task]


class _Report(_Part):
    worlds: list[_World]


def _findings(report: _Report) -> Iterator[Finding]:
    for world in report.worlds:
        for fault in world.faults:
            yield KeptFault(world.world, fault.read())
        for task in world.tasks:
            for found in task.counterexamples:
                yield KeptCase(world.world, task.task_idx, found.read())
