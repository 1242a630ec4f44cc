"""`awm agent`: one agent at one task."""

from pathlib import Path
from typing import Annotated, Any

import typer

from awm.cli import acting_options as o
from awm.cli.options import AllowWeak, AsJson, place, whole

__all__ = ["agent"]


def _file(about: str, *names: str) -> Any:
    return typer.Option(*names, parser=place, metavar="PATH", help=about, show_default=False)


def agent(  # noqa: PLR0913 - the options of the published tool, and ours
    *,
    scenario: Annotated[
        str | None,
        typer.Option("--scenario", help="Which world, in any spelling.", show_default=False),
    ] = None,
    task_id: Annotated[
        int | None,
        typer.Option(
            "--task_id",
            parser=whole(0),
            metavar="INTEGER",
            help="Which of its tasks, from 0.",
            show_default=False,
        ),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option("--task", help="What to do, in your own words.", show_default=False),
    ] = None,
    mcp_url: Annotated[
        str | None,
        typer.Option(
            "--mcp_url",
            metavar="URL",
            help="Act through this MCP server, whosever it is; there are no databases then.",
            show_default=False,
        ),
    ] = None,
    policy: o.PolicyName = "model",
    api_url: o.ApiUrl = None,
    model: o.Model = None,
    format_name: o.FormatChoice = None,
    tools: o.SurfaceName = None,
    thinking: o.Thinking = None,
    window: o.Window = None,
    parallel: o.Parallel = False,
    max_result_chars: o.Characters = None,
    temperature: o.Temperature = None,
    max_tokens: o.MaxTokens = None,
    max_iterations: o.Turns = 30,
    max_calls: o.Calls = None,
    max_episode_tokens: o.Tokens = None,
    max_seconds: o.Seconds = None,
    seed: o.Seed = 0,
    envs_load_path: o.Input = None,
    tasks_path: Annotated[
        Path | None, _file("Instead of the gen_tasks.jsonl beside the worlds.", "--tasks_path")
    ] = None,
    db_path: Annotated[
        Path | None,
        _file("Instead of the gen_db.jsonl beside the worlds.", "--db_path", "--db_schema_path"),
    ] = None,
    sample_path: Annotated[
        Path | None, _file("Instead of the gen_sample.jsonl beside the worlds.", "--sample_path")
    ] = None,
    output_dir: Annotated[
        Path | None, _file("The run folder; outputs/agents/<time> unless told.", "--output_dir")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Have the task's verifier say what it was worth.")
    ] = False,
    mcp_port: Annotated[  # worlds are not served over a port, and need none
        int | None, typer.Option("--mcp_port", hidden=True)
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not show the turns.")] = False,
    as_json: AsJson = False,
    allow_weak_isolation: AllowWeak = None,
) -> None:
    """Have an agent do a task: of a world, or in your words through any MCP server.

    The run folder gets trajectory.json, initial.db and final.db, which `awm verify` grades; where
    a model acts also what it was asked, which `awm gen transcript` shows. The model is any behind
    an OpenAI-compatible or Azure endpoint; OPENAI_API_KEY, OPENAI_BASE_URL and
    AWM_SYN_OVERRIDE_MODEL name it, or --api_url and --model. With --policy human you play.
    """
    from awm.agents import EpisodeLimits  # noqa: PLC0415
    from awm.cli import agent_run  # noqa: PLC0415

    del mcp_port

    choice = o.chosen(
        policy,
        model=model,
        api_url=api_url,
        format_name=format_name,
        temperature=temperature,
        usual_temperature=1.0,
        max_tokens=max_tokens,
        thinking=thinking,
        window=window,
        characters=max_result_chars,
        surface=tools,
        parallel=parallel,
    )
    errand = agent_run.Errand(
        scenario=scenario,
        task_id=task_id,
        task=task,
        mcp_url=mcp_url,
        source=envs_load_path,
        tasks_path=tasks_path,
        db_path=db_path,
        sample_path=sample_path,
    )
    code = agent_run.run_agent(
        errand,
        choice,
        EpisodeLimits(
            turns=max_iterations,
            calls=max_calls,
            tokens=max_episode_tokens,
            seconds=max_seconds,
            parallel=parallel,
        ),
        agent_run.Run(output_dir, seed, verify, quiet, as_json, allow_weak_isolation),
    )
    raise typer.Exit(code)
