"""A world alive: jailed workers, instances, snapshots, forks, a virtual clock, recovery."""

from awm.runtime.instance import Instance
from awm.runtime.limits import Limits
from awm.runtime.prepared import PreparedWorld
from awm.runtime.runtime import Runtime
from awm.runtime.sandbox import Isolation
from awm.runtime.snapshot import Snapshot
from awm.runtime.state import Row, RowChange, StateDiff, TableDiff
from awm.runtime.sync import SyncInstance, SyncRuntime

__all__ = [
    "Instance",
    "Isolation",
    "Limits",
    "PreparedWorld",
    "Row",
    "RowChange",
    "Runtime",
    "Snapshot",
    "StateDiff",
    "SyncInstance",
    "SyncRuntime",
    "TableDiff",
]
