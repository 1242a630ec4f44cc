"""The episodes of an evaluation as HTML: a line for each, and the whole of those that are shown."""

from collections.abc import Iterator
from typing import Final

from awm.pages import cut, escaped, plural
from awm.rollout.analysis_findings import Analysis
from awm.rollout.episode import Counts, Episode
from awm.rollout.facts import TaskFacts
from awm.rollout.outline import Outline, outline_of
from awm.rollout.replaying import EpisodeDiffs
from awm.rollout.report_analysis import findings_table
from awm.rollout.report_text import (
    NONE,
    STOPS,
    beginning,
    folded,
    json_block,
    number,
    outcome_badge,
    spaced,
    text_block,
)
from awm.rollout.report_turns import conversation
from awm.verify import Reward, Verdict

__all__ = ["episode_line", "episode_section"]

_SENTENCE: Final = 160
_REASON: Final = 3_000
_EVIDENCE: Final = 6_000
_NAME: Final = 120


def episode_line(outline: Outline, facts: TaskFacts) -> str:
    """An episode in a line: what it came to, at which task, and at what expense."""
    return f'<div class="episode"{_keys(outline, facts)}>{_line(outline, facts)}</div>'


def episode_section(
    episode: Episode, facts: TaskFacts, diffs: EpisodeDiffs | None, analysis: Analysis | None = None
) -> str:
    """An episode to be opened: its line, what it was worth and why, and all that was said and done.

    Args:
        episode: The episode.
        facts: What is known about its task.
        diffs: What its calls changed; None where they were not replayed.
        analysis: What was found in it beyond its outcome; None where nobody looked.
    """
    outline = outline_of(episode)
    return (
        f'<details class="episode"{_keys(outline, facts)}><summary>{_line(outline, facts)}'
        f'</summary><div class="inside">{_ending(episode)}{_worth(episode)}'
        f"{findings_table(analysis)}<h4>What was said and done</h4>{_replayed(diffs)}"
        f"{conversation(episode.trajectory, diffs)}</div></details>"
    )


def _keys(outline: Outline, facts: TaskFacts) -> str:
    """What the filters go by."""
    difficulty = "" if facts.difficulty is None else str(facts.difficulty)
    return (
        f' data-world="{escaped(outline.job.world)}" data-outcome="{outline.outcome}"'
        f' data-level="{difficulty}"'
    )


def _line(outline: Outline, facts: TaskFacts) -> str:
    job = outline.job
    name = f"{cut(job.world, _NAME).replace('_', '_<wbr>')} <b>#{job.task_idx:d}</b>"
    hard = "" if facts.difficulty is None else f'<span class="level">L{facts.difficulty:d}</span>'
    return (
        f"{outcome_badge(outline.outcome)}"
        f'<span class="which">{name}<span class="round"> · {job.rollout:d}</span>{hard}</span>'
        f'<span class="sentence">{beginning(outline.task, _SENTENCE)}</span>'
        f'<span class="tally">{_tally(outline)}</span>'
    )


def _tally(outline: Outline) -> str:
    return (
        f"<span>{number(outline.reward, 2)}</span>"
        f"<span>{plural(outline.counts.turns, 'turn')}</span>"
        f"<span>{plural(outline.counts.calls, 'call')}</span>"
    )


def _ending(episode: Episode) -> str:
    """Why it ended as it did, and its figures."""
    stop = episode.trajectory.stop
    why = "It did not come to its end" if stop is None else STOPS[stop].capitalize()
    facts = " · ".join([f"{why}", *_counted(episode.counts), *_spent(episode)])
    broken = ""
    if episode.violation is not None:
        told = cut(str(episode.violation), _REASON)
        rule = escaped(spaced(episode.violation.rule))
        broken = f'<p class="violation"><b class="badge is-bad">{rule}</b> {told}</p>'
    return (
        f'<p class="reason">{cut(episode.reason, _REASON)}</p>{broken}<p class="facts">{facts}</p>'
    )


def _counted(counts: Counts) -> Iterator[str]:
    yield plural(counts.turns, "turn")
    yield plural(counts.calls, "call")
    for count, what in (
        (counts.failed, "failed"),
        (counts.invalid, "invalid"),
        (counts.repaired, "read with allowances"),
    ):
        if count:
            yield f"{count:,} {what}"


def _spent(episode: Episode) -> Iterator[str]:
    usage = episode.usage
    if usage.prompt_tokens or usage.completion_tokens:
        yield f"{usage.prompt_tokens:,} tokens in, {usage.completion_tokens:,} out"
    yield f"seed {episode.seed:d}"
    yield cut(episode.policy, _NAME)


def _worth(episode: Episode) -> str:
    reward = _reward(episode.reward, episode.reason)
    return f'<div class="worth">{reward}{_verdict(episode.verdict, episode.reason)}</div>'


def _reward(reward: Reward, known: str) -> str:
    """What was paid, term by term; a reason that stands above already is not told again."""
    if reward.unscored:
        told = f"<p>Unscored: {cut(reward.unscored, _REASON)}</p>"
        return f'<section class="sunk"><h5>Reward</h5>{told}</section>'
    rows = "".join(
        f'<tr><th scope="row">{cut(spaced(part.name), _NAME)}</th>'
        f"<td>{part.value:+.2f}</td><td>{_unless(part.why, known)}</td></tr>"
        for part in reward.components
    )
    return (
        f'<section class="sunk"><h5>Reward <b>{number(reward.total, 2)}</b></h5>'
        f'<table class="terms"><tbody>{rows}</tbody></table></section>'
    )


def _unless(reason: str, known: str) -> str:
    return "" if reason == known else cut(reason, _REASON)


def _verdict(verdict: Verdict | None, known: str) -> str:
    if verdict is None:
        return '<section class="sunk"><h5>Verdict</h5><p>It was not graded.</p></section>'
    who = "a program" if verdict.mode == "code" else "a judge, from a program's evidence"
    told = NONE if verdict.outcome is None else outcome_badge(verdict.outcome)
    why = _unless(verdict.reason, known)
    reason = f"<p>{why}</p>" if why else ""
    return (
        f'<section class="sunk"><h5>Verdict {told}</h5>{reason}<p class="facts">by {who}</p>'
        f"{''.join(_grounds(verdict))}</section>"
    )


def _grounds(verdict: Verdict) -> Iterator[str]:
    """What a verdict rests on."""
    if verdict.error is not None:
        yield text_block(str(verdict.error), _REASON)
    if verdict.cited:
        cited = "".join(f"<li>{cut(each, _REASON)}</li>" for each in verdict.cited)
        yield f'<p>It relies on:</p><ul class="cited">{cited}</ul>'
    if verdict.evidence:
        evidence = json_block(dict(verdict.evidence), _EVIDENCE)
        yield f'<p class="size">Evidence</p>{evidence}'
    if verdict.votes:
        votes = "".join(f"<li>{json_block(dict(vote), _REASON)}</li>" for vote in verdict.votes)
        yield folded(plural(len(verdict.votes), "vote"), f"<ol>{votes}</ol>", "votes")


def _replayed(diffs: EpisodeDiffs | None) -> str:
    if diffs is None:
        return '<p class="facts">Its calls were not replayed: what they changed is not shown.</p>'
    if diffs.fault:
        return f'<p class="warned">The replay broke off: {cut(diffs.fault, _REASON)}</p>'
    differing = sum(call.answered is not None for call in diffs.calls.values())
    if differing:
        told = f"{plural(differing, 'call')} of {len(diffs.calls):,} answered something else when"
        return f'<p class="warned">{told} replayed: the world is no longer what it was.</p>'
    return ""
