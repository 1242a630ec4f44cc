"""`awm eval`: whole sets of tasks, and what is made of what was played."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from awm.cli import acting_options as a
from awm.cli import evaluation_options as o
from awm.cli.asking_options import Questions
from awm.cli.options import AllowWeak, AsJson, names_in, new_app, place, whole

__all__ = ["Group", "app"]

_RUN: Final = "run"

app = new_app(
    "Have a policy try whole sets of tasks: `awm eval FOLDER --policy ...`; then look at it."
)


class Group(TyperGroup):
    """A group of commands of which `run` need not be said: `awm eval FOLDER` is `eval run FOLDER`.

    A folder that is called like a command is named `./report`, say.
    """

    # A context of click's, or of the copy of it that newer versions of typer bring along.
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put in the command that was left out."""
        if args and args[0] not in {*self.commands, "--help", "-h"}:
            args = [_RUN, *args]
        return super().parse_args(ctx, args)


@app.command(_RUN)
def run(  # noqa: PLR0913 - one for each option
    *,
    folder: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER", help="A folder of worlds in the AWM layout, or `bundled`."
        ),
    ],
    policy: a.PolicyName = "model",
    api_url: a.ApiUrl = None,
    model: a.Model = None,
    format_name: a.FormatChoice = None,
    tools: a.SurfaceName = None,
    thinking: a.Thinking = None,
    window: a.Window = None,
    parallel: a.Parallel = False,
    max_result_chars: a.Characters = None,
    temperature: a.Temperature = None,
    max_tokens: a.MaxTokens = None,
    scenario: o.Worlds = None,
    task_id: o.Tasks = None,
    split: o.SideName = None,
    difficulty: o.Difficulty = None,
    kind: o.Kinds = None,
    tag: o.Tags = None,
    limit: o.Limit = None,
    validation_share: o.ValidationShare = 0.1,
    test_share: o.TestShare = 0.1,
    split_salt: o.Salt = "",
    split_by_name: o.ByName = False,
    rollouts: o.Rollouts = 1,
    concurrency: o.Concurrency = 32,
    live_worlds: o.LiveWorlds = None,
    ray: o.Ray = None,
    retries: o.Retries = 1,
    seed: a.Seed = 0,
    max_iterations: a.Turns = 30,
    max_calls: a.Calls = None,
    max_episode_tokens: a.Tokens = None,
    max_seconds: a.Seconds = None,
    strict: o.Strict = False,
    reward: o.RewardName = o.Scheme.PAPER,
    mode: o.GradingName = o.Grading.AUTO,
    judge_model: o.JudgeModel = None,
    analysis_judge: o.PlanJudge = None,
    budget: o.Budget = None,
    output_dir: o.OutputDir = None,
    html: o.HtmlFile = None,
    no_html: o.NoHtml = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the evaluation that is in the folder.")
    ] = False,
    as_json: AsJson = False,
    allow_weak_isolation: AllowWeak = None,
) -> None:
    """Have a policy try tasks, each several times if asked, and say what that came to.

    The folder gets evaluation.json, episodes.jsonl, timings.jsonl, analysis.jsonl, summary.json
    and report.html.
    One that was stopped goes on when the same command is given again; what failed for reasons of
    the infrastructure is tried again then. Exit code 1: no episode could be scored.
    """
    from awm.agents import EpisodeLimits  # noqa: PLC0415
    from awm.cli import evaluating  # noqa: PLC0415
    from awm.cli.evaluation_files import Pages  # noqa: PLC0415
    from awm.cli.evaluation_models import Judges  # noqa: PLC0415
    from awm.cli.evaluation_selection import selection  # noqa: PLC0415
    from awm.errors import UsageError  # noqa: PLC0415
    from awm.rollout import Conditions  # noqa: PLC0415
    from awm.rollout.splits import Splits  # noqa: PLC0415
    from awm.verify.rewards import SCHEMES  # noqa: PLC0415

    if policy == "human":
        raise UsageError("a person plays one task at a time.", "Use `awm agent --policy human`.")
    judges = Judges(judge_model, analysis_judge)
    choice = a.chosen(
        policy,
        model=model,
        api_url=api_url,
        format_name=format_name,
        temperature=temperature,
        usual_temperature=0.6,
        max_tokens=max_tokens,
        thinking=thinking,
        window=window,
        characters=max_result_chars,
        surface=tools,
        parallel=parallel,
        is_judged=bool(judges.names),
    )
    ordered = evaluating.Ordered(
        source=folder,
        choice=choice,
        selection=selection(
            worlds=names_in(scenario),
            tasks=names_in(task_id),
            split=None if split is None else split.value,
            difficulty=difficulty,
            kinds=names_in(kind),
            tags=names_in(tag),
            limit=limit,
            divided=Splits(validation_share, test_share, split_salt, not split_by_name),
        ),
        rollouts=rollouts,
        conditions=Conditions(
            limits=EpisodeLimits(
                turns=max_iterations,
                calls=max_calls,
                tokens=max_episode_tokens,
                seconds=max_seconds,
                parallel=parallel,
            ),
            meta_tools=choice.meta_tools,
            strict=strict,
            thinking=bool(choice.thinking),
            scheme=SCHEMES[reward.value],
            seed=seed,
        ),
        mode=mode.value,
        judges=judges,
    )
    code = evaluating.evaluate_worlds(
        ordered,
        evaluating.Run(
            folder=output_dir,
            concurrency=concurrency,
            live_worlds=live_worlds,
            ray=ray,
            retries=retries,
            budget=budget,
            overwrite=overwrite,
            pages=Pages(html, no_html),
            as_json=as_json,
            allow_weak_isolation=allow_weak_isolation,
        ),
    )
    raise typer.Exit(code)


