"""Rows of training material in files that `datasets` loads: JSONL and Parquet, written whole.

Rows are written as they come. A Parquet file has them in groups of some megabytes each. Of JSONL
`datasets` takes the columns and the keys of messages from the first megabytes, and fails at a row
further down that has more, such as the first call of a tool; an empty value in its place says
nothing of its type and does not help. So such rows come first.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias

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
_HEAD: Final = 1 << 20
"""How far into a file of lines a row may show something that none before it had, in bytes.

`datasets` looks at the first 10 MiB (`JsonConfig.chunksize`), before which rows may be put.
"""
_MOVED: Final = 1 << 20


def write_exported(
    rows: Iterable[Mapping[str, Any]], path: Path, *, overwrite: bool = False
) -> int:
    """Write rows; the name's ending says in which form, `.jsonl` or `.parquet`.

    Equal rows give equal files of the former kind. They stand in it as they come, but for the few
    that are the first to hold something and come late: these are put before the others. Half of a
    surrogate pair, which is no character, becomes a question mark.

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
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return 0
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as file:
            return write(chain([first], rows), file)


_Rows: TypeAlias = Iterable[Mapping[str, Any]]


def _writer_for(path: Path) -> Callable[[_Rows, BinaryIO], int]:
    """What writes rows, and counts them."""
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


def _line(row: Mapping[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode(errors="replace")


def _write_lines(rows: _Rows, file: BinaryIO) -> int:
    count = size = 0
    shown: set[str] = set()
    late: list[bytes] = []
    for row in rows:
        count += 1
        line = _line(row) + b"\n"
        new = {*_filled(row)} - shown
        shown |= new
        if new and size >= _HEAD:
            late.append(line)
        else:
            size += file.write(line)
    if late:
        _put_first(b"".join(late), file, size)
    return count


def _filled(value: object, place: str = "") -> Iterator[str]:
    """The places in a row that hold something, as all rows name them."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _filled(part, f"{place}/{key}")
    elif isinstance(value, list):
        for part in value:
            yield from _filled(part, f"{place}/")
    elif value is not None:
        yield place


def _put_first(head: bytes, file: BinaryIO, size: int) -> None:
    """Put something before what a file holds, which is moved piece by piece, the last one first."""
    file.flush()
    with Path(file.name).open("rb") as written:
        for start in reversed(range(0, size, _MOVED)):
            written.seek(start)
            piece = written.read(_MOVED)
            file.seek(start + len(head))
            file.write(piece)
            file.flush()
    file.seek(0)
    file.write(head)


def _write_parquet(arrow: Any, parquet: Any, rows: _Rows, file: BinaryIO) -> int:
    groups = _groups(rows)
    first = next(groups)  # there is a row
    schema = _schema(arrow, first[0])
    count = 0
    with parquet.ParquetWriter(file, schema) as writer:
        for group in chain([first], groups):
            writer.write_table(arrow.Table.from_pylist(group, schema=schema))
            count += len(group)
    return count


def _groups(rows: _Rows) -> Iterator[list[dict[str, Any]]]:
    """The rows, so many at a time as take one group's room."""
    group: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        line = _line(row)
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
