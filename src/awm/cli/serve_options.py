"""The options that several `awm serve` take, each said once."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from awm.cli.asking_options import ApiUrl
from awm.cli.evaluation_options import (
    ByName,
    Grading,
    GradingName,
    JudgeModel,
    Ray,
    Salt,
    TestShare,
    ValidationShare,
)
from awm.cli.options import place, whole

__all__ = [
    "AllowAnyone", "ApiUrl", "ByName", "DrainSeconds", "Grading", "GradingName", "Host",
    "IdleMinutes", "JudgeBudget", "JudgeFolder", "JudgeModel", "LiveWorlds", "MostCalls",
    "MostSessions", "Port", "Ray", "RequestsPerSecond", "Salt", "TestShare", "TokenFile",
    "ValidationShare",
]  # fmt: skip

Host: TypeAlias = Annotated[
    str, typer.Option("--host", help="The address to serve on; only this machine by default.")
]
Port: TypeAlias = Annotated[
    int, typer.Option("--port", min=0, max=65535, help="0 for any free one.")
]
TokenFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--token_file",
        parser=place,
        metavar="FILE",
        help="Bearer tokens, one a line; otherwise those in AWM_SERVE_TOKENS.",
        show_default=False,
    ),
]
AllowAnyone: TypeAlias = Annotated[
    bool,
    typer.Option("--allow_anyone", help="Without tokens, serve even where others can reach it."),
]
RequestsPerSecond: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--requests_per_second",
        min=0.001,
        help="How many each token, or each address, may send; any number by default.",
        show_default=False,
    ),
]
LiveWorlds: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--live_worlds",
        parser=whole(1),
        metavar="INTEGER",
        help="How many worlds have a process at a time, by default as many as the memory has"
        " room for; others rest, and come back when they are called. With --ray, on each node.",
        show_default=False,
    ),
]
MostSessions: TypeAlias = Annotated[
    int,
    typer.Option("--most_sessions", min=1, help="How many sessions may be open at a time."),
]
IdleMinutes: TypeAlias = Annotated[
    float,
    typer.Option(
        "--idle_minutes",
        min=0.01,
        help="A session ends that was not used for so long, unless its client holds a stream open.",
    ),
]
DrainSeconds: TypeAlias = Annotated[
    float,
    typer.Option(
        "--drain_seconds", min=0, help="How long what is under way may take after SIGTERM."
    ),
]
MostCalls: TypeAlias = Annotated[
    int,
    typer.Option(
        "--max_calls",
        parser=whole(1),
        metavar="INTEGER",
        help="How many calls of the world's tools an episode may have.",
    ),
]
JudgeBudget: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--budget",
        min=0,
        help="How much may be spent on the judge, in USD, over all runs in the folder of"
        " --output_dir.",
        show_default=False,
    ),
]
JudgeFolder: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--output_dir",
        parser=place,
        metavar="FOLDER",
        help="Where what the judge is asked and answers is kept, so that nothing is paid for twice;"
        " nowhere unless told.",
        show_default=False,
    ),
]
