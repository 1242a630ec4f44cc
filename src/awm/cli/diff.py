"""`awm diff`: the rows in which two databases differ."""

from pathlib import Path
from typing import Annotated

import typer

from awm.cli.options import AllowWeak, AsJson

__all__ = ["diff"]


def diff(
    before: Annotated[
        Path,
        typer.Argument(help="A SQLite file, or a run folder with initial.db and final.db."),
    ],
    after: Annotated[
        Path | None,
        typer.Argument(help="Another SQLite file; none with a run folder.", show_default=False),
    ] = None,
    *,
    show_all: Annotated[bool, typer.Option("--all", help="Show every row of long tables.")] = False,
    as_json: AsJson = False,
    allow_weak_isolation: AllowWeak = None,
) -> None:
    """Show the rows in which two databases differ, and which columns are volatile.

    A volatile column says when or by which chance something was done, and not what.
    """
    from awm.cli import differing  # noqa: PLC0415

    differing.show_difference(
        before,
        after,
        show_all=show_all,
        as_json=as_json,
        allow_weak_isolation=allow_weak_isolation,
    )
