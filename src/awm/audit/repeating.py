"""Carries out again what an audit found, and says whether it is still so."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal, TypeAlias

from awm.audit.arguments import Trial
from awm.audit.faults import fault_of, words_of
from awm.audit.model import Case, Counterexample
from awm.audit.plain import Finding, KeptCase, KeptFault, read_findings
from awm.errors import SnapshotError, UsageError, WorldError
from awm.runtime import Instance, Runtime, VerifierPool
from awm.types import JsonObject, ToolResult
from awm.verify.programs import Attempt, gather_evidence, run_verifier
from awm.verify.replay import play, start_of
from awm.verify.verdict import VerifierFault
from awm.worlds import VerifierProgram, World, WorldFolder

__all__ = ["Outcome", "Repeated", "repeat"]

Outcome: TypeAlias = Literal["holds", "gone", "unknown"]
"""`holds`: it is still wrong. `gone`: it is right now. `unknown`: it could not be carried out."""

_ELSEWHERE: Final = "#again"
"""Added to the world's name for a second run: programs of another world never share a process."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """What came of carrying out a finding again.

    Attributes:
        finding: What was found at the time.
        outcome: Whether it is still so.
        expected: What should come of it.
        got: What came of it now; empty where that is unknown.
        what: The same in a sentence.
    """

    finding: Finding
    outcome: Outcome
    expected: str
    got: str
    what: str


class _CannotRepeatError(Exception):
    """The world is not any more what the finding is about."""


async def repeat(
    folder: WorldFolder,
    runtime: Runtime,
    pool: VerifierPool,
    document: object,
    *,
    done: Callable[[Repeated], None] = lambda _repeated: None,
) -> tuple[Repeated, ...]:
    """Carry out each counterexample and each tool's fault of a report again.

    Args:
        folder: The worlds as they are now.
        runtime: Where they are brought to life.
        pool: Where their verifiers run.
        document: The report, as `audit_json` gives it.
        done: Told of each.

    Returns:
        What came of them, in the order of the report.

    Raises:
        UsageError: The document is no report.
        InfrastructureError: The machinery failed.
    """
    found: list[Repeated] = []
    for name, findings in groupby(read_findings(document), key=lambda finding: finding.world):
        async for repeated in _of_world(folder, name, runtime, pool, [*findings]):
            found.append(repeated)
            done(repeated)
    return tuple(found)
