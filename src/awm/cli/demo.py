"""`awm demo`: the main job, on real worlds, for a person to read."""

from typing import Annotated

import typer

from awm.cli.options import AllowWeak

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
    allow_weak_isolation: AllowWeak = None,
) -> None:
    """Load worlds, launch many instances, act in one over MCP, fork it, compare the states."""
    from awm.cli import demonstration  # noqa: PLC0415

    demonstration.demonstrate(folders or [], instances, allow_weak_isolation=allow_weak_isolation)
