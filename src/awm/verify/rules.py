"""Format rules: what every step of an agent has to look like, watched as it acts.

The rules are those that AWM agents were trained under: the tools are listed first and exactly
once; only tools that exist are called, with arguments that fit their schemas; at least one call
after the listing succeeds; and where thinking is on, every reply holds a thought. Breaking one
ends the episode (see `awm.verify.rewards` for what that costs).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from awm.trajectory import (
    CALL_TOOL,
    LIST_TOOLS,
    TOOL_PREFIX,
    StopReason,
    Trajectory,
    Turn,
    WrittenCall,
    meta_target,
    thought_of,
)
from awm.types import ToolResult, ToolSpec
from awm.verify.arguments import ToolChecks

__all__ = [
    "FormatRules",
    "FormatWatch",
    "RuleName",
    "Violation",
    "ViolationKind",
    "check_trajectory",
]

ViolationKind: TypeAlias = Literal["tool_not_found", "invalid_args", "invalid_action"]
"""What OpenEnv's AWM environment calls them; `invalid_action` is all that is not the other two."""

RuleName: TypeAlias = Literal[
    "readable_call",
    "list_first",
    "list_once",
    "known_tool",
    "valid_arguments",
    "success",
    "thought",
]

_CUT_OFF: frozenset[StopReason] = frozenset({"timeout", "cancelled"})


