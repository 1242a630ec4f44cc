"""The one loop: an agent is told a task, and calls tools until it answers or its turns are over."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from awm.agents.moves import Move, move_schema, read_move
from awm.agents.telling import shortened
from awm.agents.toolbox import Toolbox
from awm.llm import LLM, Message, Question, Reply, Usage
from awm.trajectory import StopReason, Trajectory, Turn, WrittenCall
from awm.types import ToolCall, ToolResult, ToolSpec

__all__ = ["Assignment", "Brief", "Episode", "Terms", "act"]

_LAST_TURN: Final = "\nThis was the last call that you can make: answer now."
_MOST_LIKE: Final = 5


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


Brief: TypeAlias = Callable[[Assignment, Sequence[ToolSpec]], tuple[Message, ...]]
"""Makes the messages with which an agent starts: the rules, the task, the tools."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms an agent works.

    Attributes:
        turns: How often it may reply.
        missteps: How many replies in a row may be neither a sound call nor an answer; one more
            ends the episode.
        tokens: How many tokens all questions and replies together may take; None for any number.
        reply_tokens: How long one reply may be; None leaves that to the server.
        characters: How much of a result it is shown.
        temperature: How much its replies may vary.
        seed: What makes them repeatable.
    """

    turns: int = 30
    missteps: int = 3
    tokens: int | None = None
    reply_tokens: int | None = 2048
    characters: int = 8_000
    temperature: float | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Episode:
    """An attempt at a task.

    Attributes:
        trajectory: What was said and done.
        usage: What it took, in tokens.
        calls: The calls that were carried out, in order, each with its result.
        malformed: How many replies could not be made out, or had arguments that are no object.
        unknown: How many calls named a tool that is not there.
        repairs: What had to be made allowances for, reply by reply.
    """

    trajectory: Trajectory
    usage: Usage
    calls: tuple[tuple[ToolCall, ToolResult], ...] = ()
    malformed: int = 0
    unknown: int = 0
    repairs: tuple[str, ...] = ()


_TERMS: Final = Terms()


async def act(
    llm: LLM, assignment: Assignment, toolbox: Toolbox, brief: Brief, terms: Terms = _TERMS
) -> Episode:
    """Have a model try a task.

    It sees all that was said and done before, with long results shortened. What it asks is a
    function of the assignment, the tools, the terms and their answers.

    Args:
        llm: Who acts.
        assignment: What is to be done.
        toolbox: What it acts through.
        brief: How it is told.
        terms: For how long, and how.

    Raises:
        LLMError: The model refuses, or cannot be reached.
        InfrastructureError: Calls cannot be carried out.
    """
    tools = await toolbox.list()
    playing = _Playing(assignment, terms, toolbox, {tool.name: tool for tool in tools})
    question = Question(
        brief(assignment, tools),
        temperature=terms.temperature,
        max_tokens=terms.reply_tokens,
        schema=move_schema(tools),
        seed=terms.seed,
    )
    while True:
        reply = await llm.ask(question)
        told = await playing.take(reply)
        if told is None:
            return playing.episode()
        question = question.followed_by(Message("assistant", reply.text), told)


class _Playing:
    """An episode while it lasts."""

    def __init__(
        self,
        assignment: Assignment,
        terms: Terms,
        toolbox: Toolbox,
        tools: Mapping[str, ToolSpec],
    ) -> None:
        self._assignment = assignment
        self._terms = terms
        self._toolbox = toolbox
        self._tools = tools
        self._turns: list[Turn] = []
        self._made: list[tuple[ToolCall, ToolResult]] = []
        self._usage = Usage()
        self._malformed = 0
        self._unknown = 0
        self._astray = 0
        self._repairs: list[str] = []
        self._answer: str | None = None
        self._stop: StopReason | None = None

    async def take(self, reply: Reply) -> Message | None:
        """Do what a reply says; what the agent is told then, None where that was the end."""
        move = read_move(reply)
        self._usage += reply.usage
        self._repairs += move.repairs
        if move.answer is not None:
            self._turns.append(Turn("assistant", reply.text))
            self._answer, self._stop = move.answer, "answered"
            return None
        result = await self._result_of(move)
        called = move.call or WrittenCall("", reply.text)
        self._turns.append(Turn("assistant", reply.text, (called,), (result,)))
        self._stop = self._ending()
        return None if self._stop else self._told(result)

    def episode(self) -> Episode:
        """What it has come to."""
        trajectory = Trajectory(
            world=self._assignment.world,
            task_idx=self._assignment.task_idx,
            task=self._assignment.task,
            turns=tuple(self._turns),
            final_answer=self._answer,
            stop=self._stop,
        )
        return Episode(
            trajectory,
            self._usage,
            tuple(self._made),
            self._malformed,
            self._unknown,
            tuple(self._repairs),
        )

    async def _result_of(self, move: Move) -> ToolResult:
        if move.call is None:
            return self._misstep(move.fault)
        name, arguments = move.call.name, move.call.parsed()
        if name not in self._tools:
            self._unknown += 1
            self._astray += 1
            return _refusal(self._no_such(name))
        if arguments is None:
            return self._misstep("The arguments of a call are one JSON object.")
        self._astray = 0
        call = ToolCall(name, arguments)
        result = await self._toolbox.call(call)
        self._made.append((call, result))
        return result

    def _misstep(self, what: str) -> ToolResult:
        self._malformed += 1
        self._astray += 1
        return _refusal(what)

    def _no_such(self, name: str) -> str:
        like = difflib.get_close_matches(name, self._tools, _MOST_LIKE) or list(self._tools)
        return f"there is no tool {name!r}. There are, among others: {', '.join(like[:_MOST_LIKE])}"

    def _ending(self) -> StopReason | None:
        spent = self._usage.prompt_tokens + self._usage.completion_tokens
        if self._astray > self._terms.missteps:
            return "format_violation"
        if len(self._turns) >= self._terms.turns:
            return "max_turns"
        if self._terms.tokens is not None and spent >= self._terms.tokens:
            return "budget"
        return None

    def _told(self, result: ToolResult) -> Message:
        text = shortened(result.text, self._terms.characters)
        last = _LAST_TURN if len(self._turns) == self._terms.turns - 1 else ""
        return Message("user", f"<tool_result>\n{text}\n</tool_result>{last}")


def _refusal(what: str) -> ToolResult:
    return ToolResult(f"Error: {what}", is_error=True)
