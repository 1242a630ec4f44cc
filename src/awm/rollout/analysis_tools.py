"""The tools that agents were told of before they began, in a file of an evaluation's folder.

    tools.jsonl       a line for each world: its digest, and its tools as agents are told them

What an agent was shown decides whether it made an identifier up, and examples and defaults of tools
are shown to it too. Where it acts through `list_tools` its record has them, and there is no such
file; otherwise they stand in no record, and are kept here once for all episodes of a world.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from awm.agents.telling import in_brief
from awm.errors import TrajectoryError, WorldError
from awm.rollout.job_lines import line_of
from awm.rollout.store import TOOLS
from awm.runtime import Runtime
from awm.types import JsonObject, ToolSpec
from awm.whole import write_whole
from awm.worlds import World
from awm.worlds.holding import writing_to

__all__ = ["TOOLS", "keep_tools", "told_before"]


async def keep_tools(
    folder: Path,
    order: JsonObject,
    known: Mapping[str, Sequence[ToolSpec]],
    worlds: Mapping[str, World],
    runtime: Runtime,
) -> None:
    """Keep the tools of all worlds that were ordered; nothing where the records have them.

    Args:
        folder: Of the evaluation.
        order: What was ordered.
        known: The tools of worlds, by the world's name, as far as they are known already.
        worlds: Where the others are. One that does not come to life is left out.
        runtime: Where they come to life.

    Raises:
        TrajectoryError: What is there already cannot be read.
        InfrastructureError: No world can be brought to life, or there is no room for the file.
        WorldFileError: It cannot be written.
    """
    if _are_in_records(order):
        return
    lines = _read(folder / TOOLS)
    for name, digest in order["worlds"].items():
        if lines.get(name, {}).get("digest") == digest:
            continue
        try:
            tools = known.get(name) or (await runtime.prepare(worlds[name])).tools
        except WorldError:
            continue
        told = [asdict(in_brief(tool)) for tool in tools]
        lines[name] = {"world": name, "digest": digest, "tools": told}
    content = b"".join(line_of(lines[name]) + b"\n" for name in order["worlds"] if name in lines)
    with writing_to(folder):
        write_whole(folder / TOOLS, content)


def told_before(folder: Path, order: JsonObject) -> Callable[[str], str | None]:
    """What agents were told before they began that stands in no record, by the world's name.

    Args:
        folder: Of an evaluation.
        order: What was ordered.

    Returns:
        A function that answers None of a world whose tools nobody kept.

    Raises:
        TrajectoryError: The file cannot be read.
    """
    if _are_in_records(order):
        return lambda _world: ""
    lines, digests = _read(folder / TOOLS), order.get("worlds") or {}

    @cache
    def told(world: str) -> str | None:
        line = lines.get(world, {})
        is_same = world in digests and line.get("digest") == digests[world]
        return json.dumps(line.get("tools"), ensure_ascii=False) if is_same else None

    return told


def _are_in_records(order: JsonObject) -> bool:
    return bool((order.get("conditions") or {}).get("meta_tools"))


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """The lines of the file by the name of their world; none where there is no file."""
    try:
        lines = [json.loads(line) for line in path.read_bytes().splitlines()]
        return {line["world"]: line for line in lines}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise TrajectoryError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise TrajectoryError(
            f"{path} holds no tools of worlds.", "Remove it: it is made again."
        ) from error
