"""The options of `awm eval` and `awm worlds split`, each said once."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from awm.cli.asking_options import Budget
from awm.cli.options import Worlds, place, whole

__all__ = [
    "Budget", "ByName", "Concurrency", "Difficulty", "ExportBrief", "ExportFormat", "ExportKind",
    "Grading", "GradingName", "HtmlFile", "JudgeModel", "Kinds", "Limit", "LiveWorlds", "MostTurns",
    "NoHtml", "Output", "OutputDir", "PlanJudge", "Ray", "Retries", "RewardName", "Rollouts",
    "RunFolder", "Salt", "Scheme", "SideName", "SplitName", "Strict", "Tags", "Tasks", "TestShare",
    "ValidationShare", "Worlds",
]  # fmt: skip


class SplitName(StrEnum):
    """`awm.rollout.splits.Split`, as typer wants it."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class Grading(StrEnum):
    """`awm.rollout.GradingMode`, as typer wants it."""

    AUTO = "auto"
    CODE = "code"
    SQL = "sql"


class Scheme(StrEnum):
    """The names of `awm.verify.rewards.SCHEMES`, as typer wants them."""

    PAPER = "paper"
    BINARY = "binary"
    OPENENV = "openenv"


class ExportKind(StrEnum):
    """What is made of episodes."""

    SFT = "sft"
    PREFERENCES = "preferences"
    TURNS = "turns"


class ExportFormat(StrEnum):
    """How calls are written in what is made of episodes."""

    AWM = "awm"
    NATIVE = "native"


class ExportBrief(StrEnum):
    """Whose prompts stand in what is made of episodes."""

    RECORDED = "recorded"
    CURRENT = "current"


RunFolder: TypeAlias = Annotated[
    Path, typer.Argument(parser=place, metavar="RUN", help="The folder of an evaluation.")
]
Tasks: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--task_id",
        metavar="INTEGER",
        help="Only tasks of this number, from 0; may be repeated, or hold several with commas.",
    ),
]
SideName: TypeAlias = Annotated[
    SplitName | None,
    typer.Option(
        "--split",
        help="Only tasks of worlds on this side; `awm worlds split` shows the sides.",
        show_default=False,
    ),
]
Difficulty: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--difficulty", help="Only tasks as hard as this: 3, 2-4 or 1,5.", show_default=False
    ),
]
Kinds: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--kind", metavar="NAME", help="Only tasks of this kind; may be repeated."),
]
Tags: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--tag",
        metavar="NAME",
        help="Only tasks with this tag, or of worlds with it; may be repeated.",
    ),
]
Limit: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--limit",
        parser=whole(1),
        metavar="INTEGER",
        help="Only so many tasks, taken from the worlds in turn.",
        show_default=False,
    ),
]
ValidationShare: TypeAlias = Annotated[
    float,
    typer.Option("--validation_share", min=0, max=1, help="The share of validation."),
]
TestShare: TypeAlias = Annotated[
    float,
    typer.Option("--test_share", min=0, max=1, help="The share of test."),
]
Salt: TypeAlias = Annotated[
    str,
    typer.Option("--split_salt", help="Another division."),
]
ByName: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--split_by_name", help="Divide worlds of one domain too; otherwise they stay together."
    ),
]
Rollouts: TypeAlias = Annotated[
    int,
    typer.Option(
        "--rollouts", parser=whole(1), metavar="INTEGER", help="How often each task is tried."
    ),
]
Concurrency: TypeAlias = Annotated[
    int,
    typer.Option(
        "--concurrency",
        parser=whole(1, 65_536),
        metavar="INTEGER",
        help="How many episodes, and how many questions to a model, are under way at a time.",
    ),
]
LiveWorlds: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--live_worlds",
        parser=whole(1, 65_536),
        metavar="INTEGER",
        help="How many worlds are alive at a time, of some 45 MB each; one for each GB of memory"
        " unless told, and at least 20.",
        show_default=False,
    ),
]
Ray: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="ADDRESS",
        help="Spread worlds over the nodes of a Ray cluster: its head's address, or `auto` for the"
        " one that this machine belongs to.",
        show_default=False,
    ),
]
Retries: TypeAlias = Annotated[
    int,
    typer.Option(
        "--retries",
        parser=whole(0, 100),
        metavar="INTEGER",
        help="How often an episode that the infrastructure failed in is played again.",
    ),
]
Strict: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="A broken format rule ends the episode, as in the AWM paper's training.",
    ),
]
RewardName: TypeAlias = Annotated[Scheme, typer.Option("--reward", help="What outcomes are paid.")]
GradingName: TypeAlias = Annotated[
    Grading,
    typer.Option(
        "--mode",
        help="code: programs decide. sql: a model judges. auto: code, and sql where there is none.",
    ),
]
PlanJudge: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--analysis_judge",
        metavar="NAME",
        help="The model that weighs plans: how good they are, and how well they are kept to. It"
        " changes no outcome; nobody unless told.",
        show_default=False,
    ),
]
JudgeModel: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--judge_model",
        metavar="NAME",
        help="The model that judges, where programs only gather evidence; nobody unless told.",
        show_default=False,
    ),
]
OutputDir: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--output_dir",
        parser=place,
        metavar="RUN",
        help="The folder of the evaluation; outputs/evaluations/<policy> unless told.",
        show_default=False,
    ),
]
HtmlFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--html",
        parser=place,
        metavar="FILE",
        help="Where the page goes; report.html in the folder unless told.",
        show_default=False,
    ),
]
NoHtml: TypeAlias = Annotated[bool, typer.Option("--no_html", help="Write no page.")]
MostTurns: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--most_turns",
        parser=whole(1),
        metavar="INTEGER",
        help="For sft: only episodes of at most so many turns.",
        show_default=False,
    ),
]
Output: TypeAlias = Annotated[
    Path,
    typer.Option(
        "--output",
        parser=place,
        metavar="FILE",
        help="The file to write: .jsonl or .parquet.",
        show_default=False,
    ),
]
