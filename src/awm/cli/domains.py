"""`awm domains`: what the builtin author knows, and checking what somebody adds to it."""

from pathlib import Path
from typing import Annotated

import typer

from awm.cli.options import AsJson, new_app, place, whole

__all__ = ["app"]

app = new_app("Domains and capabilities: what worlds are composed of.")


@app.command("list")
def list_domains(as_json: AsJson = False) -> None:
    """List the domains with their categories and sizes, and the capabilities."""
    from awm.cli import domain_view  # noqa: PLC0415

    domain_view.list_domains(as_json=as_json)


@app.command("check")
def check(
    *,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...", parser=place, help="Domains or capabilities; all of ours if none."
        ),
    ] = None,
    samples: Annotated[
        int,
        typer.Option(
            "--samples",
            parser=whole(0),
            metavar="INTEGER",
            help="How many tasks of each sort to show.",
        ),
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Read domains with each of their parts, play their pasts, and try every action."""
    from awm.cli import domain_view  # noqa: PLC0415

    raise typer.Exit(domain_view.check(files or [], samples, as_json=as_json))
