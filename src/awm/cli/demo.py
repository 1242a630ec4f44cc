"""`awm demo`: the main job, on real worlds, for a person to read."""

from pathlib import Path
from typing import Annotated

import typer

from awm.cli.options import AllowWeak, Jobs

__all__ = ["demo"]


def demo(
    *,
    folders: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FOLDER]...", help="More worlds to load, besides the bundled ones."
        ),
    ] = None,
    instances: Annotated[
        int, typer.Option("--instances", min=1, help="How many to launch at once.")
    ] = 1024,
    worlds: Annotated[
        int, typer.Option("--worlds", min=0, help="How many worlds to generate; 0 for none.")
    ] = 12,
    output_dir: Annotated[
        Path, typer.Option("--output_dir", help="Where these and the reports on them go.")
    ] = Path("outputs/demo"),
    jobs: Jobs = None,
    allow_weak_isolation: AllowWeak = None,
) -> None:
    """Bring worlds to life, act in one over MCP; generate worlds, prove them, play them."""
    from awm.cli import demonstration  # noqa: PLC0415

    demonstration.demonstrate(
        folders or [],
        instances,
        worlds,
        output_dir,
        jobs=jobs,
        allow_weak_isolation=allow_weak_isolation,
    )
