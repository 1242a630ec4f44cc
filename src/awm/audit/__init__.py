"""Proofs about worlds: can their tasks be solved, do their verifiers tell right from wrong?

    from awm import audit

    found = audit.audit_folder("outputs")
    for world in found:
        print(world.world, world.grade, dict(world.verdicts))

`audit_worlds` is the same for asynchronous code with a runtime of its own.
"""

from awm.audit.model import (
    GRADES,
    Audit,
    Case,
    CaseKind,
    Counterexample,
    Grade,
    Requirement,
    TaskAudit,
    TaskVerdict,
    WorldAudit,
)
from awm.audit.running import Effort, audit_folder, audit_world, audit_worlds

__all__ = [
    "GRADES",
    "Audit",
    "Case",
    "CaseKind",
    "Counterexample",
    "Effort",
    "Grade",
    "Requirement",
    "TaskAudit",
    "TaskVerdict",
    "WorldAudit",
    "audit_folder",
    "audit_world",
    "audit_worlds",
]
