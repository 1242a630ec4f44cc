"""Proofs about worlds: can their tasks be solved, do their verifiers tell right from wrong?

    from awm import audit

    found = audit.audit_folder("outputs")
    for world in found:
        print(world.world, world.grade, dict(world.verdicts))

`audit_worlds` is the same for asynchronous code with a runtime of its own. `fix_folder` and
`fix_worlds` write a copy in which is mended what can be.
"""

from awm.audit.copying import fix_folder, fix_worlds
from awm.audit.fixes import Change, Fixed, FixReport, WorldFixes
from awm.audit.fixing import fix_world
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
    "Change",
    "Counterexample",
    "Effort",
    "FixReport",
    "Fixed",
    "Grade",
    "Requirement",
    "TaskAudit",
    "TaskVerdict",
    "WorldAudit",
    "WorldFixes",
    "audit_folder",
    "audit_world",
    "audit_worlds",
    "fix_folder",
    "fix_world",
    "fix_worlds",
]
