"""Agents try tasks, each attempt in a copy of the world of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from awm.agents import Acted, Assignment, JsonFormat, Manner, ModelPolicy, act, tools_told
from awm.llm import LLM, Message
from awm.rollout import InstanceToolbox
from awm.runtime import Instance, Runtime, StateDiff
from awm.synthesis.llm_author.prompts import prompt
from awm.synthesis.llm_author.proving.setting import Setting
from awm.synthesis.llm_author.stage import Choices
from awm.trajectory import Turn
from awm.types import ToolSpec

__all__ = ["TaskAgent", "Trial"]

_REPLY_TOKENS: Final = 8_192
"""How long a reply of an agent may be: a thought and a call, and what a model thinks unseen."""


@dataclass(frozen=True, slots=True)
class Trial:
    """An attempt at a task.

    Attributes:
        acted: What was said and done.
        image: The database in the end.
        diff: What was changed in it.
    """

    acted: Acted
    image: bytes
    diff: StateDiff

    @property
    def answer(self) -> str | None:
        """What was said in the end; None where that was nothing."""
        said = self.acted.trajectory.final_answer
        return said if said and said.strip() else None

    @property
    def did_nothing(self) -> bool:
        """Whether nothing was changed and nothing said."""
        return not self.diff and self.answer is None

    def answering(self, answer: str) -> "Trial":
        """The same attempt, had it ended with another answer."""
        run = self.acted.trajectory
        turns = (*run.turns[:-1], Turn("assistant", answer))
        told = replace(run, turns=turns, final_answer=answer)
        return replace(self, acted=replace(self.acted, trajectory=told))


@dataclass(frozen=True, slots=True)
class TaskAgent:
    """Whoever tries the tasks of a world.

    Attributes:
        llm: Who acts.
        runtime: Measures what is done.
        setting: The world.
        choices: What somebody chose.
        start: The world at its start; it is copied and stays as it is.
    """

    llm: LLM
    runtime: Runtime
    setting: Setting
    choices: Choices
    start: Instance

    async def try_task(self, task_idx: int, seed: int) -> Trial:
        """Try a task.

        Raises:
            LLMError: The model refuses, or cannot be reached.
            SnapshotError: The database was damaged.
            InfrastructureError: The machinery failed.
        """
        setting, choices = self.setting, self.choices
        job = Assignment(setting.draft.title, task_idx, setting.draft.tasks[task_idx])
        length = min(choices.max_tokens or _REPLY_TOKENS, _REPLY_TOKENS)
        manner = Manner(temperature=choices.temperature, reply_tokens=length)
        policy = ModelPolicy(self.llm, JsonFormat(typed=False), self._brief, manner)
        async with await self.start.fork() as instance:
            acted = await act(policy, job, InstanceToolbox(instance), seed=seed)
            image = await instance.database_image()
        diff = await self.runtime.examiner.compare(setting.world.name, setting.initial, image)
        return Trial(acted, image, diff)

    def _brief(self, job: Assignment, tools: Sequence[ToolSpec]) -> tuple[Message, ...]:
        return prompt("agent").filled(
            scenario=job.world,
            moment=self.setting.moment,
            tools=tools_told(tools),
            number=str(job.task_idx),
            task=job.task,
        )
