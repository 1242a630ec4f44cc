"""`awm gen`: make worlds, all at once or stage by stage."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from awm.cli.options import AllowWeak, AsJson, Jobs, Overwrite, new_app, place, whole

__all__ = ["app"]

app = new_app("Make worlds: scenario, task, db, sample, spec, env, verifier, or all of them.")


class _Author(StrEnum):
    """Who writes."""

    BUILTIN = "builtin"


class _Mode(StrEnum):
    """`awm.verify.VerifierMode`, as typer wants it."""

    CODE = "code"
    SQL = "sql"


_LARGEST: Final = (1 << 63) - 1
_OUTPUTS: Final = Path("outputs")
_SCENARIOS: Final = _OUTPUTS / "gen_scenario.jsonl"
_TASKS: Final = _OUTPUTS / "gen_tasks.jsonl"

Author: TypeAlias = Annotated[
    _Author,
    typer.Option("--author", help="Who writes: builtin needs no model and no network."),
]
Count: TypeAlias = Annotated[
    int,
    typer.Option(
        "--target_count",
        parser=whole(1),
        metavar="INTEGER",
        help="How many worlds there are to be.",
    ),
]
Seed: TypeAlias = Annotated[
    int,
    typer.Option(
        "--seed",
        parser=whole(),
        metavar="INTEGER",
        help="The same seed gives the same worlds, whatever their number.",
    ),
]
Tasks: TypeAlias = Annotated[
    int,
    typer.Option(
        "--num_tasks",
        parser=whole(1, 100),
        metavar="INTEGER",
        help="How many tasks each world has, up to 100.",
    ),
]
Difficulty: TypeAlias = Annotated[
    str, typer.Option("--difficulty", help="How hard tasks may be, from 1 to 5: 3, 2-4 or 1,5.")
]
Domains: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--domain", metavar="NAME", help="Only this domain; may be repeated."),
]
Categories: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--category", metavar="NAME", help="Only this category; may be repeated."),
]
PerCategory: TypeAlias = Annotated[
    int,
    typer.Option(
        "--max_per_category",
        parser=whole(1),
        metavar="INTEGER",
        help="How many worlds of one category at most.",
    ),
]
State: TypeAlias = Annotated[
    int,
    typer.Option(
        "--state",
        parser=whole(0, _LARGEST),
        metavar="INTEGER",
        help="Another initial state: the same tools, other rows.",
    ),
]
Input: TypeAlias = Annotated[
    Path,
    typer.Option(
        "--input",
        parser=place,
        metavar="PATH",
        help="The scenarios: gen_scenario.jsonl, or a file beside it.",
    ),
]
Output: TypeAlias = Annotated[
    Path, typer.Option("--output", parser=place, metavar="PATH", help="The file to write.")
]
Only: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--allowed_scenarios", metavar="NAME", help="Only this scenario; may be repeated."
    ),
]


@app.command("all")
def gen_all(  # noqa: PLR0913 - one for each option
    *,
    author: Author = _Author.BUILTIN,  # noqa: ARG001 - there is one so far
    target_count: Count = 10,
    seed: Seed = 0,
    num_tasks: Tasks = 10,
    difficulty: Difficulty = "1-5",
    domain: Domains = None,
    category: Categories = None,
    max_per_category: PerCategory = 80,
    state: State = 0,
    output_dir: Annotated[
        Path,
        typer.Option(
            "--output_dir",
            parser=place,
            metavar="PATH",
            help="The folder that the worlds are written to.",
        ),
    ] = _OUTPUTS,
    jobs: Jobs = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    allow_weak_isolation: AllowWeak = None,
) -> None:
    """Run all stages: worlds with schema, rows, code, tasks, oracles and verifiers, all proven.

    A run that was stopped goes on where it was when it is started again.
    """
    from awm.cli import generation  # noqa: PLC0415

    order = generation.order_of(
        target_count, seed, num_tasks, difficulty, domain, category, max_per_category
    )
    generation.make(
        replace(order, state=state),
        output_dir,
        run=generation.Run(jobs, overwrite, as_json, allow_weak_isolation),
    )


@app.command("scenario")
def gen_scenario(  # noqa: PLR0913 - one for each option
    *,
    author: Author = _Author.BUILTIN,  # noqa: ARG001 - there is one so far
    target_count: Count = 10,
    seed: Seed = 0,
    domain: Domains = None,
    category: Categories = None,
    max_per_category: PerCategory = 80,
    output: Output = _SCENARIOS,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Plan worlds: names, descriptions, and what they are made of."""
    from awm.cli import generation  # noqa: PLC0415

    order = generation.order_of(target_count, seed, 10, "1-5", domain, category, max_per_category)
    generation.plan(order, output, overwrite=overwrite, as_json=as_json)


