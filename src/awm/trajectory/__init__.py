"""The versioned record of what an agent did; it holds neither a world nor a reward."""

from awm.trajectory.calls import (
    CALL_TOOL,
    LIST_TOOLS,
    TOOL_PREFIX,
    WrittenCall,
    find_calls,
    meta_target,
)
from awm.trajectory.reading import MAX_TRAJECTORY_BYTES, parse_trajectory, read_trajectory
from awm.trajectory.record import VERSION, StopReason, Trajectory, Turn
from awm.trajectory.replies import answer_of, thought_of
from awm.trajectory.writing import trajectory_json, transcript_of, write_trajectory

__all__ = [
    "CALL_TOOL",
    "LIST_TOOLS",
    "MAX_TRAJECTORY_BYTES",
    "TOOL_PREFIX",
    "VERSION",
    "StopReason",
    "Trajectory",
    "Turn",
    "WrittenCall",
    "answer_of",
    "find_calls",
    "meta_target",
    "parse_trajectory",
    "read_trajectory",
    "thought_of",
    "trajectory_json",
    "transcript_of",
    "write_trajectory",
]
