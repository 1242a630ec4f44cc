"""What agents without a mind achieve in worlds: proof that tasks can be solved, and not by luck.

The oracle has to solve every task. An agent that calls tools at random, and one that does nothing,
should solve hardly any: whatever they solve teaches nobody anything.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from awm.audit.arguments import ArgumentMaker
from awm.audit.hints import Scalar, add_hints, hints_in_answer, hints_in_rows
from awm.runtime import Instance, Runtime, VerifierPool
from awm.types import ToolCall
from awm.verify.programs import attempt_in, run_verifier
from awm.verify.verdict import Verdict
from awm.worlds import VerifierProgram, World

__all__ = ["PLAYERS", "Played", "Player", "play_world"]

Player: TypeAlias = Literal["oracle", "random", "nothing"]
PLAYERS: Final[tuple[Player, ...]] = ("oracle", "random", "nothing")

_LEAST_CALLS: Final = 12
_IDLE: Final = "I could not do that, and nothing was changed."


@dataclass(frozen=True, slots=True)
class Played:
    """One attempt at a task.

    Attributes:
        world: The world's name.
        task_idx: The task's number.
        player: Who tried.
        solved: Whether the verifier says so; None where it could not tell.
        calls: How many calls were made.
        errors: How many of them were answered with an error.
    """

    world: str
    task_idx: int
    player: Player
    solved: bool | None
    calls: int
    errors: int


async def play_world(
    world: World,
    runtime: Runtime,
    pool: VerifierPool,
    players: Sequence[Player] = PLAYERS,
    *,
    seed: int = 0,
    done: Callable[[Played], None] = lambda _played: None,
) -> list[Played]:
    """Have players try every task of a world that has an oracle and a deciding verifier, at once.

    Args:
        world: The world.
        runtime: Where it is alive.
        pool: Where verifiers run.
        players: Who plays.
        seed: What the random player's choices are derived from.
        done: Told of each attempt.

    Raises:
        WorldError: It does not come to life.
        InfrastructureError: The machinery failed.
    """
    programs = {p.task_idx: p for p in world.verifiers if p.mode == "code"}
    tasks = sorted(programs.keys() & world.oracles.keys())

    async def attempt(task_idx: int, player: Player) -> Played:
        async with _instance(runtime, world) as instance:
            played = await _play(
                instance, world, task_idx, player, programs[task_idx], pool, runtime, seed
            )
            done(played)
            return played

    return list(
        await asyncio.gather(*(attempt(idx, player) for player in players for idx in tasks))
    )


@asynccontextmanager
async def _instance(runtime: Runtime, world: World) -> AsyncIterator[Instance]:
    async with await runtime.launch(world) as instance:
        yield instance


async def _play(  # noqa: PLR0913, PLR0917 - each is something else
    instance: Instance,
    world: World,
    task_idx: int,
    player: Player,
    program: VerifierProgram,
    pool: VerifierPool,
    runtime: Runtime,
    seed: int,
) -> Played:
    solution = world.oracles[task_idx].solution
    calls: Sequence[ToolCall] = ()
    answer: str | None = _IDLE
    errors = 0
    if player == "oracle":
        calls, answer = solution.calls, solution.answer
        for call in calls:
            errors += (await instance.call_tool(call.name, call.arguments)).is_error
        made = len(calls)
    elif player == "random":
        dice = random.Random(f"{seed} {world.name} {task_idx}")  # noqa: S311 - reproducible
        made = max(_LEAST_CALLS, len(solution.calls))
        errors, answer = await _wander(instance, world, runtime, dice, made)
    else:
        made = 0
    verdict = await run_verifier(pool, program, await attempt_in(instance, world, task_idx, answer))
    return Played(world.name, task_idx, player, _solved(verdict), made, errors)


def _solved(verdict: Verdict) -> bool | None:
    return None if verdict.error is not None else verdict.outcome == "complete"


async def _wander(
    instance: Instance, world: World, runtime: Runtime, dice: random.Random, calls: int
) -> tuple[int, str | None]:
    """Call tools at random with arguments that fit, as far as the rows tell which do.

    Returns:
        How many calls failed, and something that was read on the way, as an answer.
    """
    template = instance.world.template
    rows = await runtime.examiner.compare(world.name, b"", template)
    hints: dict[str, list[Scalar]] = {k: list(v) for k, v in hints_in_rows(rows).items()}
    makers = {
        tool.name: ArgumentMaker(tool.input_schema, dice, world.clock)
        for tool in instance.world.tools
    }
    errors = 0
    read: list[str] = []
    for _ in range(calls):
        name = dice.choice(list(makers))
        result = await instance.call_tool(name, makers[name].ordinary(hints).arguments)
        errors += result.is_error
        if not result.is_error:
            found = hints_in_answer(result.text)
            add_hints(hints, found)
            read += [str(value) for values in found.values() for value in values]
    return errors, dice.choice(read) if read else None