@app.command("task")
def gen_task(  # noqa: PLR0913 - one for each option
    *,
    author: Author = _Author.BUILTIN,  # noqa: ARG001 - there is one so far
    source: Input = _SCENARIOS,
    output: Output = _TASKS,
    num_tasks: Tasks = 10,
    difficulty: Difficulty = "1-5",
    allowed_scenarios: Only = None,
    jobs: Jobs = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    allow_weak_isolation: AllowWeak = None,
) -> None:
    """Write tasks, each carried out and proven; gen_oracle.jsonl is written beside them."""
    from awm.cli import generation  # noqa: PLC0415

    generation.tasks(
        source,
        output,
        num_tasks=num_tasks,
        difficulty=difficulty,
        names=allowed_scenarios or (),
        run=generation.Run(jobs, overwrite, as_json, allow_weak_isolation),
    )


@app.command("verifier")
def gen_verifier(  # noqa: PLR0913 - one for each option
    *,
    author: Author = _Author.BUILTIN,  # noqa: ARG001 - there is one so far
    input_task: Annotated[
        Path,
        typer.Option(
            "--input_task", parser=place, metavar="PATH", help="The tasks, beside their scenarios."
        ),
    ] = _TASKS,
    mode: Annotated[
        _Mode, typer.Option("--mode", help="Decide (code), or gather evidence (sql).")
    ] = _Mode.CODE,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", parser=place, metavar="PATH", help="The file to write.", show_default=False
        ),
    ] = None,
    allowed_scenarios: Only = None,
    jobs: Jobs = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    allow_weak_isolation: AllowWeak = None,
) -> None:
    """Compile a verifier for each task from its oracle, and try it on near misses."""
    from awm.cli import generation  # noqa: PLC0415

    generation.verifiers(
        input_task,
        output,
        mode=mode.value,
        names=allowed_scenarios or (),
        run=generation.Run(jobs, overwrite, as_json, allow_weak_isolation),
    )


def _stage(name: str, file: str, about: str) -> None:
    """A command for a stage that only needs the plans."""

    @app.command(name, help=about)
    def command(
        *,
        author: Author = _Author.BUILTIN,  # noqa: ARG001 - there is one so far
        source: Input = _SCENARIOS,
        output: Output = _OUTPUTS / file,
        database_dir: Annotated[
            Path | None,
            typer.Option(
                "--database_dir",
                parser=place,
                metavar="PATH",
                help="Also build the databases there.",
                hidden=name != "sample",
            ),
        ] = None,
        allowed_scenarios: Only = None,
        overwrite: Overwrite = False,
        as_json: AsJson = False,
    ) -> None:
        from awm.cli import generation  # noqa: PLC0415

        generation.stage(
            name,
            source,
            output,
            names=allowed_scenarios or (),
            database_dir=database_dir,
            overwrite=overwrite,
            as_json=as_json,
        )


_stage("db", "gen_db.jsonl", "Write the schema of each world.")
_stage("sample", "gen_sample.jsonl", "Write the initial rows of each world.")
_stage("spec", "gen_spec.jsonl", "Write the API specification of each world.")
_stage("env", "gen_envs.jsonl", "Write the code of each world.")
