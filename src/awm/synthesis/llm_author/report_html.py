"""What a run of a model came to as one HTML page: no network, no script."""

from collections.abc import Callable, Iterator, Sequence
from string import Template
from typing import Final

from awm.pages import (
    bar,
    cut,
    escaped,
    level,
    page_head,
    page_part,
    plot_style,
    plural,
    style,
)
from awm.synthesis.llm_author.report_worlds import left_as_is, lost_ones, world_table
from awm.synthesis.llm_author.reporting import (
    PUBLISHED,
    RunReport,
    StageReport,
    known_usd,
    usd_text,
)

__all__ = ["report_html"]

_COLUMNS: Final = (
    "", "Passed", "At once", "Repairs", "Left wrong", "Ended", "Questions", "Tokens in",
    "Tokens out", "USD",
)  # fmt: skip
_NONE: Final = "-"
_LONGEST: Final = 400
_PROGRAMS: Final = ("env", "blueprint")
"""The stages that are to be compared with the published one that writes environments."""


def report_html(report: RunReport, seconds: float, folder: str, *, whole: bool = True) -> str:
    """Write what a run came to as a page.

    Args:
        report: What it came to; every text in it is taken for a stranger's.
        seconds: How long it took.
        folder: Where its worlds are.
        whole: Whether it came to its end.
    """
    package = "awm.synthesis.llm_author"
    styles = style() + plot_style() + page_part(package, "run.css")
    return Template(page_part(package, "run.html")).substitute(
        head=page_head(f"A run of a model in {escaped(folder)}", styles),
        folder=escaped(folder),
        headline=_headline(report, whole=whole),
        figures=_figures(report, seconds),
        published="\n".join(_published(report)),
        columns="".join(f'<th scope="col">{name}</th>' for name in _COLUMNS),
        stages="\n".join(map(_stage, report.stages)),
        plots="\n".join(_plots(report.stages)),
        mended=_mended(report.stages),
        worlds=world_table(report),
        left=left_as_is(report),
        lost=lost_ones(report),
        words="".join(f"<dt>{word}</dt><dd>{text}</dd>" for word, text in _words()),
    )


def _headline(report: RunReport, *, whole: bool) -> str:
    text = (
        f"{plural(report.worlds, 'world')}, {report.proven_worlds:,} of them with every task proven"
        f" · {plural(report.tasks, 'task')}, {report.proven:,} proven"
    )
    early = "The run ended early; this is what it had come to. The same command goes on. "
    return text if whole else early + text


def _figures(report: RunReport, seconds: float) -> str:
    figures = {
        "worlds": f"{report.worlds:,}",
        "fully proven": f"{report.proven_worlds:,}",
        "tasks": f"{report.tasks:,}",
        "tasks proven": f"{report.proven:,}",
        "scenarios lost": f"{len(report.lost):,}",
        "seconds": f"{seconds:,.1f}",
        "questions": f"{report.expense.asked:,}",
        "tokens out": f"{report.expense.completion_tokens:,}",
        "USD": usd_text(known_usd(report.expense)),
        "USD for 100 worlds": _per_100(report),
    }
    return "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in figures.items())


def _per_100(report: RunReport) -> str:
    return usd_text(report.usd_per_100) if report.worlds else _NONE


def _published(report: RunReport) -> Iterator[str]:
    programs = next((each for each in report.stages if each.stage in _PROGRAMS), None)
    if programs is not None and programs.passed:
        at_once = f"{programs.at_once / programs.passed:.0%}"
        what = "Environments" if programs.stage == "env" else "Blueprints"
        yield _compared(f"{what} right at once", at_once, f"{PUBLISHED.first_attempt:.0%}")
        repairs = f"{programs.repairs:.2f}"
        yield _compared("Repairs of the others, each", repairs, f"{PUBLISHED.repairs:.2f}")
    yield _compared("USD for 100 worlds", _per_100(report), usd_text(PUBLISHED.usd))


def _compared(what: str, here: str, published: str) -> str:
    return f'<tr><th scope="row">{what}</th><td>{here}</td><td>{published}</td></tr>'


