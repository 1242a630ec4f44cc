"""The worlds of a run on its page: a row for each, what is left wrong, and what was lost."""

from collections.abc import Sequence
from typing import Final

from awm.pages import cut, escaped, plural
from awm.synthesis.llm_author.reporting import (
    Ending,
    Passage,
    RunReport,
    WorldReport,
    known_usd,
    usd_text,
)

__all__ = ["left_as_is", "lost_ones", "world_table"]

_TITLE: Final = 200
_LONGEST: Final = 2_000
_WHY: Final = 20_000
_ENDINGS: Final[dict[Ending, str]] = {
    "world": "proven",
    "lost": "lost",
    "unfinished": "not finished",
}


def world_table(report: RunReport) -> str:
    """A row for each scenario that was taken up, and how it went through the stages."""
    if not report.by_world:
        return ""
    stages = [each.stage for each in report.stages if each.passed or each.failed]
    columns = "".join(
        f'<th scope="col"{kind}>{escaped(name)}</th>'
        for name, kind in [
            ("", ""),
            ("", ""),
            ("Proven", ""),
            *((stage, ' class="passed"') for stage in stages),
            ("Questions", ""),
            ("Tokens out", ""),
            ("USD", ""),
        ]
    )
    rows = "\n".join(_row(each, stages) for each in report.by_world)
    return f"""<h2>Worlds</h2>
<p class="facts">{_KEY}</p>
<div class="wide card" role="region" aria-label="Worlds" tabindex="0">
<table class="worlds">
<caption>How each world went through the stages</caption>
<thead><tr>{columns}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</div>"""


_KEY: Final = (
    'How often the model was asked: <i class="key is-once">1</i> right at once,'
    ' <i class="key is-mended">3</i> after repairs, <i class="key is-left">4!</i> left wrong,'
    ' <i class="key is-ended">✕</i> ended there, · not reached.'
)


def _row(world: WorldReport, stages: Sequence[str]) -> str:
    passed = {each.stage: each for each in world.stages}
    cells = "".join(_cell(stage, passed.get(stage), world) for stage in stages)
    proven = f"{world.proven:,} / {world.tasks:,}" if world.ending == "world" else "-"
    return (
        f'<tr><th scope="row">{cut(world.title, _TITLE)}</th><td>{_badge(world)}</td>'
        f"<td>{proven}</td>"
        f"{cells}<td>{world.expense.asked:,}</td><td>{world.expense.completion_tokens:,}</td>"
        f"<td>{usd_text(known_usd(world.expense))}</td></tr>"
    )


def _badge(world: WorldReport) -> str:
    if world.ending == "world" and not world.is_proven:
        return '<b class="badge is-mended">in part</b>'
    return f'<b class="badge is-{world.ending}">{_ENDINGS[world.ending]}</b>'


def _cell(stage: str, passage: Passage | None, world: WorldReport) -> str:
    if world.ended == stage:
        kind, text = "ended", "✕"
    elif passage is None:
        return '<td class="passed zero">·</td>'
    elif passage.broken:
        kind, text = "left", f"{passage.attempts}!"
    else:
        kind, text = "once" if passage.attempts == 1 else "mended", f"{passage.attempts}"
    return f'<td class="passed"><i class="key is-{kind}">{text}</i></td>'


def left_as_is(report: RunReport) -> str:
    """What was found and not mended, each world to be unfolded; first what has to be mended."""
    worlds = [each for each in report.by_world if any(passage.left for passage in each.stages)]
    if not worlds:
        return ""
    worlds.sort(key=lambda world: not any(each.broken for each in world.stages))
    return f"<h2>What was left as it is</h2>{''.join(map(_left, worlds))}"


def _left(world: WorldReport) -> str:
    passages = [each for each in world.stages if each.left]
    count = sum(len(each.left) for each in passages)
    wrong = f" {_WRONG}" if any(each.broken for each in passages) else ""
    tally = f'<span class="tally">{plural(count, "finding")}</span>'
    return (
        f'<details class="world"><summary><b>{cut(world.title, _TITLE)}</b>{wrong}{tally}</summary>'
        f'<div class="inside">{"".join(map(_findings, passages))}</div></details>'
    )


_WRONG: Final = '<b class="badge is-left">left wrong</b>'


def _findings(passage: Passage) -> str:
    wrong = f" {_WRONG}" if passage.broken else ""
    lines = "".join(f"<li>{cut(what, _LONGEST)}</li>" for what in passage.left)
    return f'<h4>{escaped(passage.stage)}{wrong}</h4><ul class="wrong">{lines}</ul>'


def lost_ones(report: RunReport) -> str:
    """The scenarios of which there is no world, with the whole reason."""
    if not report.lost:
        return ""
    parts = "".join(
        f'<details class="world" open><summary><b>{cut(title, _TITLE)}</b>'
        f'<span class="tally">ended at <b class="badge is-lost">{escaped(stage)}</b></span>'
        f'</summary><div class="inside"><p class="why">{cut(why, _WHY)}</p></div></details>'
        for title, stage, why in report.lost
    )
    return f"<h2>Scenarios that were lost</h2>{parts}"
