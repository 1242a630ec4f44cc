"""What was said and done in an episode, turn by turn, as HTML."""

import json
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Final

from awm.pages import cut, escaped, plural
from awm.rollout.analysis_calls import target_of
from awm.rollout.replaying import CallDiff, EpisodeDiffs
from awm.rollout.report_diffs import state_diff
from awm.rollout.report_text import folded, json_block, text_block
from awm.trajectory import (
    CALL_TOOL,
    LIST_TOOLS,
    Trajectory,
    Turn,
    WrittenCall,
    answer_of,
    thought_of,
)
from awm.types import ToolResult

__all__ = ["conversation", "parts_of"]

_TASK: Final = 8_000
_REPLY: Final = 6_000
_ARGUMENTS: Final = 4_000
_RESULT: Final = 5_000
_LISTING: Final = 600
"""Of a listing of tools: every episode in a world has the same one."""
_NAME: Final = 120
_MOST: Final = 100_000
"""Characters of HTML for one episode; what is beyond them is in `episodes.jsonl`."""
_TAG: Final = "<tool_call>"
_CLOSE: Final = "</tool_call>"
_MEMBERS: Final = frozenset({"thought", "call"})
"""Of a reply that is one JSON object; see `awm.agents.moves`."""


def conversation(trajectory: Trajectory, diffs: EpisodeDiffs | None) -> str:
    """The instruction, each turn with its calls, what they answered and changed, and the answer.

    Args:
        trajectory: What was said and done.
        diffs: What the calls changed; None where they were not replayed.
    """
    told = f'<li class="instruction"><h5>Task</h5>{_text(trajectory.task, _TASK)}</li>'
    return f'<ol class="turns">{told}{"".join(_turns(trajectory, diffs))}{_answer(trajectory)}</ol>'


def parts_of(turn: Turn) -> tuple[str, str]:
    """A reply's thought, and what it says beside that and beside its calls; either may be empty."""
    thought = thought_of(turn.content) or ""
    said = answer_of(turn.content).partition(_TAG)[0].strip()
    if turn.tool_calls and not thought and (written := _object(said)) is not None:
        return str(written.get("thought") or ""), ""
    return thought, said


def _object(text: str) -> Mapping[str, object] | None:
    try:
        written = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return written if isinstance(written, Mapping) else None


def _turns(trajectory: Trajectory, diffs: EpisodeDiffs | None) -> Iterator[str]:
    """The turns; of an episode that is too long those at its beginning, and the last one."""
    size, last = 0, len(trajectory.turns) - 1
    for number, turn in enumerate(trajectory.turns):
        shown = _turn(number, turn, diffs, answered=number == last and _is_answered(trajectory))
        size += len(shown)
        if size > _MOST and number < last:
            left = last - number
            yield f'<li class="left">{plural(left, "turn")} left out: see episodes.jsonl.</li>'
            shown = _turn(last, trajectory.turns[last], diffs, answered=_is_answered(trajectory))
            yield shown if len(shown) < _MOST else ""
            return
        yield shown


def _is_answered(trajectory: Trajectory) -> bool:
    return trajectory.stop == "answered"


def _turn(number: int, turn: Turn, diffs: EpisodeDiffs | None, *, answered: bool) -> str:
    thought, said = parts_of(turn)
    spoken = f'<div class="thought">{_text(thought, _REPLY)}</div>' if thought else ""
    if said and not answered:
        spoken += f'<div class="said">{_text(said, _REPLY)}</div>'
    calls = "".join(
        _call(written, result, _diff_at(diffs, number, place))
        for place, (written, result) in enumerate(zip_longest(turn.tool_calls, turn.results))
        if written is not None
    )
    body = f"{spoken}{calls}{_as_written(turn, thought, said)}"
    if answered and not body:
        return ""  # the answer follows, and says of which turn it is
    who = "" if turn.role == "assistant" else f" · {cut(turn.role, _NAME)}"
    return f"<li><h5>Turn {number}{who}</h5>{body}</li>"


