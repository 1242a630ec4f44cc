"""`awm env check`: is there an MCP server, and what can it do."""

from awm.cli.console import counted, new_table, print_json, shorten, stdout
from awm.cli.outcome import EXIT_CHECK_FAILED, complain
from awm.cli.plain import plain_tool
from awm.cli.signals import run
from awm.errors import InfrastructureError
from awm.serve.client import connect
from awm.types import ToolSpec

__all__ = ["check"]


def check(url: str, timeout: float, *, as_json: bool) -> int:
    """Connect, list the tools, leave.

    Args:
        url: Of the MCP endpoint.
        timeout: How many seconds to wait for each answer.
        as_json: Print a JSON document instead of a table.

    Returns:
        0, or 1 if there is no server.

    Raises:
        UsageError: The URL is none.
    """
    try:
        server, tools = run(_ask(url, timeout))
    except InfrastructureError as error:
        if as_json:
            print_json({"url": url, "ok": False, "error": str(error)})
        else:
            complain(error)
        return EXIT_CHECK_FAILED
    if as_json:
        print_json(
            {"url": url, "ok": True, "server": server, "tools": [plain_tool(t) for t in tools]}
        )
    else:
        _show(url, server, tools)
    return 0


async def _ask(url: str, timeout: float) -> tuple[str, list[ToolSpec]]:  # noqa: ASYNC109 - passed on
    async with connect(url, timeout_seconds=timeout) as client:
        return client.server, await client.list_tools()


def _show(url: str, server: str, tools: list[ToolSpec]) -> None:
    console = stdout()
    console.print(f"{server}: {counted(len(tools), 'tool')} at {url}", markup=False, soft_wrap=True)
    table = new_table("Tool", "What it does")
    for tool in tools:
        table.add_row(tool.name, shorten(tool.description.partition("\n")[0], 100))
    console.print(table)
