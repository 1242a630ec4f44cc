"""What an environment has to offer to be checked, and what is tried in one."""

import json
import math
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias, cast

from awm.agents import Assignment, Heard, Said
from awm.audit.arguments import valid_arguments
from awm.audit.hints import Scalar, add_hints, hints_in_answer
from awm.rollout.env_types import Action, Answer, Checkpoint, Observation, Step
from awm.rollout.episode import Episode
from awm.rollout.policies import oracle_policy
from awm.trajectory import CALL_TOOL, LIST_TOOLS, TOOL_PREFIX, Trajectory
from awm.types import JsonObject, ToolCall, ToolSpec
from awm.worlds import World

__all__ = ["EnvContract", "EnvFactory", "slips", "solving", "sound_calls"]

_LISTED: Final = re.compile(
    rf"{TOOL_PREFIX}(\w+)(?:(?!{TOOL_PREFIX}).)*?Arguments: (\{{[^\n]*\}})", re.DOTALL
)
"""How `list_tools` writes a tool: its name, and after its description its schema as one line."""
_MOST_CALLS: Final = 10
_MANY: Final = 1_000
_DEEP: Final = 100_000
_NO_OBJECTS: Final[tuple[object, ...]] = ([], 3, "no JSON", None, True, [{}], math.nan)
_LONG: Final = "a" * 10_000_000


class EnvContract(Protocol):
    """An environment (see `awm.rollout.Env`)."""

    async def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> Observation:
        """Begin an episode."""
        ...

    async def step(self, action: Action) -> Step:
        """Have the agent act."""
        ...

    async def checkpoint(self) -> Checkpoint:
        """The episode as it stands."""
        ...

    async def restore(self, checkpoint: Checkpoint) -> Observation:
        """Go back to where an episode stood."""
        ...

    async def fork(self) -> "EnvContract":
        """A twin with the same history and a life of its own."""
        ...

    async def close(self) -> None:
        """Let go of everything."""
        ...

    @property
    def trajectory(self) -> Trajectory:
        """What was said and done so far."""
        ...

    @property
    def episode(self) -> Episode | None:
        """The record of the episode; None until it is over."""
        ...


EnvFactory: TypeAlias = Callable[[], EnvContract]
"""Makes a new environment each time, of the same task under the same conditions."""


async def sound_calls(env: EnvContract, seed: int) -> tuple[ToolCall, ...]:
    """Some calls that fit what the environment says of its tools, about what it answered before.

    Args:
        env: Nobody else may use it; it is reset.
        seed: Of what is drawn.
    """
    tools: Sequence[ToolSpec] = (await env.reset(seed=seed)).tools
    calls: list[ToolCall] = []
    meta = {tool.name for tool in tools} == {LIST_TOOLS, CALL_TOOL}
    if meta:
        calls.append(ToolCall(LIST_TOOLS, {}))
        shown = (await env.step(calls[0])).observation.text
        tools = [ToolSpec(name, "", _schema(text)) for name, text in _LISTED.findall(shown)]
    dice = random.Random(seed)  # noqa: S311 - what is tried is no secret
    hints: dict[str, list[Scalar]] = {}
    for tool in _tried(tools, dice):
        call = ToolCall(tool.name, valid_arguments(tool.input_schema, dice, hints))
        calls.append(_through_meta(call) if meta else call)
        step = await env.step(calls[-1])
        if step.is_last:
            break
        add_hints(hints, hints_in_answer(step.observation.text))
    return tuple(calls)


async def solving(env: EnvContract, seed: int, world: World) -> tuple[Said, ...]:
    """What solves the environment's task, as its oracle does; nothing where it has none.

    Args:
        env: Nobody else may use it; it is reset.
        seed: With which it is reset.
        world: The task's world.
    """
    seen = await env.reset(seed=seed)
    task_idx = env.trajectory.task_idx
    if task_idx not in world.oracles:
        return ()
    assignment = Assignment(world.name, task_idx, seen.instruction)
    actor = oracle_policy({world.name: world}).actor(assignment, seen.tools, seed)
    heard = Heard((), seen.turns_left)  # an oracle does not listen
    said = [await actor.speak(heard)]
    while said[-1].answer is None:
        said.append(await actor.speak(heard))
    return tuple(said)


def slips(sound: ToolCall) -> Iterator[tuple[str, Action]]:
    """What agents come up with that is not as it should be.

    Args:
        sound: A call that is.

    Yields:
        What is wrong, and the action.
    """
    yield "a tool that is not there", ToolCall("no_such_tool", {})
    yield "a tool without a name", ToolCall("", {})
    yield "a name with a NUL and half a character", ToolCall("\0\ud800", {})
    for wrong in _NO_OBJECTS:
        yield f"arguments that are {wrong!r}", ToolCall(sound.name, cast("JsonObject", wrong))
    yield "an argument that is no JSON", _with(sound, {"x": {1, 2}})
    yield "an argument that is not a number", _with(sound, {"x": math.nan})
    yield "an argument of 10 MB", _with(sound, {"x": _LONG})
    yield "an argument with half a character", _with(sound, {"x": "\ud800\0"})
    yield "an argument that is nested deeply", _with(sound, {"x": _nested(_DEEP)})
    if sound.name == CALL_TOOL:
        for wrong in _NO_OBJECTS:
            yield f"inner arguments that are {wrong!r}", _with(sound, wrong)
        yield "no inner tool", ToolCall(CALL_TOOL, {"tool_name": "no_such_tool", "arguments": {}})
        yield (
            "an inner tool of 10 MB",
            ToolCall(CALL_TOOL, {"tool_name": _LONG, "arguments": _LONG}),
        )
        yield "nothing for call_tool", ToolCall(CALL_TOOL, {})
    yield "many calls at once", (ToolCall("no_such_tool", {}),) * _MANY
    yield "nothing", ""
    yield "a call that breaks off", '<tool_call>{"name": "'
    yield "a call that is no call", "<tool_call>[[]]</tool_call>"
    yield "a call that is nested deeply", f"<tool_call>{'[' * _DEEP}"
    yield "a thought that breaks off", "<think>What if"
    yield "a reply of 10 MB", _LONG
    yield "an answer of 10 MB", Answer(_LONG)
    yield "an answer with half a character", Answer("\ud800\0")


def _tried(tools: Sequence[ToolSpec], dice: random.Random) -> list[ToolSpec]:
    """Some of the tools, those first that ask for the least."""
    drawn = dice.sample(tools, min(_MOST_CALLS, len(tools)))
    return sorted(drawn, key=lambda tool: len(tool.input_schema.get("required") or ()))


def _with(call: ToolCall, arguments: object) -> ToolCall:
    """The call with other arguments, sound or not."""
    given = cast("JsonObject", arguments)
    if call.name != CALL_TOOL:
        return ToolCall(call.name, given)
    return ToolCall(CALL_TOOL, {**call.arguments, "arguments": given})


def _through_meta(call: ToolCall) -> ToolCall:
    return ToolCall(
        CALL_TOOL, {"tool_name": f"{TOOL_PREFIX}{call.name}", "arguments": call.arguments}
    )


def _schema(text: str) -> JsonObject:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}


def _nested(depth: int) -> object:
    value: object = 0
    for _ in range(depth):
        value = [value]
    return value
