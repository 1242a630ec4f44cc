"""What rules can tell of an episode: goal fulfilment, logical consistency, execution efficiency.

Rules accuse only of what the record proves. An identifier counts as invented only if it occurs in
nothing that the agent was shown, its tools with their examples and defaults included; a call as
superfluous only if it failed, or answered what the very same call had answered before.
"""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from awm.rollout.analysis_calls import Place, WorldCall, attempts_in, calls_in, listings_in
from awm.rollout.analysis_findings import Finding, unknown
from awm.rollout.analysis_shown import Shown
from awm.rollout.episode import Episode
from awm.rollout.progress import Progress
from awm.trajectory import Trajectory
from awm.types import JsonObject
from awm.verify.shaping import MOST

__all__ = ["execution_efficiency", "goal_fulfilment", "logical_consistency"]

_PARTIAL: Final = 0.5
_MINEFIELD: Final = 0.1
_IDENTIFIER: Final = re.compile(r"(?:^|[_-])(?:id|uuid|guid)s?$|[a-z](?:Id|UUID|Uuid)s?$")
_OWN: Final = re.compile(r"user|account|owner|customer|member|me$", re.IGNORECASE)
_AROUND: Final = " \t\n[]\"'"
"""What stands around identifiers that are listed in a text."""
_OWN_ID: Final = "1"
"""Agents are signed in as the user of this number, and are told so."""
_ADMISSION: Final = re.compile(
    r"\b(?:no|not|nor|none|never|cannot|unable|unavailable|impossible|sorry|already|only|instead)\b"
    r"|n['\u2019]t\b|\b(?:fail|err|den|refus|declin|reject|forbid|prevent|unsuccess)",
    re.IGNORECASE,
)
"""A word with which an answer admits that something did not work."""
_SHOWN: Final = 3
_DEEPEST: Final = 20


def goal_fulfilment(episode: Episode) -> Finding:
    """How much of the goal was met, by the verdict, and by milestones where they were measured.

    A goal that was missed is met by the share of its milestones that were reached, less a tenth for
    each thing done that no solution does, and at most `awm.verify.shaping.MOST`.
    """
    if episode.is_complete:
        return Finding("goal_fulfilment", 1.0, _told(episode.reason, "The task was done."))
    if episode.outcome == "environment_error":
        return unknown("goal_fulfilment", f"The world kept it from that: {episode.reason}")
    if episode.progress is not None:
        return _by_progress(episode.progress)
    score = _PARTIAL if episode.outcome == "partial" else 0.0
    return Finding("goal_fulfilment", score, _told(episode.reason, "The task was not done."))


def logical_consistency(episode: Episode, told: str | None = "") -> Finding:
    """Whether what was done follows from what was seen.

    Each call, and the answer, is a step that can be amiss: a call that uses an identifier which
    nobody had shown the agent, an answer that admits nothing although the last call had failed.

    Args:
        episode: What was done.
        told: What the agent was told before it began, beside its task; None where nobody knows, so
            that no identifier can be said to be invented.
    """
    made = calls_in(episode.trajectory)
    invented = () if told is None else _invented(Shown(episode.trajectory, told), made)
    slips = [*invented, *_concealed(episode.trajectory, made)]
    steps = len(made) + (episode.trajectory.final_answer is not None)
    if not steps:
        return unknown("logical_consistency", "Nothing was done and nothing was answered.")
    turns = tuple(sorted({slip.turn for slip in slips}))
    amiss = len({(slip.turn, slip.number) for slip in slips})
    reason = _listed([slip.what for slip in slips]) or "No step contradicts what had been seen."
    return Finding("logical_consistency", 1 - amiss / steps, reason, turns)


def execution_efficiency(
    episode: Episode, oracle_calls: int | None, wrote: Set[Place] | None
) -> Finding:
    """How much of what was done was needed.

    Of an episode that did its task, the calls of the reference solution over those that it tried: a
    call that was turned back is one, and so is every listing of the tools but the first. Otherwise
    the share of these that neither failed nor were turned back nor repeated one that had answered
    the same.

    Args:
        episode: What was done.
        oracle_calls: How many calls the reference solution takes, if that is known.
        wrote: Which calls changed the state, by turn and number in it, if that was measured.
    """
    made, listed = calls_in(episode.trajectory), listings_in(episode.trajectory)
    tried = [place for place in attempts_in(episode.trajectory) if place not in listed[:1]]
    if not tried:
        return unknown("execution_efficiency", "No tool was called.")
    known = {*listed, *(call.place for call in made)}
    failed = [call.place for call in made if call.result.is_error]
    repeated = [*_repeated(made)]
    late = _late(made, wrote)
    again = [place for place in tried if place in listed]
    turned_back = [place for place in tried if place not in known]
    wasted = {*failed, *repeated, *again, *turned_back}
    needed = oracle_calls if episode.is_complete else None
    # A task that needs none, as one to decline, is no worse done after one look.
    score = (
        1 - len(wasted) / len(tried) if needed is None else min(1.0, max(1, needed) / len(tried))
    )
    notes = [
        "" if needed is None else f"the reference solution takes {needed}",
        _number(failed, "failed"),
        _number(turned_back, "never reached a tool"),
        _number(again, "asked for the tools again"),
        _number(repeated, "repeated an earlier one to the same effect"),
        _number(late, "only looked, after the last change"),
    ]
    calls = "1 call" if len(tried) == 1 else f"{len(tried)} calls"
    reason = "; ".join([calls, *filter(None, notes)])
    turns = tuple(sorted({turn for turn, _ in (*wasted, *late)}))
    return Finding("execution_efficiency", score, f"{reason}.", turns)


