"""An evaluation as one HTML file that a person browses: no network, no framework.

The page works without its script, which adds filters and sorting. It holds no timings, nor where
the evaluation is: equal evaluations give equal pages.
"""

from collections.abc import Iterator, Mapping, Sequence
from string import Template
from typing import Any, Final

from awm.pages import cut, escaped, page_head, page_part, plot_style, plural, style
from awm.rollout.analysis_findings import Analysis
from awm.rollout.evaluation import Evaluation
from awm.rollout.job import Job
from awm.rollout.metrics import Summary
from awm.rollout.metrics_passing import over_most_tasks
from awm.rollout.outline import Outline, outline_of
from awm.rollout.replaying import EpisodeDiffs
from awm.rollout.report_analysis import MEANINGS, analysis_table
from awm.rollout.report_cards import figures_of, headline_cards, plot_cards
from awm.rollout.report_episodes import episode_line, episode_section
from awm.rollout.report_sample import MOST_SHOWN, sample_of
from awm.rollout.report_tables import group_table, tool_table
from awm.rollout.report_text import MARKS, STOPS, figure_list, json_block, spaced, word_list

__all__ = ["EVALUATION", "evaluation_html"]

EVALUATION: Final = "Evaluation of "
"""How the titles of these pages begin."""

_PACKAGE: Final = "awm.rollout"
_ORDER: Final = 20_000
_NAME: Final = 120


def evaluation_html(
    evaluation: Evaluation,
    summary: Summary,
    diffs: Mapping[Job, EpisodeDiffs],
    *,
    analyses: Mapping[Job, Analysis] | None = None,
    outlines: Sequence[Outline] | None = None,
    most: int = MOST_SHOWN,
) -> str:
    """Write an evaluation as a page; equal evaluations give equal pages, however long they took.

    Only what is shown in full is read as a whole.

    Args:
        evaluation: What was played; every text in it is taken for a stranger's.
        summary: What it came to.
        diffs: What calls changed, of the episodes that are shown in full (see `sample_of`).
        analyses: What was found in episodes beyond their outcomes, where anybody looked.
        outlines: Those of all episodes, in their order; None to go through the episodes for them.
        most: How many episodes are shown in full.
    """
    script = page_part(_PACKAGE, "sorting.js") + page_part(_PACKAGE, "filtering.js")
    styles = style() + plot_style() + page_part(_PACKAGE, "evaluation.css")
    if outlines is None:
        outlines = [outline_of(episode) for episode in evaluation.episodes]
    policy = _policy_of(outlines)
    return Template(page_part(_PACKAGE, "evaluation.html")).substitute(
        head=page_head(f"{EVALUATION}{escaped(policy)}", styles, script),
        script=script,
        policy=cut(policy, _NAME),
        headline=_headline(evaluation, summary),
        hero="".join(headline_cards(summary)),
        figures=figure_list(figures_of(summary)),
        plots="\n".join(plot_cards(outlines, summary)),
        analysis=analysis_table(summary.analysis),
        tables="\n".join(_tables(summary)),
        filters=_filters(outlines, summary, most),
        told=_told(len(outlines), most),
        episodes="\n".join(_episodes(evaluation, outlines, diffs, analyses or {}, most)),
        order=json_block(evaluation.order, _ORDER),
        outcome_words=word_list((spaced(name), text) for name, text in _OUTCOMES.items()),
        stop_words=word_list((spaced(name), text) for name, text in STOPS.items()),
        figure_words=word_list(_WORDS.items()),
        analysis_words=word_list((spaced(name), text) for name, text in MEANINGS.items()),
    )


def _policy_of(outlines: Sequence[Outline]) -> str:
    """Who acted, by name."""
    names = dict.fromkeys(one.policy for one in outlines)
    return ", ".join(names) or "nobody"


def _headline(evaluation: Evaluation, summary: Summary) -> str:
    parts = [
        plural(summary.worlds, "world"),
        plural(summary.whole.tasks, "task"),
        plural(summary.episodes, "episode"),
        *(_ordered(name, evaluation.order) for name in ("rollouts", "seed")),
    ]
    return " · ".join(filter(None, parts))


