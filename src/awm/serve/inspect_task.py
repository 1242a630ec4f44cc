"""Tasks of worlds for Inspect AI (https://inspect.aisi.org.uk).

    inspect eval awm/worlds -T worlds=outputs -T split=test --model openai/gpt-4.1
    inspect eval awm/worlds --model awm-oracle/bundled

A sample is an episode of `awm.rollout.env`: its setup opens a world and gives the model the tools,
whatever solver there is acts, and the scorer grades what that came to. Inspect's own limits hold.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Final

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessage, ChatMessageSystem, ChatMessageTool, ChatMessageUser
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, generate, solver

from awm.agents import EpisodeLimits
from awm.rollout.env_types import Answer
from awm.rollout.episode import Episode
from awm.serve.inspect_oracle import awm_oracle
from awm.serve.inspect_seats import Seat, Seats
from awm.serve.offer import OfferedTask, open_offer, selection_of

__all__ = ["awm_oracle", "in_world", "verified", "worlds"]

_NOBODY: Final = "The world in which the sample was played is not there any more."


@task
def worlds(  # noqa: PLR0913 - what is said by name is optional
    worlds: str = "bundled",
    *,
    split: str = "all",
    names: str | Sequence[str] | None = None,
    difficulty: int | Sequence[int] = (),
    kinds: str | Sequence[str] | None = None,
    reward: str | Mapping[str, float] = "paper",
    tools: str = "direct",
    seed: int = 0,
    system_message: str | None = None,
    turns: int = 30,
    live_worlds: int | None = None,
) -> Task:
    """The tasks of a folder of worlds.

    Args:
        worlds: A folder in the AWM layout, or `bundled`.
        split: Which side: `train`, `validation`, `test`, or `all` of them.
        names: Tasks of these worlds only.
        difficulty: Tasks as hard as one of these only.
        kinds: Tasks of these kinds only.
        reward: What outcomes are paid: `paper`, `openenv`, `binary`, or a table by type.
        tools: `direct`: models are given the world's own tools; `meta`: `list_tools` and
            `call_tool`.
        seed: What the dice of worlds are thrown by; later epochs throw others.
        system_message: What models are told first; the rules that `awm eval` tells them if None.
        turns: How often a model may reply; `--turn-limit` says otherwise.
        live_worlds: How many worlds have a process at once, while the others rest; as many as there
            is memory for if None.

    Raises:
        UsageError: There is no such split, scheme or choice of tools, or no such task; or no world
            may be alive.
        WorldError: The folder or a world is not there, or cannot be read.
    """
    offer = open_offer(worlds, reward=reward, tools=tools)
    tasks = offer.tasks(selection_of(split, names=names, difficulty=difficulty, kinds=kinds))
    limits = EpisodeLimits(turns=sys.maxsize, missteps=sys.maxsize)  # Inspect has its own
    seats = Seats(offer, offer.kept(live_worlds), limits)
    return Task(
        dataset=MemoryDataset([_sample(each, system_message) for each in tasks]),
        setup=in_world(seats, seed),
        solver=generate(),
        cleanup=seats.leave,
        scorer=verified(seats),
        turn_limit=turns,
        fail_on_error=False,  # one lost world is no reason to lose the others' samples
    )


@solver
def in_world(seats: Seats, seed: int) -> Solver:
    """Opens a sample's world, and gives the model its tools.

    Args:
        seats: Who has which world.
        seed: Of the first epoch.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:  # noqa: ARG001 - a solver's
        seat = await seats.take(state, seed + state.epoch - 1)
        state.tools = seat.tools
        return state

    return solve


@scorer(metrics={"*": [mean(), stderr()]})
def verified(seats: Seats | str) -> Scorer:
    """Says what an episode was worth: its reward, whether the task was done, and what it took.

    Args:
        seats: Who has which world. Logs hold no more of it than a name: by whoever scores a log
            anew, nobody can be asked.
    """

    async def score(state: TaskState, target: Target) -> Score:  # noqa: ARG001 - a scorer's
        seat = None if isinstance(seats, str) else seats.of(state)
        if seat is None:
            return Score.unscored(reason="scoring_failed", explanation=_NOBODY)
        answer = _answer(state, seat)
        if seat.env.episode is None:
            await seat.env.step(Answer(answer))
        episode = seat.env.episode
        assert episode is not None  # it ends with its answer
        return _score(episode, answer, state.messages)

    return score


def _sample(offered: OfferedTask, system_message: str | None) -> Sample:
    rules = offered.rules if system_message is None else system_message
    told: list[ChatMessage] = [ChatMessageSystem(content=rules)] if rules else []
    return Sample(
        id=offered.name,
        input=[*told, ChatMessageUser(content=offered.sentence)],
        metadata={
            "world": offered.world,
            "task_idx": offered.task_idx,
            "difficulty": offered.facts.difficulty,
            "kind": offered.facts.kind,
            "tags": list(offered.facts.tags),
        },
    )


def _answer(state: TaskState, seat: Seat) -> str:
    """What the model said in the end; nothing where a limit came between it and its calls."""
    said = state.output
    called = (said.message.tool_calls or ()) if said.choices else ()
    return "" if any(call.function in seat.names for call in called) else said.completion


def _score(episode: Episode, answer: str, messages: Sequence[ChatMessage]) -> Score:
    metadata = {
        "outcome": episode.outcome,
        "seed": episode.seed,
        "reward": episode.reward.to_json(),
        "failed_calls": episode.counts.failed,
    }
    reward = episode.reward.total
    if reward is None:
        return Score.unscored(
            reason="scoring_failed", answer=answer, explanation=episode.reason, metadata=metadata
        )
    return Score(
        value={
            "reward": reward,
            "success": float(episode.outcome == "complete"),
            "turns": sum(message.role == "assistant" for message in messages),
            "calls": episode.counts.calls,
            "invalid_calls": episode.counts.invalid + sum(map(_is_refused, messages)),
        },
        answer=answer,
        explanation=episode.reason,
        metadata=metadata,
    )


def _is_refused(message: ChatMessage) -> bool:
    """Whether Inspect kept a call from the world: no such tool, or not as its schema has it."""
    return (
        isinstance(message, ChatMessageTool)
        and message.error is not None
        and message.error.type == "parsing"
    )
