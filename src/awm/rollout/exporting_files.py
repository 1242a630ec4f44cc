"""Rows of training material in files that `datasets` loads: JSONL and Parquet, written whole."""

import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from awm.errors import UsageError
from awm.whole import write_whole
from awm.worlds.holding import writing_to

__all__ = ["write_exported"]

_MESSAGES: Final = frozenset({"messages", "prompt", "completion", "chosen", "rejected"})
_NUMBERS: Final = frozenset({"reward", "chosen_reward", "rejected_reward"})
_COUNTS: Final = frozenset(
    {"task_idx", "rollout", "chosen_rollout", "rejected_rollout", "turn", "turns"}
)


def write_exported(
    rows: Sequence[Mapping[str, Any]], path: Path, *, overwrite: bool = False
) -> None:
    """Write rows; the name's ending says in which form, `.jsonl` or `.parquet`.

    Equal rows give equal files of the former kind. Half of a surrogate pair, which is no character,
    becomes a question mark.

    Args:
        rows: At least one, all with the same columns.
        path: Where.
        overwrite: Whether a file that is there may be replaced.

    Raises:
        UsageError: There are no rows, the ending is another, a file is there already, or what
            writes Parquet is not installed.
        WorldFileError: Nothing can be written there.
        InfrastructureError: There is no room.
    """
    if not rows:
        raise UsageError("no episode is fit to be exported.", "Ask for less of them.")
    lines = [json.dumps(row, ensure_ascii=False).encode(errors="replace") for row in rows]
    if path.suffix == ".jsonl":
        content = b"".join(line + b"\n" for line in lines)
    elif path.suffix == ".parquet":
        content = _parquet([json.loads(line) for line in lines])
    else:
        raise UsageError(f"{path} ends neither in .jsonl nor in .parquet.", "Name one that does.")
    if path.exists() and not overwrite:
        raise UsageError(f"{path} is there already.", "Give another name, or --overwrite.")
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)


def _parquet(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as a Parquet file; columns have their types even where all of them are empty."""
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError as error:
        raise UsageError(
            "Parquet files take pyarrow, which is not installed.",
            "Run pip install 'awm[parquet]', or name a .jsonl file.",
        ) from error
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
    schema = arrow.schema([(name, types.get(name, text)) for name in rows[0]])
    sink = arrow.BufferOutputStream()
    parquet.write_table(arrow.Table.from_pylist(list(rows), schema=schema), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content
