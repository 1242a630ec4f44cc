"""`awm audit`: can tasks be solved, and do verifiers tell right from wrong?"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from awm.cli.options import AllowWeak, Folder, Jobs, Overwrite, seed_option

__all__ = ["audit"]


class _Requirement(StrEnum):
    """`awm.audit.Requirement`, as typer wants it."""

    PROVEN = "proven"
    SOUND = "sound"


def audit(  # noqa: PLR0913 - one for each option
    *,
    folder: Folder = "bundled",
    json_file: Annotated[
        str | None,
        typer.Option("--json", metavar="FILE", help="Write all of it as JSON; - to print that."),
    ] = None,
    html_file: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write a page to browse it."),
    ] = None,
    jobs: Jobs = None,
    seed: Annotated[int, seed_option("What arguments and near misses are chosen by.")] = 0,
    calls_per_tool: Annotated[
        int | None,
        typer.Option(
            "--calls_per_tool",
            min=1,
            help="How often each tool is called; 48 unless told.",
            show_default=False,
        ),
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option("--scenario", metavar="NAME", help="Only this world; may be repeated."),
    ] = None,
    require: Annotated[
        _Requirement | None,
        typer.Option(
            "--require",
            help="Exit with 1 unless every task is proven, or none is unsound or blocked.",
        ),
    ] = None,
    repeat: Annotated[
        Path | None,
        typer.Option(
            "--repeat",
            metavar="REPORT",
            help="Carry out again what a --json report found; exit with 1 if anything is left.",
        ),
    ] = None,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="Write a corrected copy; --require is then asked of that."),
    ] = False,
    output_dir: Annotated[
        Path | None,
        typer.Option(
            "--output_dir",
            metavar="DIR",
            help="Where the copy goes; by default FOLDER_fixed.",
            show_default=False,
        ),
    ] = None,
    overwrite: Overwrite = False,
    allow_weak_isolation: AllowWeak = None,
) -> None:
    """Prove worlds: every tool is tried, every oracle carried out, every verifier tested.

    A verifier has to accept the oracle and to reject what is nearly right. What it gets wrong is
    kept as calls and an answer that anybody can repeat.
    """
    from awm.cli import auditing  # noqa: PLC0415

    request = auditing.Request(
        folder=folder,
        json_file=json_file,
        html_file=html_file,
        jobs=jobs,
        seed=seed,
        calls_per_tool=calls_per_tool,
        scenarios=tuple(scenario or ()),
        require=None if require is None else require.value,
        fix=fix,
        output_dir=output_dir,
        overwrite=overwrite,
        allow_weak_isolation=allow_weak_isolation,
    )
    if repeat is not None:
        raise typer.Exit(auditing.repeat_findings(request, repeat))
    raise typer.Exit(auditing.audit(request))
