"""`awm worlds`: worlds as files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from awm.cli.console import counted, print_json, shorten, stdout
from awm.cli.options import AllowWeak, AsJson, Folder, Jobs, Overwrite, new_app
from awm.errors import UsageError

if TYPE_CHECKING:
    from awm.worlds import WorldFolder

__all__ = ["app"]

app = new_app("Look at worlds, measure and check them, copy them, fetch published ones.")


@app.command("list")
def list_worlds(folder: Folder = "bundled", as_json: AsJson = False) -> None:
    """List the worlds of a folder."""
    from awm.cli import listing  # noqa: PLC0415

    listing.list_worlds(folder, as_json=as_json)


@app.command("show")
def show(
    *,
    which: Annotated[
        list[str],
        typer.Argument(metavar="[FOLDER] NAME", help="The world, of the bundled ones or a folder."),
    ],
    tools: Annotated[
        bool, typer.Option("--tools", help="The tools as agents see them; loads the world.")
    ] = False,
    code: Annotated[bool, typer.Option("--code", help="The source code and nothing else.")] = False,
    as_json: AsJson = False,
    allow_weak_isolation: AllowWeak = None,
) -> None:
    """Show one world: what it is about, its tasks, tables and tools."""
    from awm.cli import showing  # noqa: PLC0415

    if len(which) > 2:
        raise UsageError(f"{len(which)} names are too many.", "Give [FOLDER] NAME.")
    folder, name = ("bundled", which[0]) if len(which) == 1 else which
    if code:
        showing.show_code(folder, name, as_json=as_json)
    elif tools:
        showing.show_tools(folder, name, as_json=as_json, allow_weak_isolation=allow_weak_isolation)
    else:
        showing.show_world(folder, name, as_json=as_json)


@app.command("stats")
def stats(
    folder: Folder = "bundled",
    html_file: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write a page with plots."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what a set of worlds is like: sizes, tasks, likeness, beside the published set.

    All of it is read from the files, whoever made them; nothing is run.
    """
    from awm.cli import stats as measuring  # noqa: PLC0415

    measuring.show_stats(folder, as_json=as_json, html_file=html_file)


@app.command("validate")
def validate(
    *,
    folder: Folder = "bundled",
    bring_to_life: Annotated[
        bool,
        typer.Option("--run/--static", help="Whether to build and load them too, in the jail."),
    ] = True,
    jobs: Jobs = None,
    as_json: AsJson = False,
    allow_weak_isolation: AllowWeak = None,
) -> None:
    """Name everything that is wrong with the worlds of a folder."""
    from awm.cli import validate as validating  # noqa: PLC0415

    raise typer.Exit(
        validating.validate(
            folder,
            bring_to_life=bring_to_life,
            jobs=jobs,
            as_json=as_json,
            allow_weak_isolation=allow_weak_isolation,
        )
    )


@app.command("export")
def export(
    target: Annotated[Path, typer.Argument(help="Where to; made if it is not there.")],
    source: Annotated[
        str, typer.Option("--from", help="A folder of worlds, or `bundled`.")
    ] = "bundled",
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Write worlds to a folder in the AWM layout; lines that cannot be read are left out."""
    from awm.worlds import open_worlds, write_worlds  # noqa: PLC0415

    folder = open_worlds(source)
    write_worlds(folder.values(), target, overwrite=overwrite)
    raise typer.Exit(_say_written(target, folder, as_json=as_json))


@app.command("pull")
def pull(
    *,
    repo: Annotated[
        str, typer.Option("--repo", help="A dataset on the Hugging Face Hub.")
    ] = "Snowflake/AgentWorldModel-1K",
    target: Annotated[
        Path | None,
        typer.Option("--target", help="Where to; by default outputs.", show_default=False),
    ] = None,
    revision: Annotated[
        str | None, typer.Option("--revision", help="A branch, tag or commit of the dataset.")
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Fetch a published set of worlds."""
    from awm.settings import load_settings  # noqa: PLC0415
    from awm.worlds import open_worlds, pull_worlds  # noqa: PLC0415

    place = target or load_settings().output_dir
    found = pull_worlds(repo, place, revision=revision, overwrite=overwrite)
    raise typer.Exit(_say_written(found, open_worlds(found), as_json=as_json))


def _say_written(target: Path, worlds: "WorldFolder", *, as_json: bool) -> int:
    """Say what was written, and what was wrong where it came from; return the exit code."""
    from awm.cli.outcome import EXIT_CHECK_FAILED, show_problems  # noqa: PLC0415
    from awm.cli.plain import plain_problem  # noqa: PLC0415

    if as_json:
        problems = [plain_problem(problem) for problem in worlds.problems]
        print_json({"folder": str(target), "worlds": list(worlds), "problems": problems})
    else:
        listed = shorten(", ".join(worlds), 200)
        text = f"{counted(len(worlds), 'world')} in {target}: {listed}"
        stdout().print(text, markup=False, soft_wrap=True)
        show_problems(worlds.problems, named=True)
    failed = any(problem.severity == "error" for problem in worlds.problems)
    return EXIT_CHECK_FAILED if failed else 0
