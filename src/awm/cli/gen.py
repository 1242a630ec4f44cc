"""`awm gen`: make worlds, all at once or stage by stage, by the builtin author or by a model."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import typer

from awm.cli import gen_options as o
from awm.cli.options import AllowWeak, AsJson, Jobs, Overwrite, names_in, new_app, place
from awm.cli.transcript import transcript

__all__ = ["app"]

app = new_app("Make worlds: scenario, task, db, sample, spec, env, verifier, or all of them.")

_EVERY_LEVEL: Final = "1-5"
_BUILTIN_COUNT: Final = 10


def _file(about: str, *names: str) -> Any:
    return typer.Option(*names, parser=place, metavar="PATH", help=about, show_default=False)


Input: TypeAlias = Annotated[
    Path | None,
    _file(
        "What the stage reads: a file of an earlier stage, with the others beside it.", "--input"
    ),
]
InputTask: TypeAlias = Annotated[Path | None, _file("The tasks.", "--input_task")]
InputDb: TypeAlias = Annotated[Path | None, _file("The schemas.", "--input_db")]
InputSpec: TypeAlias = Annotated[Path | None, _file("The API specifications.", "--input_spec")]


@app.command("all")
def gen_all(  # noqa: PLR0913 - one for each option
    *,
    author: o.AuthorName = None,
    seeds: o.Seeds = None,
    target_count: o.Count = None,
    seed: o.Seed = 0,
    num_tasks: o.NumTasks = 10,
    difficulty: o.Difficulty = None,
    domain: o.Domains = None,
    category: o.Categories = None,
    max_per_category: o.PerCategory = 80,
    state: o.State = None,
    more_domains: o.MoreDomains = None,
    model: o.Model = None,
    stage_models: o.StageModels = None,
    form: o.FormName = None,
    size: o.SizeName = None,
    save_blueprints: o.SaveTo = None,
    verifier_mode: Annotated[
        o.Mode | None,
        typer.Option(
            "--verifier_mode",
            "--mode",
            help="For a model: write verifiers of this mode only; both unless told.",
            show_default=False,
        ),
    ] = None,
    skip_classification: o.SkipClassification = o.OFF,
    proof: o.Proof = None,
    tries: o.Tries = None,
    max_retry: o.Retries = None,
    temperature: o.Temperature = None,
    max_tokens: o.MaxTokens = None,
    budget: o.Budget = None,
    concurrency: o.Concurrency = None,
    html: o.Page = None,
    output_dir: o.OutputDir = o.OUTPUTS,
    jobs: Jobs = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    allow_weak_isolation: AllowWeak = None,
    ray: o.Ray = None,
) -> None:
    """Run all stages: worlds with schema, rows, code, tasks, oracles and verifiers, all proven.

    A run that was stopped goes on where it was when it is started again.
    """
    from awm.cli import authors, generation  # noqa: PLC0415

    run = generation.Run(jobs, overwrite, as_json, allow_weak_isolation, ray)
    of_builtin = {
        "--domain": domain, "--category": category, "--difficulty": difficulty, "--state": state,
        "--more_domains": more_domains,
    }  # fmt: skip
    of_llm = {
        "--input": seeds, "--model": model, "--stage_models": stage_models, "--form": form,
        "--save_blueprints": save_blueprints, "--verifier_mode": verifier_mode,
        "--proof": proof, "--tries": tries,
        "--max_retry": max_retry, "--temperature": temperature, "--max_tokens": max_tokens,
        "--budget": budget, "--concurrency": concurrency, "--html": html,
        "--skip_classification": skip_classification.on or None,
    }  # fmt: skip
    if authors.is_asked_for(author, of_builtin=of_builtin, of_llm=of_llm):
        from awm.cli import asking, authoring  # noqa: PLC0415 - a model's libraries are for models

        authoring.make(
            asking.Asking(
                model, stage_models, max_retry, temperature, max_tokens, budget, concurrency, seed
            ),
            authoring.Wanted(
                count=target_count,
                seeds=seeds,
                tasks=num_tasks,
                form=form,
                size=size,
                save_to=save_blueprints,
                mode=verifier_mode,
                proof=None if proof is None else proof.on,
                tries=tries,
                per_category=max_per_category,
                skip_classification=skip_classification.on,
            ),
            output_dir,
            run=run,
            page=html,
        )
        return
    order = generation.order_of(
        target_count or _BUILTIN_COUNT,
        seed,
        num_tasks,
        _EVERY_LEVEL if difficulty is None else difficulty,
        generation.selection_of(domain, category, max_per_category, more_domains, size),
    )
    generation.make(replace(order, state=state or 0), output_dir, run=run)


@app.command("scenario")
def gen_scenario(  # noqa: PLR0913 - one for each option
    *,
    author: o.AuthorName = None,
    seeds: o.Seeds = None,
    target_count: o.Count = None,
    seed: o.Seed = 0,
    domain: o.Domains = None,
    category: o.Categories = None,
    max_per_category: o.PerCategory = 80,
    more_domains: o.MoreDomains = None,
    size: o.SizeName = None,
    model: o.Model = None,
    temperature: o.Temperature = None,
    budget: o.Budget = None,
    concurrency: o.Concurrency = None,
    classify_only: o.ClassifyOnly = o.OFF,
    skip_classification: o.SkipClassification = o.OFF,
    resume: o.Resume = o.OFF,  # noqa: ARG001 - a run that was stopped always goes on
    output: Annotated[Path, _file("The file to write.", "--output", "--output_path")] = o.SCENARIOS,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Plan worlds: names, descriptions, and what they are made of."""
    from awm.cli import authors, generation  # noqa: PLC0415

    of_llm = {
        "--input": seeds, "--model": model, "--temperature": temperature, "--budget": budget,
        "--concurrency": concurrency, "--classify_only": classify_only.on or None,
        "--skip_classification": skip_classification.on or None,
    }  # fmt: skip
    of_builtin = {
        "--domain": domain, "--category": category, "--more_domains": more_domains, "--size": size,
    }  # fmt: skip
    if authors.is_asked_for(author, of_builtin=of_builtin, of_llm=of_llm):
        from awm.cli import asking, authoring  # noqa: PLC0415 - a model's libraries are for models

        authoring.think_of(
            asking.Asking(model, None, None, temperature, None, budget, concurrency, seed),
            authoring.Wanted(
                count=target_count,
                seeds=seeds,
                per_category=max_per_category,
                classify_only=classify_only.on,
                skip_classification=skip_classification.on,
            ),
            output,
            overwrite=overwrite,
            as_json=as_json,
        )
        return
    order = generation.order_of(
        target_count or _BUILTIN_COUNT,
        seed,
        10,
        _EVERY_LEVEL,
        generation.selection_of(domain, category, max_per_category, more_domains, size),
    )
    generation.plan(order, output, overwrite=overwrite, as_json=as_json)