@dataclass(frozen=True, slots=True)
class FormatRules:
    """Which rules are on.

    Attributes:
        meta_tools: Whether the agent acts through `list_tools` and `call_tool`, as AWM agents do.
            False for native function calling, where it calls the world's tools by their names
            and there is nothing to list.
        thinking: Whether every reply needs a non-empty `<think>`.
        list_first: Whether the tools have to be listed before anything is called, exactly once;
            only with `meta_tools`.
        known_tools: Whether a call has to name a tool that exists.
        valid_arguments: Whether arguments have to fit the tool's input schema.
        success: Whether at least one call of a world's tool has to succeed.
    """

    meta_tools: bool = True
    thinking: bool = False
    list_first: bool = True
    known_tools: bool = True
    valid_arguments: bool = True
    success: bool = True


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that was broken.

    Attributes:
        rule: Which.
        kind: What it counts as in a table of rewards.
        turn: Which turn broke it, counted from 0; None where it took the whole episode.
        what: What was wrong, in one sentence.
    """

    rule: RuleName
    kind: ViolationKind
    turn: int | None
    what: str

    def __str__(self) -> str:
        where = "the episode" if self.turn is None else f"turn {self.turn}"
        return f"{where}: {self.kind}: {self.what}"


class FormatWatch:
    """Watches one episode, turn by turn; what was violated first stays the answer.

    Args:
        rules: What to watch for.
        tools: The world's tools. Pass one `ToolChecks` to all episodes in a world, so that its
            schemas are compiled once.
    """

    def __init__(self, rules: FormatRules, tools: ToolChecks | Sequence[ToolSpec]) -> None:
        self._rules = rules
        self._tools = tools if isinstance(tools, ToolChecks) else ToolChecks(tools)
        self._turns = 0
        self._listed = False
        self._succeeded = False
        self._calls: tuple[WrittenCall, ...] = ()
        self._violation: Violation | None = None

    def see(self, turn: Turn) -> Violation | None:
        """Judge a turn, best before its calls are made; turns of others than the agent pass.

        Returns:
            The violation that ends the episode; None to go on.
        """
        place = self._turns
        self._turns += 1
        if self._violation is None and turn.role == "assistant":
            self._violation = self._judge(turn, place)
            self._calls = turn.tool_calls
            self.hear(turn.results)
        return self._violation

    def hear(self, results: Sequence[ToolResult]) -> None:
        """Take note of what the last turn's calls answered, if the turn did not say so itself."""
        for call, result in zip(self._calls, results, strict=False):
            if not result.is_error and not self._is_listing(call):
                self._succeeded = True

    def finish(self) -> Violation | None:
        """Judge the episode as a whole, once the agent has ended it."""
        if self._violation is None:
            self._violation = self._judge_end()
        return self._violation

    def _judge(self, turn: Turn, place: int) -> Violation | None:
        if self._rules.thinking and not thought_of(turn.content):
            return Violation(
                "thought", "invalid_action", place, "The reply has no thought before it."
            )
        for call in turn.tool_calls:
            found = self._judge_call(call, place)
            if found is not None:
                return found
        return None

    def _judge_call(self, call: WrittenCall, place: int) -> Violation | None:
        if not call.name:
            what = f"A tool call cannot be read: {_shown(call.arguments)}."
            return Violation("readable_call", "invalid_action", place, what)
        if not self._rules.meta_tools:
            return self._judge_target(call, place)
        if self._is_listing(call):
            return self._judge_listing(place)
        return self._judge_meta(call, place)

    def _judge_meta(self, call: WrittenCall, place: int) -> Violation | None:
        if self._rules.list_first and not self._listed:
            what = f"{_shown(call.name)} was called before {LIST_TOOLS}."
            return Violation("list_first", "invalid_action", place, what)
        target = meta_target(call)
        if target is None:
            return self._not_a_meta_tool(call, place)
        if target.name:
            return self._judge_target(target, place)
        if not self._rules.valid_arguments:
            return None
        what = f"{CALL_TOOL} was not told which tool to call: {_shown(call.arguments)}."
        return Violation("valid_arguments", "invalid_args", place, what)

    def _judge_listing(self, place: int) -> Violation | None:
        if self._listed and self._rules.list_first:
            what = f"{LIST_TOOLS} was called a second time."
            return Violation("list_once", "invalid_action", place, what)
        self._listed = True
        return None

    def _not_a_meta_tool(self, call: WrittenCall, place: int) -> Violation | None:
        if not self._rules.known_tools:
            return None
        what = f"{_shown(call.name)} is neither {LIST_TOOLS} nor {CALL_TOOL}."
        return Violation("known_tool", "tool_not_found", place, what)

    def _judge_target(self, call: WrittenCall, place: int) -> Violation | None:
        name = self._known_name(call.name)
        if name is None:
            if not self._rules.known_tools:
                return None
            what = f"There is no tool {_shown(call.name)}."
            return Violation("known_tool", "tool_not_found", place, what)
        if not self._rules.valid_arguments:
            return None
        arguments = call.parsed()
        if arguments is None:
            what = f"The arguments of {name} are no JSON object: {_shown(call.arguments)}."
            return Violation("valid_arguments", "invalid_args", place, what)
        fault = self._tools.fault(name, arguments)
        if fault is None:
            return None
        return Violation("valid_arguments", "invalid_args", place, f"{name}: {fault}.")

    def _known_name(self, written: str) -> str | None:
        names = (written, written.removeprefix(TOOL_PREFIX))
        return next((name for name in names if name in self._tools), None)

    def _is_listing(self, call: WrittenCall) -> bool:
        return self._rules.meta_tools and call.name == LIST_TOOLS

    def _judge_end(self) -> Violation | None:
        if self._rules.meta_tools and self._rules.list_first and not self._listed:
            what = f"{LIST_TOOLS} was never called."
            return Violation("list_first", "invalid_action", None, what)
        if self._rules.success and not self._succeeded:
            return Violation("success", "invalid_action", None, "No call of a tool succeeded.")
        return None


def check_trajectory(
    rules: FormatRules, tools: ToolChecks | Sequence[ToolSpec], trajectory: Trajectory
) -> Violation | None:
    """Judge a whole trajectory.

    What the end has to look like is not asked of an agent that was cut off by a timeout or a
    cancellation, nor of a record without turns, which says nothing of what the agent did.
    """
    watch = FormatWatch(rules, tools)
    for turn in trajectory.turns:
        found = watch.see(turn)
        if found is not None:
            return found
    if not trajectory.turns or trajectory.stop in _CUT_OFF:
        return None
    return watch.finish()


def _shown(given: object) -> str:
    text = given if isinstance(given, str) else repr(given)
    return text if len(text) <= 120 else f"{text[:117]}..."