def _stage(each: StageReport) -> str:
    went = each.passed > 0
    texts = (
        f"{each.passed:,}" if went else _NONE,
        f"{each.at_once / each.passed:.0%}" if went else _NONE,
        f"{each.repairs:.2f}" if went else _NONE,
        f"{each.broken:,}",
        f"{each.failed:,}",
        f"{each.expense.asked:,}",
        f"{each.expense.prompt_tokens:,}",
        f"{each.expense.completion_tokens:,}",
        usd_text(known_usd(each.expense)),
    )
    cells = "".join(f"<td>{text}</td>" for text in texts)
    return f'<tr><th scope="row">{escaped(each.stage)}</th>{cells}</tr>'


def _plots(stages: Sequence[StageReport]) -> Iterator[str]:
    if gone := [each for each in stages if each.passed or each.failed]:
        yield _card("What came of worlds at each stage", _outcomes(gone), "outcome")
    yield from _levels(
        "Tokens of answers", stages, lambda each: float(each.expense.completion_tokens)
    )
    yield from _levels("Seconds that answers took", stages, lambda each: each.expense.seconds)


def _card(title: str, rows: str, kind: str = "") -> str:
    table = f'<table class="sorts {kind}"><tbody>{rows}</tbody></table>'
    legend = _legend() if kind else ""
    return f'<section class="card"><h3>{title}</h3>{table}{legend}</section>'


def _outcomes(stages: Sequence[StageReport]) -> str:
    return "".join(_outcome(each) for each in stages)


def _outcome(each: StageReport) -> str:
    counts = {
        "once": each.at_once,
        "mended": each.passed - each.at_once - each.broken,
        "left": each.broken,
        "ended": each.failed,
    }
    told = ", ".join(f"{_OUTCOMES[name]} {count:,}" for name, count in counts.items() if count)
    return (
        f'<tr title="{told}"><th scope="row">{escaped(each.stage)}</th>'
        f"<td>{bar(counts, f'{each.stage}: {told}')}</td>"
        f"<td>{each.passed + each.failed:,}</td></tr>"
    )


_OUTCOMES: Final = {
    "once": "right at once",
    "mended": "right after repairs",
    "left": "left wrong",
    "ended": "ended there",
}


def _legend() -> str:
    keys = "".join(
        f'<span class="is-{name}"><i aria-hidden="true">■</i> {text}</span>'
        for name, text in _OUTCOMES.items()
    )
    return f'<p class="legend facts">{keys}</p>'


def _levels(
    title: str, stages: Sequence[StageReport], figure: Callable[[StageReport], float]
) -> Iterator[str]:
    """A bar for each stage; nothing where there would be none."""
    figures = {each.stage: figure(each) for each in stages}
    most, total = max(figures.values(), default=0.0), sum(figures.values())
    if most > 0:
        rows = (
            f'<tr><th scope="row">{escaped(stage)}</th>'
            f"<td>{level(value / most, f'{stage}: {value:,.0f}')}</td>"
            f"<td>{value:,.0f}</td><td>{value / total:.0%}</td></tr>"
            for stage, value in figures.items()
        )
        yield _card(title, "".join(rows))


def _mended(stages: Sequence[StageReport]) -> str:
    cards = [_most(each) for each in stages if each.mended]
    if not cards:
        return ""
    return f'<h2>What was mended most often</h2><div class="plots">{"".join(cards)}</div>'


def _most(each: StageReport) -> str:
    lines = "".join(
        f"<li><b>{times:,}</b><span>{cut(what, _LONGEST)}</span></li>"
        for what, times in each.mended
    )
    name = escaped(each.stage)
    return f'<section class="card"><h3>{name}</h3><ul class="most">{lines}</ul></section>'


def _words() -> Iterator[tuple[str, str]]:
    yield "at once", "nothing had to be mended, and nothing is left wrong"
    yield "repairs", "how often what was not right at once was asked for again, on average"
    yield "left wrong", "went on with something that has to be mended: the best that was written"
    yield "ended", "there is no world of these scenarios"
    yield "proven", "an agent did it, its verifier and a second opinion accepted that, and attacks"
    yield "questions", "answers that were paid for, over all runs in the folder"
    yield "published", "what the published pipeline reports of itself (arXiv 2602.10090)"