@app.command("task")
def gen_task(  # noqa: PLR0913 - one for each option
    *,
    author: o.AuthorName = None,
    source: Input = None,
    output: o.Output = o.TASKS,
    num_tasks: o.NumTasks = 10,
    difficulty: o.Difficulty = None,
    model: o.Model = None,
    max_retry: o.Retries = None,
    temperature: o.Temperature = None,
    max_tokens: o.MaxTokens = None,
    budget: o.Budget = None,
    concurrency: o.Concurrency = None,
    seed: o.Seed = 0,
    limit: o.Limit = None,
    allowed_scenarios: o.Only = None,
    shuffle: o.Shuffle = o.ON,  # noqa: ARG001 - rows keep the order of the scenarios
    jobs: Jobs = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    allow_weak_isolation: AllowWeak = None,
    ray: o.Ray = None,
) -> None:
    """Write tasks; the builtin author also proves them, and writes gen_oracle.jsonl."""
    from awm.cli import authors, generation  # noqa: PLC0415

    run = generation.Run(jobs, overwrite, as_json, allow_weak_isolation, ray)
    read = source or o.SCENARIOS
    if authors.is_to_go_on(author, read, model):
        from awm.cli import asking, authoring_stages  # noqa: PLC0415 - a model's libraries are for models

        asked = asking.Asking(
            model, None, max_retry, temperature, max_tokens, budget, concurrency, seed
        )
        authoring_stages.stage(
            "task",
            {"scenario": read},
            output,
            asked,
            authoring_stages.Part(names_in(allowed_scenarios), limit, tasks=num_tasks),
            run=run,
        )
        return
    generation.tasks(
        read,
        output,
        num_tasks=num_tasks,
        difficulty=_EVERY_LEVEL if difficulty is None else difficulty,
        names=names_in(allowed_scenarios),
        run=run,
    )


