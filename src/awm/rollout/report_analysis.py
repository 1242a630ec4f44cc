"""What was found beyond outcomes, as HTML: over all episodes, and in one of them.

What a rule tells and what a judge says are told apart: rules accuse of what the record proves, and
say the same each time; a judge is a language model.
"""

from collections.abc import Sequence
from typing import Final

from awm.pages import cut, level, plural
from awm.rollout.analysis_findings import Analysis, Dimension, Finding
from awm.rollout.analysis_scores import DimensionScore
from awm.rollout.report_plots import share_bar
from awm.rollout.report_text import NONE, number, percent, spaced

__all__ = ["MEANINGS", "analysis_table", "findings_table"]

MEANINGS: Final[dict[Dimension, str]] = {
    "goal_fulfilment": "how much of what was asked for was reached, by the verdict",
    "logical_consistency": "the share of steps that follow from what the agent had been shown: no"
    " made-up identifiers, no answer that hides a failure",
    "execution_efficiency": "the calls of the reference solution over the agent's own; where the"
    " task was not done, the share of calls that neither failed nor repeated themselves",
    "plan_quality": "how well the plan fits the task, in a judge's view",
    "plan_adherence": "how well what was done follows the plan, in a judge's view",
}
"""What is looked at in each dimension."""

_TURNS: Final = 12
_REASON: Final = 3_000
_BY: Final = {
    "rule": '<span class="by">by rule</span>',
    "judge": '<span class="by is-judge">by a judge</span>',
    None: "",
}


def analysis_table(scores: Sequence[DimensionScore]) -> str:
    """A row for each dimension, over all episodes; nothing where nobody looked."""
    if not scores:
        return ""
    rows = "".join(map(_score, scores))
    return (
        "<h2>Beyond the outcome</h2>"
        '<div class="wide card" role="region" aria-label="Beyond the outcome" tabindex="0">'
        '<table class="analysis"><caption>Beyond the outcome</caption><thead><tr>'
        '<th scope="col">Dimension</th><th scope="col">Mean</th><th scope="col"></th>'
        '<th scope="col">95%</th><th scope="col">Episodes</th><th scope="col">Told</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def findings_table(analysis: Analysis | None) -> str:
    """A row for each dimension of one episode; nothing of one without a score."""
    if analysis is None or all(finding.score is None for finding in analysis.findings):
        return ""  # of an episode without a score there is nothing to say but why it has none
    rows = "".join(map(_finding, analysis.findings))
    return f'<table class="findings"><caption>Analysis</caption><tbody>{rows}</tbody></table>'


def _score(one: DimensionScore) -> str:
    name, score = spaced(one.dimension), one.score
    if score is None:
        why = "no judge was asked" if one.by is None else "it cannot be told"
        return (
            f'<tr><th scope="row">{name}</th><td>{NONE}</td><td class="none">{why}</td>'
            "<td></td><td></td><td></td></tr>"
        )
    left = f' <span class="size">of {score.n + one.unknown:,}</span>' if one.unknown else ""
    return (
        f'<tr><th scope="row">{name}</th><td>{percent(score.value)}</td>'
        f"<td>{share_bar(score, name)}</td>"
        f"<td>{percent(score.low)} to {percent(score.high)}</td>"
        f"<td>{score.n:,}{left}</td><td>{_BY[one.by]}</td></tr>"
    )


def _finding(finding: Finding) -> str:
    name = spaced(finding.dimension)
    told = "" if finding.score is None else level(finding.score, f"{name}: {finding.score:.2f}")
    return (
        f'<tr><th scope="row">{name}</th><td>{number(finding.score, 2)}</td><td>{told}</td>'
        f"<td>{cut(finding.reason, _REASON)}{_where(finding)} {_BY[finding.by]}</td></tr>"
    )


def _where(finding: Finding) -> str:
    """The turns that show it, the first of them."""
    if not finding.turns:
        return ""
    listed = ", ".join(map(str, finding.turns[:_TURNS]))
    left = len(finding.turns) - _TURNS
    more = f" and {plural(left, 'more turn')}" if left > 0 else ""
    name = "turn" if len(finding.turns) == 1 else "turns"
    return f' <span class="size">{name} {listed}{more}</span>'
