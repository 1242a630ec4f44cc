"""What an agent is to do, and within which limits."""

from dataclasses import dataclass

from awm.errors import UsageError

__all__ = ["Assignment", "EpisodeLimits"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What an agent is to do.

    Attributes:
        world: The world's name.
        task_idx: The task's number.
        task: Its sentence.
    """

    world: str
    task_idx: int
    task: str


@dataclass(frozen=True, slots=True)
class EpisodeLimits:
    """When an episode ends even if its agent has not answered.

    Attributes:
        turns: How often it may reply.
        calls: How many calls of a world's tools may be carried out; None for any number. To list
            the tools is none.
        tokens: How many tokens all questions and replies together may take; None for any number.
        seconds: How long it may take by the clock on the wall; None for any time. Who was held up
            until it was over has not run out of it; see `Acting.run`.
        missteps: How many replies in a row may hold neither a sound call nor an answer; one more
            ends the episode.
        parallel: Whether all calls of a reply are carried out, in order. Otherwise only the first
            is, as published agents are run: what comes after it was written without knowing its
            result.

    Raises:
        UsageError: One of them leaves no room to act.
    """

    turns: int = 30
    calls: int | None = None
    tokens: int | None = None
    seconds: float | None = None
    missteps: int = 3
    parallel: bool = False

    def __post_init__(self) -> None:
        for name, least in {"turns": 1, "calls": 1, "tokens": 1, "missteps": 0}.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise UsageError(f"the limit of {name} is {value}.", f"Give {least} or more.")
        if self.seconds is not None and not self.seconds > 0:
            raise UsageError(f"the limit of seconds is {self.seconds}.", "Give more than 0.")
