"""A world alive: jailed workers, instances, snapshots, forks, a virtual clock, recovery."""

from awm.runtime.instance import Instance
from awm.runtime.limits import Limits
from awm.runtime.placement import Census
from awm.runtime.prepared import PreparedWorld
from awm.runtime.runtime import Runtime
from awm.runtime.sandbox import Isolation
from awm.runtime.schema import Column, DanglingReference, Reference, Schema, SerialForm, TableSchema
from awm.runtime.snapshot import Snapshot
from awm.runtime.state import Row, RowChange, StateDiff, TableDiff
from awm.runtime.sync import SyncInstance, SyncRuntime
from awm.runtime.verifiers import (
    ProgramFault,
    ProgramReport,
    ProgramRun,
    VerifierLimits,
    VerifierPool,
)

__all__ = [
    "Census",
    "Column",
    "DanglingReference",
    "Instance",
    "Isolation",
    "Limits",
    "PreparedWorld",
    "ProgramFault",
    "ProgramReport",
    "ProgramRun",
    "Reference",
    "Row",
    "RowChange",
    "Runtime",
    "Schema",
    "SerialForm",
    "Snapshot",
    "StateDiff",
    "SyncInstance",
    "SyncRuntime",
    "TableDiff",
    "TableSchema",
    "VerifierLimits",
    "VerifierPool",
]
