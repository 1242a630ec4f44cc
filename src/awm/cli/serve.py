"""`awm serve`: folders of worlds behind the protocols that others speak."""

from typing import Annotated, Literal

import typer

from awm.cli import serve_options as o
from awm.cli.options import AllowWeak, Folder, new_app, seed_option

__all__ = ["app"]

app = new_app("Serve a folder of worlds: one process, a session and an instance for each client.")


@app.command("mcp")
def mcp(  # noqa: PLR0913 - options
    folder: Folder,
    *,
    host: o.Host = "127.0.0.1",
    port: o.Port = 8000,
    token_file: o.TokenFile = None,
    allow_anyone: o.AllowAnyone = False,
    requests_per_second: o.RequestsPerSecond = None,
    most_sessions: o.MostSessions = 10_000,
    idle_minutes: o.IdleMinutes = 30.0,
    live_worlds: o.LiveWorlds = None,
    ray: o.Ray = None,
    drain_seconds: o.DrainSeconds = 20.0,
    allow_weak_isolation: AllowWeak = None,
    stdio: Annotated[
        bool, typer.Option("--stdio", help="Serve one client over standard input and output.")
    ] = False,
    world: Annotated[
        str | None, typer.Option("--world", help="Which world, with --stdio.", show_default=False)
    ] = None,
    task: Annotated[
        int | None, typer.Option("--task", min=0, help="Which of its tasks, with --stdio.")
    ] = None,
    seed: Annotated[int, seed_option("With --stdio; see ?seed=.")] = 0,
) -> None:
    """Serve worlds over MCP: /worlds/NAME/mcp?task=N&seed=S, or one world with --stdio."""
    from awm.cli import serving, serving_mcp  # noqa: PLC0415 - web libraries are for servers

    if stdio:
        serving_mcp.serve_one(folder, world, task, seed, ray, allow_weak_isolation)
        return
    serving_mcp.check_no_world(world, task)
    terms = serving.Serving(
        folder=folder,
        host=host,
        port=port,
        token_file=token_file,
        allow_anyone=allow_anyone,
        requests_per_second=requests_per_second,
        live_worlds=live_worlds,
        ray=ray,
        drain_seconds=drain_seconds,
        allow_weak_isolation=allow_weak_isolation,
    )
    serving.serve(terms, serving_mcp.door(idle_minutes * 60, most_sessions))


@app.command("openenv")
def openenv(  # noqa: PLR0913 - options
    folder: Folder,
    *,
    host: o.Host = "127.0.0.1",
    port: o.Port = 8001,
    token_file: o.TokenFile = None,
    allow_anyone: o.AllowAnyone = False,
    requests_per_second: o.RequestsPerSecond = None,
    most_sessions: o.MostSessions = 10_000,
    idle_minutes: o.IdleMinutes = 30.0,
    live_worlds: o.LiveWorlds = None,
    ray: o.Ray = None,
    drain_seconds: o.DrainSeconds = 20.0,
    max_calls: o.MostCalls = 1000,
    validation_share: o.ValidationShare = 0.0,
    test_share: o.TestShare = 0.1,
    split_salt: o.Salt = "",
    split_by_name: o.ByName = False,
    judge_model: o.JudgeModel = None,
    api_url: o.ApiUrl = None,
    budget: o.JudgeBudget = None,
    output_dir: o.JudgeFolder = None,
    allow_weak_isolation: AllowWeak = None,
) -> None:
    """Serve worlds as an environment of OpenEnv's: ws://HOST:PORT/ws."""
    from awm.cli import serving, serving_openenv  # noqa: PLC0415
    from awm.cli.judging import Judging  # noqa: PLC0415
    from awm.rollout.splits import Splits  # noqa: PLC0415

    judging = Judging(judge_model, api_url, budget, output_dir)
    terms = serving.Serving(
        folder=folder,
        host=host,
        port=port,
        token_file=token_file,
        allow_anyone=allow_anyone,
        requests_per_second=requests_per_second,
        live_worlds=live_worlds,
        ray=ray,
        drain_seconds=drain_seconds,
        allow_weak_isolation=allow_weak_isolation,
    )
    offered = serving_openenv.terms(
        idle_seconds=idle_minutes * 60,
        sessions=most_sessions,
        turns=max_calls,
        splits=Splits(validation_share, test_share, split_salt, not split_by_name),
    )
    serving.serve(terms, serving_openenv.door(offered, judging))


@app.command("openreward")
def openreward(  # noqa: PLR0913 - options
    folder: Folder,
    *,
    host: o.Host = "127.0.0.1",
    port: o.Port = 8080,
    token_file: o.TokenFile = None,
    allow_anyone: o.AllowAnyone = False,
    requests_per_second: o.RequestsPerSecond = None,
    most_sessions: o.MostSessions = 10_000,
    idle_minutes: o.IdleMinutes = 30.0,
    live_worlds: o.LiveWorlds = None,
    ray: o.Ray = None,
    drain_seconds: o.DrainSeconds = 20.0,
    max_calls: o.MostCalls = 1000,
    validation_share: o.ValidationShare = 0.0,
    test_share: o.TestShare = 0.1,
    split_salt: o.Salt = "",
    split_by_name: o.ByName = False,
    reward: Annotated[
        Literal["binary", "partial"],
        typer.Option("--reward", help="1 or 0; or 0.1 too, for what a judge finds done in part."),
    ] = "binary",
    mode: o.GradingName = o.Grading.AUTO,
    judge_model: o.JudgeModel = None,
    api_url: o.ApiUrl = None,
    budget: o.JudgeBudget = None,
    output_dir: o.JudgeFolder = None,
    allow_weak_isolation: AllowWeak = None,
) -> None:
    """Serve worlds as an environment of OpenReward's (the Open Reward Standard)."""
    from awm.cli import serving, serving_openreward  # noqa: PLC0415
    from awm.cli.judging import Judging  # noqa: PLC0415
    from awm.rollout.splits import Splits  # noqa: PLC0415
    from awm.serve.openreward import REWARDS, OpenRewardTerms  # noqa: PLC0415

    judging = Judging(judge_model, api_url, budget, output_dir, mode.value)
    terms = serving.Serving(
        folder=folder,
        host=host,
        port=port,
        token_file=token_file,
        allow_anyone=allow_anyone,
        requests_per_second=requests_per_second,
        live_worlds=live_worlds,
        ray=ray,
        drain_seconds=drain_seconds,
        allow_weak_isolation=allow_weak_isolation,
    )
    offered = OpenRewardTerms(
        scheme=REWARDS[reward],
        splits=Splits(validation_share, test_share, split_salt, not split_by_name),
        turns=max_calls,
        sessions=most_sessions,
        idle_seconds=idle_minutes * 60,
    )
    serving.serve(terms, serving_openreward.door(offered, judging))
