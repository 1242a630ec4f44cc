"""`awm env`: worlds as environments that run."""

from pathlib import Path
from typing import Annotated

import typer

from awm.cli.options import AllowWeak, AsJson, Jobs, new_app, seed_option

__all__ = ["app"]

app = new_app("Serve a world, check servers and worlds, build databases.")


@app.command("start")
def start(  # noqa: PLR0913 - the options of the published tool, and ours
    *,
    scenario: Annotated[str, typer.Option("--scenario", help="Which world, in any spelling.")],
    envs_load_path: Annotated[
        Path | None,
        typer.Option(
            "--envs_load_path",
            help="gen_envs.jsonl, or a folder that has one; without it the bundled worlds.",
            show_default=False,
        ),
    ] = None,
    db_path: Annotated[
        Path | None,
        typer.Option("--db_path", help="Start from this database. It is not changed."),
    ] = None,
    db_schema_path: Annotated[
        Path | None,
        typer.Option("--db_schema_path", help="Instead of the gen_db.jsonl beside the worlds."),
    ] = None,
    sample_path: Annotated[
        Path | None,
        typer.Option("--sample_path", help="Instead of the gen_sample.jsonl beside the worlds."),
    ] = None,
    host: Annotated[str, typer.Option("--host", help="The address to serve on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="0 for any free one.")
    ] = 8001,
    output_dir: Annotated[
        Path | None,
        typer.Option(
            "--output_dir",
            help="The run folder; by default outputs/servers/<time>_<world>.",
            show_default=False,
        ),
    ] = None,
    stdio: Annotated[
        bool, typer.Option("--stdio", help="Serve one client over standard input and output.")
    ] = False,
    shared: Annotated[
        bool, typer.Option("--shared", help="One instance for all sessions, not one each.")
    ] = False,
    seed: Annotated[int, seed_option("Of every instance's randomness.")] = 0,
    idle_minutes: Annotated[
        float,
        typer.Option("--idle_minutes", min=0, help="End a session after this long; 0: never."),
    ] = 30.0,
    process_per_instance: Annotated[
        bool,
        typer.Option("--process_per_instance", help="Give each instance a process of its own."),
    ] = False,
    allow_weak_isolation: AllowWeak = None,
    temp_server_path: Annotated[
        Path | None, typer.Option("--temp_server_path", hidden=True)
    ] = None,
) -> None:
    """Serve a world to MCP clients, and keep its databases from before and after."""
    from awm.cli import start as starting  # noqa: PLC0415

    starting.start(
        starting.Start(
            scenario=scenario,
            envs_load_path=envs_load_path,
            db_path=db_path,
            db_schema_path=db_schema_path,
            sample_path=sample_path,
            host=host,
            port=port,
            output_dir=output_dir,
            stdio=stdio,
            shared=shared,
            seed=seed,
            idle_seconds=idle_minutes * 60 or None,
            process_per_instance=process_per_instance,
            allow_weak_isolation=allow_weak_isolation,
            temp_server_path=temp_server_path,
        )
    )


@app.command("check")
def check(
    url: Annotated[
        str, typer.Option("--url", help="Of the MCP endpoint.")
    ] = "http://localhost:8001/mcp",
    timeout: Annotated[
        float, typer.Option("--timeout", min=0.1, help="How many seconds to wait.")
    ] = 10.0,
    as_json: AsJson = False,
) -> None:
    """Check that an MCP server runs, and list its tools."""
    from awm.cli import check as checking  # noqa: PLC0415

    raise typer.Exit(checking.check(url, timeout, as_json=as_json))


@app.command("check_all")
def check_all(
    *,
    # The published documentation writes --output for the same file.
    source: Annotated[
        Path, typer.Option("--input", "--output", help="gen_envs.jsonl, or a folder of worlds.")
    ],
    allowed_scenarios: Annotated[
        list[str] | None,
        typer.Option("--allowed_scenarios", help="Only this world; may be repeated."),
    ] = None,
    jobs: Jobs = None,
    as_json: AsJson = False,
    allow_weak_isolation: AllowWeak = None,
) -> None:
    """Check that every world comes to life: its database builds, its code loads."""
    from awm.cli import check_all as checking  # noqa: PLC0415

    raise typer.Exit(
        checking.check_all(
            source,
            allowed_scenarios or [],
            jobs=jobs,
            as_json=as_json,
            allow_weak_isolation=allow_weak_isolation,
        )
    )


@app.command("reset_db")
def reset_db(
    *,
    input_db: Annotated[Path, typer.Option("--input_db", help="gen_db.jsonl, the schemas.")],
    input_sample: Annotated[
        Path, typer.Option("--input_sample", help="gen_sample.jsonl, the sample rows.")
    ],
    database_dir: Annotated[
        Path | None,
        typer.Option("--database_dir", help="By default outputs/databases.", show_default=False),
    ] = None,
    scenarios: Annotated[
        list[str] | None, typer.Option("--scenarios", help="Only this world; may be repeated.")
    ] = None,
    as_json: AsJson = False,
    allow_weak_isolation: AllowWeak = None,
) -> None:
    """Build worlds' databases anew, in place of those that are there."""
    from awm.cli import reset_db as building  # noqa: PLC0415

    raise typer.Exit(
        building.reset_db(
            input_db,
            input_sample,
            scenarios or [],
            database_dir=database_dir,
            as_json=as_json,
            allow_weak_isolation=allow_weak_isolation,
        )
    )