@app.command("verifier")
def gen_verifier(  # noqa: PLR0913 - one for each option
    *,
    author: o.AuthorName = None,
    source: Input = None,
    input_task: InputTask = None,
    mode: o.ModeName = o.Mode.CODE,
    output: Annotated[Path | None, _file("The file to write.", "--output")] = None,
    database_dir: o.DatabaseDir = None,  # noqa: ARG001 - it is built from the schema and the rows
    model: o.Model = None,
    max_retry: o.Retries = None,
    temperature: o.Temperature = None,
    max_tokens: o.MaxTokens = None,
    budget: o.Budget = None,
    concurrency: o.Concurrency = None,
    seed: o.Seed = 0,
    limit: o.Limit = None,
    allowed_scenarios: o.Only = None,
    jobs: Jobs = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
    allow_weak_isolation: AllowWeak = None,
    ray: o.Ray = None,
) -> None:
    """Write a verifier for each task; the builtin author compiles it from the oracle."""
    from awm.cli import authors, generation  # noqa: PLC0415

    run = generation.Run(jobs, overwrite, as_json, allow_weak_isolation, ray)
    read = input_task or source or o.TASKS
    if authors.is_to_go_on(author, read, model):
        from awm.cli import asking, authoring_stages  # noqa: PLC0415 - a model's libraries are for models

        asked = asking.Asking(
            model, None, max_retry, temperature, max_tokens, budget, concurrency, seed
        )
        part = authoring_stages.Part(names_in(allowed_scenarios), limit, mode=mode)
        authoring_stages.stage("verifier", {"task": read}, output, asked, part, run=run)
        return
    generation.verifiers(read, output, mode=mode.value, names=names_in(allowed_scenarios), run=run)


def _stage(name: str, file: str, about: str) -> None:
    """A command for a stage of which the builtin author needs the plans only."""

    @app.command(name, help=about)
    def command(  # noqa: PLR0913 - one for each option
        *,
        author: o.AuthorName = None,
        source: Input = None,
        input_task: InputTask = None,
        input_db: InputDb = None,
        input_spec: InputSpec = None,
        output: o.Output = o.OUTPUTS / file,
        database_dir: o.DatabaseDir = None,
        model: o.Model = None,
        max_retry: o.Retries = None,
        temperature: o.Temperature = None,
        max_tokens: o.MaxTokens = None,
        budget: o.Budget = None,
        concurrency: o.Concurrency = None,
        seed: o.Seed = 0,
        limit: o.Limit = None,
        allowed_scenarios: o.Only = None,
        overwrite: Overwrite = False,
        as_json: AsJson = False,
        allow_weak_isolation: AllowWeak = None,
        ray: o.Ray = None,
    ) -> None:
        from awm.cli import authors, generation  # noqa: PLC0415

        named = {"task": input_task, "db": input_db, "spec": input_spec}
        given = {key: path for key, path in named.items() if path is not None}
        read = source or next(iter(given.values()), o.SCENARIOS)
        if authors.is_to_go_on(author, read, model):
            from awm.cli import asking, authoring_stages  # noqa: PLC0415 - a model's libraries are for models

            asked = asking.Asking(
                model, None, max_retry, temperature, max_tokens, budget, concurrency, seed
            )
            part = authoring_stages.Part(
                names_in(allowed_scenarios), limit, database_dir=database_dir
            )
            run = generation.Run(None, overwrite, as_json, allow_weak_isolation, ray)
            sources = given if source is None else {**given, "input": source}
            authoring_stages.stage(name, sources, output, asked, part, run=run)
            return
        generation.stage(
            name,
            read,
            output,
            names=names_in(allowed_scenarios),
            database_dir=database_dir,
            overwrite=overwrite,
            as_json=as_json,
        )


_stage("db", "gen_db.jsonl", "Write the schema of each world.")
_stage("sample", "gen_sample.jsonl", "Write the initial rows of each world.")
_stage("spec", "gen_spec.jsonl", "Write the API specification of each world.")
_stage("env", "gen_envs.jsonl", "Write the code of each world.")

app.command("transcript")(transcript)
