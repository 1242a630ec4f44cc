"""The episode that a visit is in: where, of what, and for whom."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from awm.serve.openenv.answered import Answered
from awm.serve.openenv.play import Play
from awm.serve.openenv.rewards import paid_for
from awm.serve.openenv.wishes import Wishes
from awm.verify import VerifierMode
from awm.worlds import World, WorldFile

__all__ = ["MODES", "Place", "modes_of", "world_telling"]

MODES: Final[Mapping[str, VerifierMode]] = {"sql": "sql", "code": "code"}


@dataclass(frozen=True, slots=True)
class Place:
    """An episode that goes on, or went on last.

    Attributes:
        world: Where.
        wishes: What the client asked for.
        play: What was done so far.
        task: What is to be done; None where the client named nothing.
        modes: For which modes there is a verifier.
    """

    world: World
    wishes: Wishes
    play: Play
    task: str | None
    modes: Mapping[str, bool]

    def welcome(self, tools: int) -> Answered:
        """What a reset is answered with.

        Args:
            tools: How many the world has.
        """
        bare = "" if tools else "The world has no tools."
        warning = " ".join(filter(None, (self.wishes.warning, bare)))
        return Answered(
            reward_type="reset_warning" if self.wishes.brings_judge or bare else "reset_ok",
            reward=None,
            scenario=self.world.name,
            task=self.task,
            task_idx=self.wishes.task_idx,
            has_verifier=self.modes if any(self.modes.values()) else None,
            num_tools=tools,
            warning=warning or None,
            metadata={"seed": self.wishes.seed},
        )

    def about(self, answered: Answered, steps: int) -> Answered:
        """An answer, with what it is about."""
        return replace(
            answered,
            scenario=self.world.name,
            task=self.task,
            task_idx=self.wishes.task_idx,
            steps_taken=steps,
        )

    def refusal(self, reward_type: str, error: str) -> Answered:
        """An answer that nothing was done."""
        reward = paid_for(self.wishes.scheme, reward_type)
        return Answered(reward_type=reward_type, reward=reward, error=error)

    def no_verifier(self, mode: str) -> Answered:
        """An answer that there is nothing to verify by."""
        named = self.wishes.task_idx is not None
        why = "the task has none" if named else "reset named no task_idx"
        return self.refusal("no_verifier", f"There is no verifier of mode {mode}: {why}.")


def modes_of(world: World, task_idx: int | None) -> Mapping[str, bool]:
    """For which modes a task has a verifier; for none where there is no task."""
    return {
        name: task_idx is not None and world.verifier(task_idx, mode) is not None
        for name, mode in MODES.items()
    }


def world_telling(world: World, task_idx: int, sentence: str | None) -> World:
    """A world that says of a task what a client says of it, where it does; a judge reads it."""
    if sentence is None:
        return world
    tasks = [*world.tasks[:task_idx], sentence, *world.tasks[task_idx + 1 :]]
    row = {"scenario": world.scenario, "tasks": tasks}
    return replace(world, records={**world.records, WorldFile.TASKS: (row,)})
