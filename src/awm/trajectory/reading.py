"""Trajectories from `trajectory.json`: ours, and those of the published tool or written by hand.

Only what a task needs to be graded is insisted on, `scenario` and `task_id`; the rest is read as
far as it makes sense. Keys that nobody here knows are left out.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar, get_args

from awm.errors import TrajectoryError
from awm.trajectory.calls import WrittenCall, find_calls, parse_json, read_call
from awm.trajectory.parts import result_of, results_of, text_of
from awm.trajectory.record import VERSION, StopReason, Trajectory, Turn
from awm.trajectory.replies import answer_of
from awm.types import Fault, JsonObject, ToolResult

__all__ = ["MAX_TRAJECTORY_BYTES", "parse_trajectory", "read_trajectory"]

MAX_TRAJECTORY_BYTES: Final = 64 * 2**20
"""Larger files are refused: thirty replies and their results are a thousandth of that."""

_MAX_TASK_DIGITS: Final = 9
_T = TypeVar("_T")


def read_trajectory(path: Path) -> Trajectory:
    """Read a `trajectory.json`.

    Raises:
        TrajectoryError: The file is missing, too large, or no JSON; or see `parse_trajectory`.
    """
    path = Path(path)
    return parse_trajectory(_load(path, _read(path)), str(path))


def parse_trajectory(record: object, source: str) -> Trajectory:
    """Read the content of a `trajectory.json`.

    Args:
        record: JSON.
        source: Where it comes from, for messages.

    Raises:
        TrajectoryError: It does not say which task of which scenario it is about; it is of a
            newer version; or its turns are no list of objects.
    """
    if not isinstance(record, Mapping):
        raise TrajectoryError(f"{source} holds no JSON object.", "See the layout of a run folder.")
    try:
        return _trajectory(record, source)
    except RecursionError as error:
        raise TrajectoryError(f"{source}: it is nested too deeply.") from error


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise TrajectoryError(f"{path} is a folder.", "Name the trajectory.json in it.")
        if path.exists() and not path.is_file():  # reading a pipe would wait for a writer
            raise TrajectoryError(f"{path} is not a regular file.")
        with path.open("rb") as file:
            content = file.read(MAX_TRAJECTORY_BYTES + 1)
    except FileNotFoundError as error:
        raise TrajectoryError(f"{path} is not there.", "A run folder has one.") from error
    except OSError as error:
        raise TrajectoryError(f"{path} cannot be read: {error.strerror or error}.") from error
    if len(content) > MAX_TRAJECTORY_BYTES:
        limit = MAX_TRAJECTORY_BYTES // 2**20
        raise TrajectoryError(f"{path} is larger than {limit} MB, which no run of a task comes to.")
    return content


def _load(path: Path, content: bytes) -> object:
    if not content.strip():
        raise TrajectoryError(f"{path} is empty.", "The run that should write it did not end.")
    try:
        return json.loads(content.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        cut = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated")
        what = "breaks off" if cut else "is not JSON"
        place = f"line {error.lineno}, column {error.colno}"
        raise TrajectoryError(f"{path} {what} at {place}: {error.msg}.") from error
    except UnicodeDecodeError as error:
        raise TrajectoryError(f"{path} is not UTF-8 at byte {error.start}.") from error
    except RecursionError as error:
        raise TrajectoryError(f"{path} is nested too deeply.") from error
    except ValueError as error:  # a number of thousands of digits
        raise TrajectoryError(f"{path} is not JSON that can be read: {error}.") from error


def _trajectory(record: JsonObject, source: str) -> Trajectory:
    turns = _turns(record, source)
    return Trajectory(
        world=_scenario(record, source),
        task_idx=_task_idx(record, source),
        task=text_of(record.get("task")),
        turns=turns,
        final_answer=_final_answer(record, turns, source),
        stop=_one_of(get_args(StopReason), record.get("stop")),
        version=_version(record, source),
    )


def _version(record: JsonObject, source: str) -> int:
    version = record.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 0:
        return 0
    if version > VERSION:
        raise TrajectoryError(
            f"{source}: version {version} is newer than this awm reads ({VERSION}).",
            "Use the awm that wrote it, or a later one.",
        )
    return version


def _scenario(record: JsonObject, source: str) -> str:
    name = record.get("scenario")
    if not isinstance(name, str) or not name.strip():
        raise TrajectoryError(
            f"{source}: scenario {_found(name)}.", "It names the world that the run was in."
        )
    return name.strip()


def _task_idx(record: JsonObject, source: str) -> int:
    key = next((key for key in ("task_id", "task_idx") if record.get(key) is not None), "task_id")
    number = record.get(key)
    if isinstance(number, str):
        digits = number.strip()
        sound = digits.isascii() and digits.isdecimal() and len(digits) <= _MAX_TASK_DIGITS
        number = int(digits) if sound else number
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if (
        isinstance(number, bool)
        or not isinstance(number, int)
        or not 0 <= number < 10**_MAX_TASK_DIGITS
    ):
        raise TrajectoryError(
            f"{source}: {key} {_found(record.get(key))}.",
            "It is the number of the task in its world, counted from 0.",
        )
    return number


def _found(value: object) -> str:
    if value is None:
        return "is missing"
    try:
        shown = json.dumps(value, default=repr)
    except ValueError:  # an integer too long to be printed
        shown = type(value).__name__
    return f"cannot be {shown if len(shown) <= 80 else shown[:77] + '...'}"


def _turns(record: JsonObject, source: str) -> tuple[Turn, ...]:
    key = "trajectory" if record.get("trajectory") is not None else "messages"
    turns: list[Turn] = []
    for place, entry in enumerate(_entries(record, key, source)):
        role = text_of(entry.get("role")) or "assistant"
        if isinstance(entry.get("results"), list):
            turns.append(_own_turn(role, entry, f"{source}: {key}[{place}]"))
        elif role in ("tool", "function"):
            _add_result(turns, text_of(entry.get("content")))
        elif role == "assistant" or (key == "trajectory" and role != "system"):
            turns.append(_turn(role, entry))
    return tuple(turns)


def _entries(record: JsonObject, key: str, source: str) -> list[JsonObject]:
    entries = record.get(key)
    if entries is None:
        return []
    if not isinstance(entries, list):
        raise TrajectoryError(f"{source}: {key} is not a list.", "It has one object for each turn.")
    for place, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            raise TrajectoryError(f"{source}: {key}[{place}] is not an object.")
    return entries


def _own_turn(role: str, entry: JsonObject, where: str) -> Turn:
    calls, results = entry.get("tool_calls") or [], entry["results"]
    if not isinstance(calls, list) or not all(isinstance(one, Mapping) for one in calls):
        raise TrajectoryError(f"{where}: tool_calls is not a list of objects.")
    if not all(isinstance(one, Mapping) for one in results):
        raise TrajectoryError(f"{where}: results is not a list of objects.")
    return Turn(
        role,
        text_of(entry.get("content")),
        tuple(
            WrittenCall(text_of(one.get("name")), one.get("arguments"), _str_or_none(one.get("id")))
            for one in calls
        ),
        tuple(_own_result(one) for one in results),
    )


def _own_result(written: JsonObject) -> ToolResult:
    status = written.get("status")
    return ToolResult(
        text=text_of(written.get("text")),
        is_error=written.get("is_error") is True,
        status=status if isinstance(status, int) and not isinstance(status, bool) else None,
        fault=_one_of(get_args(Fault), written.get("fault")),
        exception=_str_or_none(written.get("exception")),
    )


def _turn(role: str, entry: JsonObject) -> Turn:
    content = text_of(entry.get("content"))
    calls = _calls(entry.get("tool_calls"), content)
    return Turn(role, content, calls, results_of(entry.get("tool_response"), len(calls)))


def _calls(written: object, content: str) -> tuple[WrittenCall, ...]:
    if isinstance(written, str):  # the list as JSON text
        written = parse_json(written)
    if isinstance(written, Mapping):
        written = [written]
    if isinstance(written, list) and written:
        return tuple(read_call(one) for one in written)
    return find_calls(content)


def _add_result(turns: list[Turn], text: str) -> None:
    """Give a result that stands in a message of its own to the turn before it."""
    if turns:
        last = turns.pop()
        turns.append(
            Turn(last.role, last.content, last.tool_calls, (*last.results, result_of(text)))
        )


def _final_answer(record: JsonObject, turns: Sequence[Turn], source: str) -> str | None:
    said = record.get("final_answer")
    if isinstance(said, str):
        return said
    if _version(record, source) > 0 and "final_answer" in record:
        return None
    own = [turn for turn in turns if turn.role == "assistant"]
    if own and not own[-1].tool_calls:
        return answer_of(own[-1].content)
    if record.get("trajectory") is None:
        return None
    messages = _entries(record, "messages", source)  # the answer may stand there only
    if messages and messages[-1].get("role") == "assistant":
        last = _turn("assistant", messages[-1])
        return None if last.tool_calls else answer_of(last.content)
    return None


def _one_of(known: tuple[_T, ...], value: object) -> _T | None:
    return next((one for one in known if one == value), None)


def _str_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None