@dataclass(frozen=True, slots=True)
class _Slip:
    """A step that does not follow; `number` is -1 for an answer."""

    turn: int
    number: int
    what: str


def _by_progress(progress: Progress) -> Finding:
    count = len(progress.reached) + len(progress.missed)
    share = len(progress.reached) / count - _MINEFIELD * len(progress.hit)
    parts = [f"{len(progress.reached)} of {count} milestones were reached"]
    if progress.missed:
        parts.append(f"missed: {', '.join(progress.missed[:_SHOWN])}")
    parts += progress.hit[:_SHOWN]
    return Finding("goal_fulfilment", min(MOST, max(0.0, share)), f"{'; '.join(parts)}.")


def _invented(shown: Shown, made: Sequence[WorldCall]) -> Iterator[_Slip]:
    """Calls with identifiers that were never shown, each identifier once."""
    accused: set[str] = set()
    for call in made:
        for name, value in _identifiers(call.arguments):
            known = value in accused or any(
                _is_own(name, one) or shown.has(one, call.turn) for one in _spellings(value)
            )
            if not known:
                accused.add(value)
                what = f"a call of {call.tool} had {name} {value}, which had not been shown"
                yield _Slip(call.turn, call.number, what)


def _concealed(run: Trajectory, made: Sequence[WorldCall]) -> Iterator[_Slip]:
    """An answer that admits nothing although the last call had failed."""
    answer = run.final_answer
    if made and made[-1].result.is_error and answer and not _ADMISSION.search(answer):
        what = f"the answer does not say that the last call, {made[-1].tool}, had failed"
        yield _Slip(len(run.turns) - 1, -1, what)


def _identifiers(arguments: JsonObject, deepest: int = _DEEPEST) -> Iterator[tuple[str, str]]:
    """The values in arguments that name something, each with the argument it stands in."""
    for name, value in arguments.items():
        parts = value if isinstance(value, list | tuple) else [value]
        for part in parts:
            if isinstance(part, Mapping) and deepest:
                yield from _identifiers(part, deepest - 1)
            elif _IDENTIFIER.search(str(name)) and _is_name(part):
                # Text may be a list of them; one with a comma in it was shown as its parts are.
                each = (one.strip(_AROUND) for one in str(part).split(","))
                yield from ((str(name), one) for one in each if one)


def _spellings(value: str) -> Iterator[str]:
    """An identifier as it is, and where it is a whole number with or without a `.0`."""
    yield value
    whole, point, rest = value.partition(".")
    if whole.isdecimal() and not rest.strip("0"):
        yield whole if point else f"{whole}.0"


def _is_name(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip() != ""


def _is_own(name: str, value: str) -> bool:
    return value == _OWN_ID and _OWN.search(name) is not None


def _repeated(made: Sequence[WorldCall]) -> Iterator[Place]:
    """Calls that answered what the very same call had answered before."""
    known: set[tuple[str, str]] = set()
    for call in made:
        told = (call.key, call.result.text)
        if told in known:
            yield call.place
        known.add(told)


def _late(made: Sequence[WorldCall], wrote: Set[Place] | None) -> list[Place]:
    """Calls after the last that changed anything; none where that is not known."""
    places = [call.place for call in made]
    last = max((number for number, one in enumerate(places) if one in (wrote or ())), default=None)
    return [] if last is None else places[last + 1 :]


def _number(calls: Sequence[Place], what: str) -> str:
    return f"{len(calls)} {what}" if calls else ""


def _listed(whats: Sequence[str]) -> str:
    more = len(whats) - _SHOWN
    told = [*whats[:_SHOWN], *([f"and {more} more"] if more > 0 else [])]
    text = "; ".join(told)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _told(reason: str, otherwise: str) -> str:
    return reason or otherwise
