"""What an agent saw at each turn of an episode: rebuilt from its record, message by message.

A record holds what was said and answered, and neither the rules that the agent was given nor how
results were shown to it. Given the same brief, format and window, both come out as they were.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from awm.agents import Assignment, Brief, CallFormat, Heard, Manner, Said, listing_place
from awm.errors import UsageError
from awm.llm import Message, Question
from awm.llm.dialect import Dialect
from awm.rollout.episode import Episode
from awm.trajectory import Trajectory, Turn, WrittenCall
from awm.types import ToolResult, ToolSpec

__all__ = ["Seen", "Surface", "about", "seen_in", "written"]

_REFUSAL: Final = "Error: "


@dataclass(frozen=True, slots=True)
class Surface:
    """How an agent is spoken to.

    Attributes:
        format: How it calls tools.
        brief: How it is told what to do.
        tools: What it may call in each world, by the world's name: the world's own tools, or the
            two meta-tools.
        manner: How much of results it is shown, and how far back it sees.
        turns: How often it may speak, which some formats tell it.
    """

    format: CallFormat
    brief: Brief
    tools: Mapping[str, Sequence[ToolSpec]]
    manner: Manner = field(default_factory=Manner)
    turns: int = 30


@dataclass(frozen=True, slots=True)
class Seen:
    """An episode as its agent saw it.

    Attributes:
        opening: What it was told before it first spoke.
        tools: What was given to it as functions; none in formats that tell tools in words.
        spoken: What it said, turn by turn, with all of its calls.
        exchanges: How it was told of each turn: with the calls that were carried out, and what
            came of them.
        listing: Which of these is the first to list the tools; None where none does.
    """

    opening: tuple[Message, ...]
    tools: tuple[ToolSpec, ...]
    spoken: tuple[Message, ...]
    exchanges: tuple[tuple[Message, ...], ...]
    listing: int | None

    @property
    def dialogue(self) -> tuple[Message, ...]:
        """All that came after the opening; it ends with what the agent said last."""
        told = (message for exchange in self.exchanges[:-1] for message in exchange)
        return (*told, *self.spoken[-1:])

    @property
    def cut(self) -> int | None:
        """The first turn of which the dialogue has not all that was said; None where none is.

        Function calling wants a result for each call, so agents are not shown those that were not
        carried out.
        """
        told = zip(self.exchanges[:-1], self.spoken, strict=False)
        return next((turn for turn, (one, said) in enumerate(told) if one[0] != said), None)

    def before(self, turn: int, surface: Surface) -> tuple[Message, ...]:
        """What it saw before it spoke in a turn, with the history window applied."""
        sight = surface.manner.window.of(self.exchanges[:turn], self.listing)
        return (*self.opening, *(message for exchange in sight for message in exchange))


def seen_in(run: Trajectory, world: str, surface: Surface) -> Seen:
    """Rebuild what an agent saw.

    Args:
        run: What it did.
        world: The world's name, as `surface.tools` has it.
        surface: How it was spoken to.

    Raises:
        UsageError: Nobody said which tools the world has, or somebody else spoke too.
    """
    if world not in surface.tools:
        raise UsageError(f"the tools of world {world!r} are not known.", "Pass them.")
    if any(turn.role != "assistant" for turn in run.turns):
        raise UsageError(
            f"task {run.task_idx} of {world}: others than the agent speak in it.",
            "Only what an agent did alone can be exported.",
        )
    tools = surface.tools[world]
    opening = surface.brief(Assignment(run.world, run.task_idx, run.task), tools)
    asked = surface.format.asked(Question(opening), tools)
    listing = listing_place(turn.tool_calls for turn in run.turns)
    exchanges = tuple(
        _exchange(turn, number, surface, listing) for number, turn in enumerate(run.turns, 1)
    )
    spoken = tuple(_spoken(turn, number, surface) for number, turn in enumerate(run.turns, 1))
    return Seen(asked.messages, asked.tools, spoken, exchanges, listing)


def written(messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> dict[str, Any]:
    """Messages and tools as they are sent to servers, as `messages` and, where any, `tools`."""
    body = Dialect().body(Question(tuple(messages), tools=tuple(tools)), None)
    return {name: body[name] for name in ("messages", "tools") if name in body}


def about(episode: Episode) -> dict[str, Any]:
    """What is known of an episode beside its conversation."""
    return {
        **episode.job.to_json(),
        "policy": episode.policy,
        "outcome": episode.outcome,
        "stop": episode.trajectory.stop,
        "reward": episode.reward.total,
    }


def _exchange(
    turn: Turn, number: int, surface: Surface, listing: int | None = None
) -> tuple[Message, ...]:
    """What was said in a turn, whose numbers begin with 1, and what came of it.

    Args:
        turn: The turn.
        number: Its number.
        surface: How the agent was spoken to.
        listing: Which turn was the first to list the tools, counted from 0; None where none did.
    """
    manner = surface.manner
    listed = manner.window.shows_listing(listing, number - 1)
    heard = Heard(turn.results, surface.turns - number, listed=listed)
    return surface.format.told(_said(turn), heard, longest=manner.characters)


def _spoken(turn: Turn, number: int, surface: Surface) -> Message:
    """What was said in a turn, with the calls that were not carried out, and so never shown."""
    answered = replace(turn, results=(ToolResult(""),) * len(turn.tool_calls))
    return _exchange(answered, number, surface)[0]


def _said(turn: Turn) -> Said:
    """What was said in a turn; a reply that could not be made out stands there as such a call."""
    if not turn.tool_calls:
        return Said(turn.content, answer=turn.content)
    if turn.tool_calls == (WrittenCall("", turn.content),):
        told = turn.results[0].text if turn.results else ""
        return Said(turn.content, fault=told.removeprefix(_REFUSAL) or "unreadable")
    return Said(turn.content, turn.tool_calls)
