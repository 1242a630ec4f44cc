"""`awm worlds stats`: what a set of worlds is like, from its files alone."""

from pathlib import Path

from awm.cli.console import print_json, progress, stdout
from awm.cli.outcome import show_problems
from awm.cli.plain import plain_problem
from awm.cli.report_file import check_report_file, write_report
from awm.cli.stats_view import show_statistics
from awm.errors import Problem, WorldError
from awm.synthesis.measuring import WorldFigures, figures_of
from awm.synthesis.similarity import StaticEmbedder
from awm.synthesis.statistics import statistics_of
from awm.synthesis.stats_html import statistics_html
from awm.synthesis.stats_plain import statistics_json
from awm.worlds import WorldFolder, open_worlds

__all__ = ["show_stats"]


def show_stats(source: str, *, as_json: bool, html_file: Path | None) -> None:
    """Measure the worlds of a folder and show what the set is like.

    Args:
        source: The folder, or `bundled`.
        as_json: Print a JSON document instead of tables.
        html_file: Where to write a page, if anywhere.

    Raises:
        UsageError: The page cannot be written there.
        WorldFileError: The folder cannot be opened.
    """
    check_report_file("--html", html_file)
    folder = open_worlds(source)
    figures, broken = _measured(folder)
    read = {world.name for world in figures}
    left = [name for name in folder if name not in read]
    found = statistics_of(figures, StaticEmbedder(), folder=str(folder.path), unread=left)
    if html_file is not None:
        write_report(html_file, statistics_html(found))
    problems = [*folder.problems, *broken]
    if as_json:
        print_json(statistics_json(found) | {"problems": list(map(plain_problem, problems))})
        return
    show_statistics(found)
    if html_file is not None:
        stdout().print(f"\nThe page is in {html_file}", markup=False, soft_wrap=True)
    show_problems(problems, named=True)


def _measured(folder: WorldFolder) -> tuple[list[WorldFigures], list[Problem]]:
    """The figures of the worlds that can be read, one held at a time, and why others cannot."""
    figures: list[WorldFigures] = []
    problems: list[Problem] = []
    with progress("Reading worlds", len(folder)) as advance:
        for name in folder:
            try:
                figures.append(figures_of(folder[name]))
            except WorldError as error:
                unread = Problem(name, "", error.message, error.hint)
                problems += error.problems or [unread]
            advance(name)
    return figures, problems
