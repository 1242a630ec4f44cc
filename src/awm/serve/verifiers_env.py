"""Tasks of worlds as an environment of `verifiers` (https://github.com/PrimeIntellect-ai/verifiers).

`awm_worlds` is the name under which its commands find this:

    vf-eval awm_worlds -a '{"worlds": "outputs", "split": "test"}'

Rollouts are episodes of `awm.rollout.env`: their turns are limited, graded and paid there.
"""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import verifiers as vf
from datasets import Dataset

from awm.agents import EpisodeLimits
from awm.agents.telling import in_brief
from awm.errors import AwmError
from awm.rollout.env import Env
from awm.rollout.env_types import Action, Answer, Step
from awm.rollout.selection import TaskSelection
from awm.serve.kept_lodging import KeptLodging
from awm.serve.offer import Offer, OfferedTask, open_offer, selection_of
from awm.serve.verifiers_messages import reply_in, told_of
from awm.serve.verifiers_rubric import RECORD, EpisodeRubric, record_of

__all__ = ["AwmEnv", "load_environment"]

_ENV: Final = "awm_env"
"""Where the state of a rollout has its environment while it lasts."""
_TOO_LATE: Final = "The time of the rollout was over before its world was there."


class AwmEnv(vf.MultiTurnEnv):  # type: ignore[misc]  # verifiers tells no types
    """An environment of many worlds: each row of its data set is a task of one of them.

    What cannot be scored is a `vf.InfraError` of its rollout, and never only a reward of 0.

    Args:
        offer: The worlds, and how their tasks are attempted.
        lodging: Where the worlds live.
        train: Which tasks are trained on.
        evaluated: Which tasks are evaluated.
        seed: What the dice of worlds are thrown by. All rollouts of a task find the same ones.
        system_prompt: What models are told first; the rules that `awm eval` tells them if None.
        max_turns: How often a model may reply.
        timeout_seconds: How long a rollout may take; None for any time.
    """

    def __init__(  # noqa: PLR0913 - what is said by name is optional
        self,
        offer: Offer,
        lodging: KeptLodging,
        *,
        train: TaskSelection,
        evaluated: TaskSelection,
        seed: int = 0,
        system_prompt: str | None = None,
        max_turns: int = 30,
        timeout_seconds: float | None = None,
    ) -> None:
        self.offer = offer
        self.seed = seed
        self._lodging = lodging
        super().__init__(
            dataset=lambda: _dataset(offer.tasks(train), system_prompt),
            eval_dataset=lambda: _dataset(offer.tasks(evaluated), system_prompt),
            rubric=EpisodeRubric(),
            max_turns=max_turns,
            timeout_seconds=timeout_seconds,
        )

    async def setup_state(self, state: vf.State) -> vf.State:
        """Begin the episode of a rollout, in a world of its own.

        Raises:
            vf.InfraError: The world does not come to life, or no worker can be started.
        """
        task = state["info"]
        # The episode counts the turns: those of the last reply are carried out and graded too.
        limits = EpisodeLimits(turns=_turns(self.max_turns), parallel=True)
        try:
            lodging = await self._lodging.here()
            env = await self.offer.env(lodging, task["world"], task["task_idx"], limits)
            state[_ENV] = env
            observation = await env.reset(seed=self.seed)
        except AwmError as error:
            raise vf.InfraError(str(error)) from error
        state["tool_defs"] = [
            vf.Tool(
                name=tool.name, description=tool.description, parameters=dict(tool.input_schema)
            )
            for tool in map(in_brief, observation.tools)
        ]
        return state

    async def env_response(
        self, messages: Sequence[Any], state: vf.State, **_more: Any
    ) -> list[Any]:
        """Carry out what a model replied; what came of it, and the reward where that was all.

        Raises:
            vf.InfraError: Nobody can say what the episode was worth.
        """
        env: Env = state[_ENV]
        step = await self._step(state, reply_in(messages[-1]))
        called = env.trajectory.turns[-1].tool_calls
        told = told_of(messages[-1], called, step.observation, self.offer.longest)
        if step.is_last:
            state["final_env_response"] = told
        return told

    # Without the decorator it stops nothing: the last reply would be left unheard. The episode
    # itself ends with that turn.
    async def max_turns_reached(self, state: vf.State) -> bool:
        """Whether the model has had all its turns."""
        return len(state["trajectory"]) >= _turns(self.max_turns)

    @vf.cleanup  # type: ignore[untyped-decorator]
    async def leave(self, state: vf.State) -> None:
        """Grade what was cut off by a limit of `verifiers`, and let go of the world."""
        env: Env | None = state.get(_ENV)
        try:
            if state["is_completed"] and state["error"] is None and RECORD not in state:
                await self._end(state)
        finally:
            if env is not None:
                del state[_ENV]
                await asyncio.shield(env.close())

    @vf.teardown  # type: ignore[untyped-decorator]
    async def close(self) -> None:
        """Close the runtime of this event loop; the next rollout opens another one."""
        await self._lodging.close()

    def generate_sync(self, inputs: Any, client: Any, **options: Any) -> Any:
        """Generate on a loop that ends with it; see `vf.Environment.generate_sync`."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(self._generated(inputs, client, **options))
        return super().generate_sync(inputs, client, **options)

    async def _generated(self, inputs: Any, client: Any, **options: Any) -> Any:
        try:
            return await self.generate(inputs, client=client, **options)
        finally:
            await self.close()

    async def _end(self, state: vf.State) -> None:
        """Have an episode end that was cut off."""
        try:
            await self._hear_out(state)
            if RECORD not in state:
                await self._step(state, Answer())
        except vf.Error as error:
            state["error"] = error  # to raise it here would end the rollouts of others too

    async def _hear_out(self, state: vf.State) -> None:
        """Carry out the last reply where a limit came between it and us, if there was time left."""
        replies = state["trajectory"]
        if replies and not state.get("timed_out"):
            env: Env = state[_ENV]
            if len(replies) > env.observation.turn:
                await self._step(state, reply_in(replies[-1]["completion"][-1]))

    async def _step(self, state: vf.State, action: Action) -> Step:
        env: Env | None = state.get(_ENV)
        if env is None:
            raise vf.InfraError(_TOO_LATE)
        try:
            step = await env.step(action)
        except AwmError as error:
            raise vf.InfraError(str(error)) from error
        if step.is_last:
            state[RECORD] = record_of(step.info)
            if step.reward is None:
                raise vf.InfraError(step.info["reason"])
        return step


def load_environment(  # noqa: PLR0913 - what is said by name is optional
    worlds: str = "bundled",
    *,
    split: str = "all",
    train_split: str = "train",
    names: str | Sequence[str] | None = None,
    difficulty: Sequence[int] = (),
    kinds: str | Sequence[str] | None = None,
    limit: int | None = None,
    reward: str | Mapping[str, float] = "paper",
    tools: str = "direct",
    seed: int = 0,
    system_prompt: str | None = None,
    max_turns: int = 30,
    timeout_seconds: float | None = None,
    live_worlds: int | None = None,
) -> AwmEnv:
    """Make the environment; what `verifiers` calls, with the arguments of `-a`.

    Args:
        worlds: A folder in the AWM layout, or `bundled`.
        split: Which side is evaluated: `train`, `validation`, `test`, or `all` of them.
        train_split: Which side is trained on, likewise.
        names: Tasks of these worlds only.
        difficulty: Tasks as hard as one of these only.
        kinds: Tasks of these kinds only.
        limit: So many tasks at most of either side, taken from the worlds in turn.
        reward: What outcomes are paid: `paper`, `openenv`, `binary`, or a table by type.
        tools: `direct`: models are given the world's own tools; `meta`: `list_tools` and
            `call_tool`.
        seed: What the dice of worlds are thrown by.
        system_prompt: What models are told first.
        max_turns: How often a model may reply.
        timeout_seconds: How long a rollout may take.
        live_worlds: How many worlds have a process at once, while the others rest; as many as there
            is memory for if None.

    Raises:
        UsageError: There is no such split, scheme or choice of tools, or no world may be alive.
        WorldFileError: The folder is not there, or holds no worlds.
    """
    selected = partial(selection_of, names=names, difficulty=difficulty, kinds=kinds, limit=limit)
    offer = open_offer(worlds, reward=reward, tools=tools)
    return AwmEnv(
        offer,
        offer.kept(live_worlds),
        train=selected(train_split),
        evaluated=selected(split),
        seed=seed,
        system_prompt=system_prompt,
        max_turns=max_turns,
        timeout_seconds=timeout_seconds,
    )


def _dataset(tasks: Sequence[OfferedTask], system_prompt: str | None) -> Dataset:
    """The tasks as rows: the conversation so far, and as JSON text what is known of the task.

    Rows of JSON objects would all be given the keys of each other.
    """
    return Dataset.from_list([_row(task, system_prompt) for task in tasks])


def _row(task: OfferedTask, system_prompt: str | None) -> dict[str, Any]:
    rules = task.rules if system_prompt is None else system_prompt
    system = [{"role": "system", "content": rules}] if rules else []
    info = {
        "world": task.world,
        "task_idx": task.task_idx,
        "difficulty": task.facts.difficulty,
        "kind": task.facts.kind,
        "tags": task.facts.tags,
    }
    return {
        "prompt": [*system, {"role": "user", "content": task.sentence}],
        "answer": "",
        "info": json.dumps(info),
    }


def _turns(most: int) -> int:
    """A limit of turns as episodes have it; `verifiers` writes none as -1."""
    return most if most > 0 else sys.maxsize
