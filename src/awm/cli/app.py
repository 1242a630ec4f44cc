"""The commands put together, and how each of them ends."""

import io
import platform
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from awm import __version__
from awm.cli import (
    agent,
    audit,
    demo,
    diff,
    domains,
    env,
    evaluation,
    gen,
    mcp,
    serve,
    split,
    verify,
    worlds,
)
from awm.cli.console import print_json
from awm.cli.logs import set_up_logging
from awm.cli.options import AsJson, new_app
from awm.cli.outcome import EXIT_INTERRUPTED, complain
from awm.cli.signals import StoppedError
from awm.errors import AwmError, InfrastructureError
from awm.whole import NO_ROOM

__all__ = ["app", "run"]

app = new_app("Worlds for agents: look at them, check them, serve them, try them.")
app.add_typer(domains.app, name="domains")
app.add_typer(env.app, name="env")
app.add_typer(evaluation.app, name="eval", cls=evaluation.Group)
app.add_typer(gen.app, name="gen")
app.add_typer(mcp.app, name="mcp")
app.add_typer(serve.app, name="serve")
app.add_typer(worlds.app, name="worlds")
worlds.app.command("split")(split.split)
app.command("agent")(agent.agent)
app.command("audit")(audit.audit)
app.command("demo")(demo.demo)
app.command("diff")(diff.diff)
app.command("verify")(verify.verify)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
    log_level: Annotated[
        str | None,
        typer.Option("--log_level", help="debug, info, warning (the default) or error."),
    ] = None,
    log_format: Annotated[
        str | None, typer.Option("--log_format", help="text (the default) or json.")
    ] = None,
) -> None:
    if version:
        typer.echo(f"awm {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit
    set_up_logging(log_level, log_format)


@app.command("version")
def _version(as_json: AsJson = False) -> None:
    """Show the version, and of what it runs on."""
    versions = {
        "awm": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
    }
    if as_json:
        print_json(versions)
    else:
        typer.echo("\n".join(f"{name} {version}" for name, version in versions.items()))


def run(arguments: Sequence[str]) -> int:
    """Run a command line.

    Returns:
        The exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What a world says may have no form in the terminal's encoding: show it all the same.
            stream.reconfigure(errors="backslashreplace")
    try:
        app(list(arguments), prog_name="awm")
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else 0
    except AwmError as error:
        return complain(error)
    except StoppedError as stopped:
        return stopped.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return EXIT_INTERRUPTED
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        return complain(InfrastructureError(f"the output has no room: {error.strerror}."))
    return 0