@app.command("compare")
def compare(
    first: Annotated[Path, typer.Argument(parser=place, metavar="A", help="An evaluation.")],
    second: Annotated[Path, typer.Argument(parser=place, metavar="B", help="Another one.")],
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", parser=place, metavar="FILE", help="Also write a page.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare two evaluations task by task: what B does better or worse than A, and how surely."""
    from awm.cli import evaluation_compare  # noqa: PLC0415

    evaluation_compare.compare(first, second, html_file=html, as_json=as_json)


@app.command("table")
def table(
    folders: Annotated[
        list[Path], typer.Argument(parser=place, metavar="RUN...", help="Evaluations.")
    ],
    *,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the table in Markdown, for documents.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put evaluations into one table: success, pass@k, pass^k, calls, stops, by difficulty."""
    from awm.cli import evaluation_table  # noqa: PLC0415

    evaluation_table.table(folders, markdown=markdown, as_json=as_json)


@app.command("report")
def report(  # noqa: PLR0913 - one for each option
    folder: o.RunFolder,
    *,
    worlds: Annotated[
        str | None,
        typer.Option(
            "--input",
            metavar="FOLDER",
            help="Its worlds, or `bundled`: with them the page shows what each call changed.",
            show_default=False,
        ),
    ] = None,
    analysis_judge: o.PlanJudge = None,
    api_url: a.ApiUrl = None,
    concurrency: Questions = None,
    budget: o.Budget = None,
    html: o.HtmlFile = None,
    no_html: o.NoHtml = False,
    as_json: AsJson = False,
    allow_weak_isolation: AllowWeak = None,
) -> None:
    """Make summary.json, analysis.jsonl and report.html of an evaluation anew, whole or not.

    With --analysis_judge a model weighs the plans of the episodes that it has not weighed yet.
    """
    from awm.cli import evaluation_report  # noqa: PLC0415
    from awm.cli.evaluation_files import Pages  # noqa: PLC0415

    evaluation_report.report(
        folder,
        worlds,
        Pages(html, no_html),
        evaluation_report.Asked(analysis_judge, api_url, concurrency, budget),
        as_json=as_json,
        allow_weak_isolation=allow_weak_isolation,
    )


@app.command("export")
def export(  # noqa: PLR0913 - one for each option
    folder: o.RunFolder,
    *,
    kind: Annotated[
        o.ExportKind,
        typer.Option(
            "--as",
            help="sft: conversations that did their task. preferences: pairs of attempts at one"
            " task. turns: each reply with what was seen before it, and its reward.",
        ),
    ] = o.ExportKind.SFT,
    written: Annotated[
        o.ExportFormat | None,
        typer.Option(
            "--format",
            help="How calls are written: in the text (awm) or beside it (native); as they were"
            " recorded unless told.",
            show_default=False,
        ),
    ] = None,
    output: o.Output,
    worlds: Annotated[
        str | None,
        typer.Option(
            "--input",
            metavar="FOLDER",
            help="Its worlds, or `bundled`: needed where agents were given their own tools.",
            show_default=False,
        ),
    ] = None,
    brief: Annotated[
        o.ExportBrief,
        typer.Option(
            "--brief",
            help="Which prompts are written: those that agents were given (recorded), refused where"
            " today's are others; or today's (current).",
        ),
    ] = o.ExportBrief.RECORDED,
    window: Annotated[
        int | None,
        typer.Option(
            "--window",
            parser=whole(0),
            metavar="INTEGER",
            help="For turns: how many of the last exchanges are seen; as many as were unless told.",
            show_default=False,
        ),
    ] = None,
    most_turns: o.MostTurns = None,
    sound: Annotated[
        bool,
        typer.Option(
            "--sound",
            help="For sft: only episodes without an invalid call, and without allowances.",
        ),
    ] = False,
    most_pairs: Annotated[
        int | None,
        typer.Option(
            "--most_pairs",
            parser=whole(1),
            metavar="INTEGER",
            help="For preferences: how many pairs of one task at most; one unless told.",
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that is there.")
    ] = False,
    as_json: AsJson = False,
    allow_weak_isolation: AllowWeak = None,
) -> None:
    """Write episodes as material for training, in the columns that TRL and `datasets` read."""
    from awm.cli import evaluation_export  # noqa: PLC0415

    evaluation_export.export(
        evaluation_export.Wanted(
            folder=folder,
            kind=kind.value,
            written=None if written is None else written.value,
            output=output,
            worlds=worlds,
            brief=brief.value,
            window=window,
            most_turns=most_turns,
            sound=sound,
            most_pairs=most_pairs,
            overwrite=overwrite,
        ),
        as_json=as_json,
        allow_weak_isolation=allow_weak_isolation,
    )