def _diff_at(diffs: EpisodeDiffs | None, number: int, place: int) -> CallDiff | None:
    return None if diffs is None else diffs.calls.get((number, place))


def _as_written(turn: Turn, thought: str, said: str) -> str:
    """The reply as it was given, where what is shown of it is not all."""
    given = turn.content.strip()
    if not given or given == thought or _is_all_shown(turn, said):
        return ""
    body = f"<pre>{cut(given, _REPLY)}</pre>"
    return folded(f'<span class="size">Reply as written, {len(given):,} characters</span>', body)


def _is_all_shown(turn: Turn, said: str) -> bool:
    """Whether a reply is its thought, what it says, and sound calls, and nothing besides."""
    rest = answer_of(turn.content)
    calls = len(turn.tool_calls)
    if not calls or rest == said:
        return rest == said
    if (written := _object(rest)) is not None:
        return calls == 1 and bool(turn.tool_calls[0].name) and written.keys() <= _MEMBERS
    closed = rest.endswith(_CLOSE) and rest.count(_TAG) == rest.count(_CLOSE) == calls
    return closed and all(call.name for call in turn.tool_calls)


def _call(written: WrittenCall, result: ToolResult | None, changed: CallDiff | None) -> str:
    meant = target_of(written)
    arguments = meant.arguments if (parsed := meant.parsed()) is None else parsed
    name = f"<b>{cut(meant.name, _NAME)}</b>" if meant.name else "<b>unreadable</b>"
    through = ' <span class="through">by call_tool</span>' if written.name == CALL_TOOL else ""
    failed = result is not None and (result.is_error or result.fault is not None)
    given = "" if arguments == {} else json_block(arguments, _ARGUMENTS)
    longest = _LISTING if written.name == LIST_TOOLS else _RESULT
    return (
        f'<div class="call{" is-failed" if failed else ""}">'
        f"<p>{name}{through} {_how(result)}</p>{given}{_result(result, longest)}"
        f"{_changes(changed)}</div>"
    )


def _how(result: ToolResult | None) -> str:
    """How a call went, in a badge."""
    if result is None:
        return '<b class="badge is-unasked">not carried out</b>'
    if result.fault is not None:
        return f'<b class="badge is-bad">world failed: {escaped(result.fault)}</b>'
    if result.is_error:
        status = "refused" if result.status is None else str(result.status)
        return f'<b class="badge is-bad">{status}</b>'
    return f'<b class="badge is-fine">{"ok" if result.status is None else result.status}</b>'


def _result(result: ToolResult | None, longest: int) -> str:
    if result is None:
        return ""
    raised = f'<p class="raised">{cut(result.exception, _RESULT)}</p>' if result.exception else ""
    return f'<div class="result">{text_block(result.text, longest)}{raised}</div>'


def _changes(changed: CallDiff | None) -> str:
    if changed is None:
        return ""
    other = ""
    if changed.answered is not None:
        answered = text_block(changed.answered.text, _RESULT)
        other = f'<div class="other"><p>Replayed, it answers something else:</p>{answered}</div>'
    return other + state_diff(changed.diff)


def _answer(trajectory: Trajectory) -> str:
    if trajectory.final_answer is None:
        return ""
    said = trajectory.final_answer
    shown = _text(said, _REPLY) if said.strip() else '<p class="none">It said nothing.</p>'
    last = len(trajectory.turns) - 1
    where = f" · turn {last}" if _is_answered(trajectory) and last >= 0 else ""
    return f'<li class="answer"><h5>Answer{where}</h5>{shown}</li>'


def _text(text: str, longest: int) -> str:
    """A text as it is, the whole of it in sight where it has a few lines only."""
    if len(text) <= 1_200:
        return f'<div class="text">{escaped(text)}</div>'
    head = escaped(text[:600])
    rest = cut(text[600:], longest)
    more = folded(f'<span class="size">{len(text) - 600:,} more characters</span>', rest)
    return f'<div class="text">{head}{more}</div>'
