"""`awm gen transcript`: what a run said to the model and what it answered."""

from pathlib import Path
from typing import Annotated

import typer

from awm.cli.options import AsJson, names_in, place

__all__ = ["transcript"]


def transcript(
    folder: Annotated[Path, typer.Argument(parser=place, help="Where a model was asked.")],
    *,
    scenario: Annotated[
        list[str] | None,
        typer.Option("--scenario", metavar="NAME", help="Only this one; may be repeated."),
    ] = None,
    stage: Annotated[
        list[str] | None,
        typer.Option("--stage", metavar="NAME", help="Only this stage; may be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print what a run asked models and what they answered, as Markdown, oldest first.

    The folder is one of `awm gen`, of `awm eval` or of `awm agent`.
    """
    from awm.cli import transcribing  # noqa: PLC0415 - a model's libraries are for models

    # A scenario's name may hold a comma; a stage's does not.
    transcribing.transcribe(folder, tuple(scenario or ()), names_in(stage), as_json=as_json)
