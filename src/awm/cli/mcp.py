"""`awm mcp`: what MCP clients have to be told."""

from typing import Annotated, Literal

import typer

from awm.cli.options import new_app, seed_option

__all__ = ["app"]

app = new_app("Have MCP clients find worlds.")


@app.command("config")
def config(
    folder: Annotated[
        str, typer.Argument(help="A folder of worlds in the AWM layout, or `bundled`.")
    ] = "bundled",
    *,
    world: Annotated[str, typer.Option("--world", help="Which world.")],
    task: Annotated[
        int | None, typer.Option("--task", min=0, help="Which of its tasks; none in particular.")
    ] = None,
    seed: Annotated[int, seed_option("Of the calls' randomness.")] = 0,
    client: Annotated[
        Literal["claude-desktop", "cursor", "vscode"], typer.Option("--client", help="Whose.")
    ] = "claude-desktop",
    url: Annotated[
        str | None,
        typer.Option(
            "--url",
            help="Of a server that runs; otherwise the client starts one for itself.",
            show_default=False,
        ),
    ] = None,
    with_token: Annotated[
        bool, typer.Option("--with_token", help="That server asks for a token.")
    ] = False,
) -> None:
    """Print the block that goes into a client's settings file."""
    from awm.cli import serving_mcp  # noqa: PLC0415 - web libraries are for servers
    from awm.cli.console import print_json  # noqa: PLC0415
    from awm.serve.mcp.config import Place  # noqa: PLC0415

    place = Place(world, task, seed)
    print_json(serving_mcp.block(client, place, folder, url, with_token=with_token))
