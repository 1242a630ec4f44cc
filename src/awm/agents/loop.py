"""The one loop: an actor speaks, its calls are carried out, until it answers or a limit is met."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from awm.agents.assignment import Assignment, EpisodeLimits
from awm.agents.meta import are_meta_tools, is_listing
from awm.agents.policy import Actor, Heard, Policy, Said
from awm.agents.toolbox import CallRefusedError, Toolbox, no_such_tool
from awm.errors import InfrastructureError
from awm.llm import LLMSilentError, Usage
from awm.trajectory import StopReason, Trajectory, Turn, WrittenCall
from awm.types import ToolCall, ToolResult, ToolSpec

__all__ = ["Acted", "Acting", "Referee", "act"]

_LIMITS: Final = EpisodeLimits()


class Referee(Protocol):
    """Watches an episode and may end it for what an agent writes.

    `awm.verify.FormatWatch` is one; agents do not know what their conduct is worth.
    """

    def see(self, turn: Turn) -> object | None:
        """Judge a turn before its calls are carried out; anything but None ends the episode."""
        ...

    def hear(self, results: Sequence[ToolResult]) -> None:
        """Be told what the calls of the last turn answered."""
        ...


@dataclass(frozen=True, slots=True)
class Acted:
    """What was said and done.

    Attributes:
        trajectory: Turn by turn.
        usage: What it took, in tokens.
        calls: The calls that were carried out, in order, each with its result.
        malformed: How many replies could not be made out, and calls not be carried out as they
            were made: their arguments are no object, say.
        unknown: How many calls named a tool that is not there.
        repairs: What had to be made allowances for, reply by reply.
    """

    trajectory: Trajectory
    usage: Usage
    calls: tuple[tuple[ToolCall, ToolResult], ...] = ()
    malformed: int = 0
    unknown: int = 0
    repairs: tuple[str, ...] = ()


async def act(
    policy: Policy,
    assignment: Assignment,
    toolbox: Toolbox,
    limits: EpisodeLimits = _LIMITS,
    *,
    seed: int = 0,
    referee: Referee | None = None,
) -> Acted:
    """Have a task tried; see `Acting`.

    Raises:
        LLMError: A model refuses, or cannot be reached.
        InfrastructureError: Calls cannot be carried out.
    """
    acting = Acting(policy, assignment, toolbox, limits, seed=seed, referee=referee)
    await acting.run()
    return acting.acted()


class Acting:
    """An episode while it lasts; what was done is there also after it failed.

    What an agent is told is a function of the assignment, the tools, the limits and its replies.

    Args:
        policy: Who acts.
        assignment: What is to be done.
        toolbox: What it acts through.
        limits: For how long.
        seed: For the actor.
        referee: Who may end it; nobody if None.
    """

    def __init__(
        self,
        policy: Policy,
        assignment: Assignment,
        toolbox: Toolbox,
        limits: EpisodeLimits = _LIMITS,
        *,
        seed: int = 0,
        referee: Referee | None = None,
    ) -> None:
        self._policy = policy
        self._assignment = assignment
        self._toolbox = toolbox
        self._limits = limits
        self._seed = seed
        self._referee = referee
        self._turns: list[Turn] = []
        self._made: list[tuple[ToolCall, ToolResult]] = []
        self._spent = 0  # of the calls that there may be
        self._usage = Usage()
        self._malformed = 0
        self._unknown = 0
        self._astray = 0
        self._repairs: list[str] = []
        self._answer: str | None = None
        self._stop: StopReason | None = None
        self._excuse: InfrastructureError | None = None

    async def run(self) -> None:
        """Let the agent act until the episode ends.

        Time that runs out is the agent's fault unless it says that it was held up: an actor that is
        cancelled in `speak` may raise the `CancelledError` from an `InfrastructureError`, which is
        then raised here. Models behind HTTP do so where their server failed or had them wait (see
        `Poster.send`), and where it was silent. That excuses the first turn only: who was answered
        before asks a server that is there, and a model that is slow.

        Raises:
            LLMError: A model refuses, or cannot be reached.
            InfrastructureError: Calls cannot be carried out, or the actor was held up until the
                time ran out.
        """
        try:
            async with asyncio.timeout(self._limits.seconds) as clock:
                await self._run()
        except TimeoutError:
            if not clock.expired():  # somebody else's
                raise
            if self._excuse is not None:
                raise self._excuse from None
            self._stop = "timeout"

    def acted(self) -> Acted:
        """What it has come to so far."""
        trajectory = Trajectory(
            world=self._assignment.world,
            task_idx=self._assignment.task_idx,
            task=self._assignment.task,
            turns=tuple(self._turns),
            final_answer=self._answer,
            stop=self._stop,
        )
        return Acted(
            trajectory,
            self._usage,
            tuple(self._made),
            self._malformed,
            self._unknown,
            tuple(self._repairs),
        )

    async def _run(self) -> None:
        tools = await self._toolbox.list()
        named = {tool.name: tool for tool in tools}
        actor = self._policy.actor(self._assignment, tools, self._seed)
        results: tuple[ToolResult, ...] = ()
        while self._stop is None:
            heard = Heard(results, self._limits.turns - len(self._turns))
            results = await self._take(await self._said(actor, heard), named)

    async def _said(self, actor: Actor, heard: Heard) -> Said:
        """What the actor says; where it is cut off, its excuse is noted if it has one."""
        try:
            return await actor.speak(heard)
        except asyncio.CancelledError as cut:
            excuse = cut.__cause__
            is_slow = isinstance(excuse, LLMSilentError) and bool(self._turns)
            if isinstance(excuse, InfrastructureError) and not is_slow:
                self._excuse = excuse
            raise

    async def _take(self, said: Said, tools: Mapping[str, ToolSpec]) -> tuple[ToolResult, ...]:
        """Do what was said in a turn; what comes of it. `run` does so until the episode ends.

        Args:
            said: What the actor says.
            tools: What it may call, by name.

        Raises:
            InfrastructureError: Calls cannot be carried out.
        """
        self._usage += said.usage
        self._repairs += said.repairs
        # An unreadable reply stands in the record as a call that nobody could read.
        called = (WrittenCall("", said.text),) if said.fault else said.calls
        turn = Turn("assistant", said.text, called)
        if self._referee is not None and self._referee.see(turn) is not None:
            self._turns.append(turn)
            self._stop = "format_violation"
            return ()
        if not called:
            self._turns.append(turn)
            self._answer, self._stop = said.answer or "", "answered"
            return ()
        results = await self._results_of(said, called, tools)
        if self._referee is not None:
            self._referee.hear(results)
        self._stop = self._ending()
        return results

    async def _results_of(
        self, said: Said, called: tuple[WrittenCall, ...], tools: Mapping[str, ToolSpec]
    ) -> tuple[ToolResult, ...]:
        """Carry out what may be; each result is in the record as soon as it is there."""
        place = len(self._turns)
        self._turns.append(Turn("assistant", said.text, called))
        wanted = called if self._limits.parallel else called[:1]
        if len(wanted) < len(called):
            self._repairs.append("further calls left out")
        results: tuple[ToolResult, ...] = ()
        made_before = len(self._made)
        for call in wanted:
            result = self._misstep(said.fault) if said.fault else await self._carry_out(call, tools)
            results = (*results, result)
            self._turns[place] = Turn("assistant", said.text, called, results)
            if _reached(self._limits.calls, self._spent):
                break
        self._astray = 0 if len(self._made) > made_before else self._astray + 1
        return results

    async def _carry_out(self, call: WrittenCall, tools: Mapping[str, ToolSpec]) -> ToolResult:
        arguments = call.parsed()
        if call.name not in tools:
            self._unknown += 1
            return _refusal(no_such_tool(call.name, list(tools)))
        if arguments is None:
            return self._misstep("The arguments of a call are one JSON object.")
        made = ToolCall(call.name, arguments)
        try:
            result = await self._toolbox.call(made)
        except CallRefusedError as refused:
            return self._misstep(refused.message)
        self._made.append((made, result))
        self._spent += not (are_meta_tools(tools) and is_listing(made))
        return result

    def _misstep(self, what: str) -> ToolResult:
        self._malformed += 1
        return _refusal(what)

    def _ending(self) -> StopReason | None:
        if self._astray > self._limits.missteps:
            return "format_violation"
        if len(self._turns) >= self._limits.turns:
            return "max_turns"
        tokens = self._usage.prompt_tokens + self._usage.completion_tokens
        if _reached(self._limits.tokens, tokens) or _reached(self._limits.calls, self._spent):
            return "budget"
        return None


def _reached(most: int | None, so_far: int) -> bool:
    return most is not None and so_far >= most


def _refusal(what: str) -> ToolResult:
    return ToolResult(f"Error: {what}", is_error=True)
