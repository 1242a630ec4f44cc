"""What the benchmarks share: their options, their lines, and how those are shown and kept."""

import argparse
import json
import os
import platform
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

__all__ = ["SAMPLE", "Figure", "conclude", "folders_of", "options_of"]

SAMPLE = Path(__file__).parents[1] / "../shared/awm-sample"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report.

    Attributes:
        name: What was measured.
        ordinary, ours: Both measurements, in words.
        ratio: By how much ours is better or, where `target` says at most, dearer.
        target: What is promised.
        met: Whether the promise is kept.
    """

    name: str
    ordinary: str
    ours: str
    ratio: str
    target: str
    met: bool


def options_of(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Read the command line: the parser's own options and those that all benchmarks have."""
    parser.add_argument("folders", nargs="*", help="more worlds; the sample where it is present")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a promise is broken")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--markdown", type=Path, help="also write them as a section of this page")
    return parser.parse_args()


def folders_of(options: argparse.Namespace) -> Iterator[str]:
    """The folders of worlds to measure with."""
    yield "bundled"
    yield from options.folders
    if not options.folders and SAMPLE.is_dir():
        yield str(SAMPLE)


def conclude(
    title: str, subject: str, figures: Sequence[Figure], options: argparse.Namespace
) -> int:
    """Show the figures, and keep them where the options say.

    Args:
        title: What was compared; the heading of its section.
        subject: What it was measured with, in one sentence.
        figures: The lines.
        options: The command line.

    Returns:
        The process's exit status.
    """
    _print(f"{title} ({subject})", figures)
    if options.json:
        report = {"measured": subject, "figures": [asdict(figure) for figure in figures]}
        options.json.write_text(json.dumps(report, indent=2))
    if options.markdown:
        _write_section(options.markdown, title, _section(subject, figures))
    return int(options.strict and not all(figure.met for figure in figures))


def _print(title: str, figures: Sequence[Figure]) -> None:
    table = Table(title=title)
    for column in ("", "ordinary", "ours", "ratio", "promised", ""):
        table.add_column(column)
    for figure in figures:
        mark = "met" if figure.met else "MISSED"
        table.add_row(figure.name, figure.ordinary, figure.ours, figure.ratio, figure.target, mark)
    Console().print(table)


def _section(subject: str, figures: Sequence[Figure]) -> str:
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    machine = f"{platform.system()} {platform.release()}, {os.cpu_count()} cores"
    lines = [
        f"Measured with {subject}. {machine}, {versions}, {datetime.now(UTC):%Y-%m-%d}.",
        "",
        "| | ordinary | ours | ratio | promised |",
        "|---|---|---|---|---|",
        *(
            f"| {figure.name} | {figure.ordinary} | {figure.ours} | {figure.ratio}"
            f" | {figure.target}: {'met' if figure.met else '**missed**'} |"
            for figure in figures
        ),
    ]
    return "\n".join(lines)


def _write_section(page: Path, title: str, text: str) -> None:
    """Put a section into a page of the documentation, in place of the one of that title."""
    head = (
        "# Figures\n\nWritten by `make benchmark`; see `benchmarks/` for what is measured and how."
    )
    _, *sections = re.split(r"^## ", page.read_text() if page.exists() else "", flags=re.MULTILINE)
    kept = {section.partition("\n")[0]: section.partition("\n")[2].strip() for section in sections}
    kept[title] = text
    parts = [head, *(f"## {name}\n\n{body}" for name, body in kept.items())]
    page.write_text("\n\n".join(parts) + "\n")
