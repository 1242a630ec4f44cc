"""Which sample of Inspect plays in which world, and the tools that it has there."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from inspect_ai.solver import TaskState
from inspect_ai.tool import Tool, ToolDef, ToolError, ToolParams

from awm.agents import EpisodeLimits, Heard, Said
from awm.agents.telling import in_brief, results_told
from awm.rollout.env import Env
from awm.serve.kept_lodging import KeptLodging
from awm.serve.offer import Offer
from awm.trajectory import WrittenCall
from awm.types import JsonObject, ToolCall, ToolSpec

__all__ = ["Seat", "Seats"]

_OVER: Final = "The episode is over."


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a sample is played.

    Attributes:
        env: Its environment.
        tools: What its model is given.
        names: What those are called.
    """

    env: Env
    tools: list[Tool]
    names: frozenset[str]


class Seats:
    """The worlds of samples that are under way.

    They are no part of a sample's state: that is written into logs.

    Args:
        offer: The worlds, and how their tasks are attempted.
        lodging: Where the worlds live.
        limits: When episodes end at the latest.
    """

    def __init__(self, offer: Offer, lodging: KeptLodging, limits: EpisodeLimits) -> None:
        self._offer = offer
        self._lodging = lodging
        self._limits = limits
        self._taken: dict[str, Seat] = {}

    def __len__(self) -> int:
        return len(self._taken)

    def of(self, state: TaskState) -> Seat | None:
        """That of a sample; None where it has none."""
        return self._taken.get(state.uuid)

    async def take(self, state: TaskState, seed: int) -> Seat:
        """Begin the episode of a sample.

        Args:
            state: The sample's. It is completed when the episode is over before its answer.
            seed: Of everything that is drawn.

        Raises:
            WorldError: The world does not come to life.
            InfrastructureError: No worker can be started.
        """
        where = state.metadata
        env = await self._offer.env(
            await self._lodging.here(), where["world"], where["task_idx"], self._limits
        )
        try:
            specs = (await env.reset(seed=seed)).tools
        except BaseException:
            await env.close()
            raise
        turn = _Turn(env, state, self._offer.longest)
        seat = Seat(
            env, [turn.tool(spec) for spec in specs], frozenset(spec.name for spec in specs)
        )
        self._taken[state.uuid] = seat
        return seat

    async def leave(self, state: TaskState) -> None:
        """Let go of the world of a sample, if it has one."""
        seat = self._taken.pop(state.uuid, None)
        if seat is not None:
            await seat.env.close()


class _Turn:
    """Whose turn it is in an environment: solvers may call tools side by side.

    Args:
        env: The environment.
        state: The sample's.
        longest: How many characters of a result are shown.
    """

    def __init__(self, env: Env, state: TaskState, longest: int) -> None:
        self._env = env
        self._state = state
        self._longest = longest
        self._lock = asyncio.Lock()

    def tool(self, spec: ToolSpec) -> Tool:
        """A tool as Inspect has it."""

        async def execute(**arguments: Any) -> str:
            return await self._call(ToolCall(spec.name, arguments))

        told = in_brief(spec)
        return ToolDef(
            execute,
            name=spec.name,
            description=told.description or spec.name,
            parameters=_parameters(told.input_schema),
            max_output=0,  # what is too long is shortened here, and the list of tools never is
        ).as_tool()

    async def _call(self, call: ToolCall) -> str:
        async with self._lock:
            if self._env.episode is not None:
                raise ToolError(_OVER)
            step = await self._env.step(call)
        if step.is_last:
            self._state.completed = True
        heard = Heard(step.observation.results, step.observation.turns_left)
        said = Said("", (WrittenCall(call.name, call.arguments),))
        text = "\n".join(results_told(said, heard, self._longest)) or _OVER
        if step.is_last or any(result.is_error for result in heard.results):
            raise ToolError(text)
        return text


def _parameters(schema: JsonObject) -> ToolParams:
    """The schema of a tool's arguments; Inspect wants to be told of each what it is."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(schema)))
    properties = plain.get("properties")
    for name, argument in (properties if isinstance(properties, Mapping) else {}).items():
        if not argument.get("description"):
            argument["description"] = name.replace("_", " ")
    return ToolParams.model_validate(plain)
