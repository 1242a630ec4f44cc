"""Rows of training material in files that `datasets` loads: JSONL and Parquet, written whole.

Rows are written as they come. A Parquet file has them in groups of some megabytes each.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final

from awm.errors import UsageError
from awm.whole import whole_file
from awm.worlds.holding import writing_to

__all__ = ["write_exported"]

_MESSAGES: Final = frozenset({"messages", "prompt", "completion", "chosen", "rejected"})
_NUMBERS: Final = frozenset({"reward", "chosen_reward", "rejected_reward"})
_COUNTS: Final = frozenset(
    {"task_idx", "rollout", "chosen_rollout", "rejected_rollout", "turn", "turns"}
)
_GROUP: Final = 16 << 20
"""How many bytes of JSON a group of rows takes in a Parquet file, or little more."""


def write_exported(
    rows: Iterable[Mapping[str, Any]], path: Path, *, overwrite: bool = False
) -> int:
    """Write rows; the name's ending says in which form, `.jsonl` or `.parquet`.

    Equal rows give equal files of the former kind. Half of a surrogate pair, which is no character,
    becomes a question mark.

    Args:
        rows: All with the same columns; each is let go when it is written.
        path: Where.
        overwrite: Whether a file that is there may be replaced.

    Returns:
        How many there are. Where that is none, no file is made.

    Raises:
        UsageError: The ending is another, a file is there already, or what writes Parquet is not
            installed.
        WorldFileError: Nothing can be written there.
        InfrastructureError: There is no room.
    """
    write = _writer_for(path)
    if path.exists() and not overwrite:
        raise UsageError(f"{path} is there already.", "Give another name, or --overwrite.")
    lines = (json.dumps(row, ensure_ascii=False).encode(errors="replace") for row in rows)
    first = next(lines, None)
    if first is None:
        return 0
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            return write(chain([first], lines), file)


def _writer_for(path: Path) -> Callable[[Iterable[bytes], BinaryIO], int]:
    """What writes rows, each as a line of JSON, and counts them."""
    if path.suffix == ".jsonl":
        return _write_lines
    if path.suffix != ".parquet":
        raise UsageError(f"{path} ends neither in .jsonl nor in .parquet.", "Name one that does.")
    try:
        return partial(_write_parquet, import_module("pyarrow"), import_module("pyarrow.parquet"))
    except ImportError as error:
        raise UsageError(
            "Parquet files take pyarrow, which is not installed.",
            "Run pip install 'awm[parquet]', or name a .jsonl file.",
        ) from error


def _write_lines(lines: Iterable[bytes], file: BinaryIO) -> int:
    count = 0
    for line in lines:
        file.write(line + b"\n")
        count += 1
    return count


def _write_parquet(arrow: Any, parquet: Any, lines: Iterable[bytes], file: BinaryIO) -> int:
    groups = _groups(lines)
    first = next(groups)  # there is a row
    schema = _schema(arrow, first[0])
    count = 0
    with parquet.ParquetWriter(file, schema) as writer:
        for rows in chain([first], groups):
            writer.write_table(arrow.Table.from_pylist(rows, schema=schema))
            count += len(rows)
    return count


def _groups(lines: Iterable[bytes]) -> Iterator[list[dict[str, Any]]]:
    """The rows, so many at a time as take one group's room."""
    group: list[dict[str, Any]] = []
    size = 0
    for line in lines:
        group.append(json.loads(line))
        size += len(line)
        if size >= _GROUP:
            yield group
            group, size = [], 0
    if group:
        yield group


def _schema(arrow: Any, row: Mapping[str, Any]) -> Any:
    """The types of the columns of such a row, even where all of them are empty."""
    text = arrow.string()
    function = arrow.struct([("name", text), ("arguments", text)])
    call = arrow.struct([("id", text), ("type", text), ("function", function)])
    message = arrow.struct(
        [
            ("role", text),
            ("content", text),
            ("tool_calls", arrow.list_(call)),
            ("tool_call_id", text),
        ]
    )
    types = {
        **dict.fromkeys(_MESSAGES, arrow.list_(message)),
        **dict.fromkeys(_NUMBERS, arrow.float64()),
        **dict.fromkeys(_COUNTS, arrow.int64()),
    }
    return arrow.schema([(name, types.get(name, text)) for name in row])
