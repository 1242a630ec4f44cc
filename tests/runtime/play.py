"""Plays forty calls in a world, in a process of its own, on a day of its own.

Run as `python -m tests.runtime.play PICKLED_WORLD SECONDS`: the gateway's clock is shifted by so
many seconds. Prints what was answered and the state hashes as one JSON object.
"""

import hashlib
import json
import pickle
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import time_machine

from awm.runtime import Limits, SyncRuntime
from awm.worlds import World

_PLAUSIBLE: dict[str, tuple[Any, ...]] = {
    "integer": (1, 2, 3, 4, 5, 6),
    "number": (1.0, 12.5, 99.99),
    "boolean": (True, False),
    "string": ("a note", "x", "2026-03-01", "user@example.com", "active"),
}
_WRONG: tuple[Any, ...] = ("", "no number", -1, 10**9, 1.5, True, None, [], {"a": 1}, "é\u2028漢")


def forty_calls(tools: Sequence[tuple[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Calls made up from (name, input schema) pairs: two of three valid as far as one can tell."""
    dice = random.Random(40)
    for number in range(40):
        name, schema = dice.choice(tools)
        arguments = {}
        for key, kind in schema.get("properties", {}).items():
            if key in schema.get("required", ()) or dice.random() < 0.4:
                arguments[key] = _value(dice, kind)
        if number % 3 == 2 and arguments:
            spoiled = dice.choice(list(arguments))
            if dice.random() < 0.4:
                del arguments[spoiled]
            else:
                arguments[spoiled] = dice.choice(_WRONG)
        yield name, arguments


def _value(dice: random.Random, schema: Any) -> Any:
    if "enum" in schema:
        return dice.choice(schema["enum"])
    if "default" in schema and dice.random() < 0.3:
        return schema["default"]
    kind = schema.get("type")
    if kind == "array":
        return [_value(dice, schema.get("items", {})) for _ in range(dice.randint(0, 2))]
    if kind == "object":
        return {key: _value(dice, part) for key, part in schema.get("properties", {}).items()}
    return dice.choice(_PLAUSIBLE.get(kind, _PLAUSIBLE["string"]))


def main(pickled: str, shift: float) -> None:
    world: World = pickle.loads(Path(pickled).read_bytes())
    responses, hashes, failed = [], [], []
    with (
        time_machine.travel(time.time() + shift, tick=True),
        SyncRuntime(limits=Limits(call_seconds=5.0)) as runtime,
        runtime.launch(world, seed=7) as instance,
    ):
        tools = [(tool.name, tool.input_schema) for tool in instance.list_tools()]
        listed = hashlib.sha256(json.dumps(tools).encode()).hexdigest()
        for number, (name, arguments) in enumerate(forty_calls(tools)):
            result = instance.call_tool(name, arguments)
            responses.append(hashlib.sha256(repr(result).encode()).hexdigest())
            failed.append(result.is_error)
            if number % 10 == 9:
                hashes.append(instance.state_hash())
            if number == 20 and shift:
                time.sleep(1.02 - time.time() % 1)  # a real clock that leaked in would show
    json.dump({"tools": listed, "responses": responses, "failed": failed, "hashes": hashes},
              sys.stdout)  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
