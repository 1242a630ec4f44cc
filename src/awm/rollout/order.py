"""What was ordered: everything that the episodes of an evaluation depend on.

Two runs of one order give the same files, so an evaluation that was stopped goes on only under the
order that it was begun with.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from awm.errors import UsageError
from awm.rollout.conditions import Conditions
from awm.rollout.facts import TaskFacts
from awm.rollout.job import Job
from awm.rollout.selection import TaskSelection, task_facts
from awm.types import JsonObject
from awm.worlds import World, WorldFile
from awm.worlds.image import read_world_image

__all__ = ["VERSION", "differences", "digest_of", "facts_in", "jobs_in", "order_of"]

VERSION: Final = 1
"""Raised whenever the same order would give other episodes, so that two halves never get mixed."""

_NOT_PLAYED: Final = frozenset({WorldFile.SPEC})
"""What neither an agent nor a verifier meets."""

_NOTHING: Final = "(nothing)"
_SHOWN: Final = 120


def order_of(
    worlds: Mapping[str, World],
    jobs: Sequence[Job],
    *,
    policy: JsonObject,
    conditions: Conditions,
    selection: TaskSelection,
    grading: JsonObject,
) -> dict[str, Any]:
    """An order as a JSON object, the content of `evaluation.json`.

    Each world is read once.

    Args:
        worlds: By name.
        jobs: The attempts to make, as `jobs_of` gives them.
        policy: Who acts: `name`, and whatever else decides what is said, such as the model, its
            format and its temperature. Nothing secret, and nothing of the machine.
        conditions: Under which attempts are made.
        selection: How the tasks were chosen.
        grading: How attempts are graded: `mode`, and who judges.

    Raises:
        UsageError: There are no attempts to make, or a part is no JSON.
        WorldError: A world cannot be read.
    """
    if not jobs:
        raise UsageError("there is nothing to evaluate.", "Choose at least one task.")
    numbers: dict[str, dict[int, None]] = {}
    for job in jobs:
        numbers.setdefault(job.world, {})[job.task_idx] = None
    digests: dict[str, str] = {}
    tasks: list[dict[str, Any]] = []
    for name, chosen in numbers.items():
        world = worlds[name]
        digests[name] = digest_of(world)
        tasks += (_task(world, number) for number in chosen)
    order = {
        "version": VERSION,
        "policy": policy,
        "conditions": _conditions_json(conditions),
        "grading": grading,
        "rollouts": 1 + max(job.rollout for job in jobs),
        "seed": conditions.seed,
        "selection": selection.to_json(),
        "worlds": digests,
        "tasks": tasks,
    }
    return _as_json(order)


def digest_of(world: World) -> str:
    """A hash of all of a world that can decide what an episode in it comes to, hexadecimal.

    Raises:
        WorldFileError: Its database file cannot be read, or is not complete.
    """
    total = hashlib.sha256()
    for part, rows in world.records.items():
        if part not in _NOT_PLAYED:
            text = json.dumps([part.value, rows], sort_keys=True, default=str)
            total.update(text.encode())
    if world.database_file is not None:
        total.update(read_world_image(world))
    return total.hexdigest()


def jobs_in(order: JsonObject) -> tuple[Job, ...]:
    """The attempts that an order is for, in their order.

    Raises:
        KeyError, TypeError: It is no order.
    """
    tasks = [(task["world"], task["task_idx"]) for task in order["tasks"]]
    return tuple(Job(*task, rollout) for task in tasks for rollout in range(order["rollouts"]))


def facts_in(order: JsonObject) -> dict[tuple[str, int], TaskFacts]:
    """What an order says about its tasks.

    Raises:
        KeyError, TypeError: It is no order.
    """
    return {
        (task["world"], task["task_idx"]): TaskFacts(
            difficulty=task["difficulty"],
            kind=task["kind"],
            tags=tuple(task["tags"]),
            category=task["category"],
            oracle_calls=task["oracle_calls"],
        )
        for task in order["tasks"]
    }


def differences(one: JsonObject, other: JsonObject) -> tuple[str, ...]:
    """In what two orders differ, in words, such as `conditions.limits.turns: 20, not 30`."""
    return tuple(_differing(one, other, ""))


def _differing(one: object, other: object, place: str) -> Sequence[str]:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        keys = dict.fromkeys((*one, *other))
        return [
            what
            for key in keys
            for what in _differing(
                one.get(key, _NOTHING), other.get(key, _NOTHING), f"{place}.{key}".strip(".")
            )
        ]
    if one == other:
        return ()
    return (f"{place}: {_short(other)}, not {_short(one)}",)


def _short(value: object) -> str:
    text = repr(value)
    if len(text) <= _SHOWN:
        return text
    return f"{len(value)} others" if isinstance(value, list) else f"{text[: _SHOWN - 3]}..."


def _task(world: World, number: int) -> dict[str, Any]:
    return {"world": world.name, "task_idx": number, **asdict(task_facts(world, number))}


def _conditions_json(conditions: Conditions) -> dict[str, Any]:
    return {
        "limits": asdict(conditions.limits),
        "meta_tools": conditions.meta_tools,
        "strict": conditions.strict,
        "thinking": conditions.thinking,
        "scheme": conditions.scheme.to_json(),
    }


def _as_json(order: Mapping[str, Any]) -> dict[str, Any]:
    """The order as it will be read again: tuples have become lists."""
    try:
        read: dict[str, Any] = json.loads(json.dumps(order, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise UsageError(f"an order for an evaluation is not JSON: {error}.") from error
    return read