def _ordered(name: str, order: Mapping[str, Any]) -> str:
    return f"{name} {cut(str(order[name]), _NAME)}" if name in order else ""


def _tables(summary: Summary) -> Iterator[str]:
    k = len(over_most_tasks(summary.whole.passing))
    yield group_table("Difficulty", summary.by_difficulty, k)
    yield group_table("Kind", summary.by_kind, k)
    yield group_table("Tag", summary.by_tag, k)
    yield group_table("Category", summary.by_category, k)
    yield group_table("World", summary.by_world, k)
    yield tool_table(summary.tools)


def _filters(outlines: Sequence[Outline], summary: Summary, most: int) -> str:
    """What to choose by; a filter with one choice is none."""
    worlds = sorted({one.job.world for one in outlines})
    outcomes = {one.outcome for one in outlines}
    levels = [group.name for group in summary.by_difficulty if group.name is not None]
    options = "".join(
        f'<option value="{escaped(world)}">{cut(world, _NAME)}</option>' for world in worlds
    )
    chosen = (
        '<label class="search">World <select name="world"><option value="">all</option>'
        f"{options}</select></label>"
    )
    return (
        (chosen if len(worlds) > 1 else "")
        + _boxes("Outcome", "outcome", {name: spaced(name) for name in MARKS if name in outcomes})
        + _boxes("Difficulty", "level", {name: escaped(name) for name in levels})
        + (_ONLY if len(outlines) > most else "")
    )


_ONLY: Final = (
    '<fieldset><legend>Only</legend><label><input type="checkbox" name="full" value="full">'
    "those that open</label></fieldset>"
)


def _boxes(title: str, name: str, values: Mapping[Any, str]) -> str:
    if len(values) < 2:
        return ""
    boxes = "".join(
        f'<label class="is-{escaped(value)}"><input type="checkbox" name="{name}"'
        f' value="{escaped(value)}">{text}</label>'
        for value, text in values.items()
    )
    return f"<fieldset><legend>{title}</legend>{boxes}</fieldset>"


def _told(count: int, most: int) -> str:
    """What stands here of so many episodes, and what is left out."""
    if count <= most:
        return "Each opens: what was said and done, what every call changed, and what it was worth."
    return (
        f"{most:,} of {count:,} open: of each task one episode of each outcome first, those that"
        " failed before those that did not. The others are lines here; episodes.jsonl has them all."
    )


def _episodes(
    evaluation: Evaluation,
    outlines: Sequence[Outline],
    diffs: Mapping[Job, EpisodeDiffs],
    analyses: Mapping[Job, Analysis],
    most: int,
) -> Iterator[str]:
    shown = {one.job for one in sample_of(outlines, most)}
    for place, outline in enumerate(outlines):
        facts, job = evaluation.facts_of(outline.job), outline.job
        if job in shown:
            episode = evaluation.episodes[place]
            yield episode_section(episode, facts, diffs.get(job), analyses.get(job))
        else:
            yield episode_line(outline, facts)


_OUTCOMES: Final = {
    "complete": "the task was done",
    "partial": "a part of it was done",
    "agent_error": "it was not done, and that is the agent's doing",
    "environment_error": "it was not done, and a world that failed kept the agent from it",
    "infrastructure_error": "nobody's doing, and never scored: in no mean and in no rate",
}
_WORDS: Final = {
    "success": "the share of scored episodes that did their task; each episode counts once",
    "95%": "intervals that know which episodes go together: over worlds, or over tasks where"
    " there are few worlds",
    "pass@k": "the chance that of k attempts at a task at least one succeeds, without bias; each"
    " task counts once, and one with fewer scored attempts is left out",
    "pass^k": "the chance that all of k attempts at a task succeed, likewise",
    "invalid calls": "the share of the calls tried that could not be made out, named no tool that"
    " is there, or had arguments that do not fit it",
    "failed calls": "the share of the calls carried out that came back as errors",
    "allowances": "how often in an episode a reply was understood though it broke the format",
    "success with it": "the success of episodes that called the tool, which is not its doing",
    "turned back": "calls that name the tool and never got to the world: their arguments are no"
    " object, or ended the episode",
}
