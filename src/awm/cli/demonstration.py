"""What `awm demo` shows, act by act."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from time import perf_counter

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from awm.cli.check_all import verdict
from awm.cli.console import new_table, progress, shorten, stdout
from awm.cli.context import new_runtime
from awm.cli.diff_view import describe
from awm.cli.memory import tree_memory
from awm.cli.script import Script, changing_scripts, find_reading_call, play
from awm.cli.signals import run
from awm.cli.supply import show_supply
from awm.cli.sweep import problems_of
from awm.errors import UsageError, WorldError
from awm.runtime import Instance, Runtime
from awm.serve import RunFolder
from awm.serve.client import McpClient, connect
from awm.serve.http import PATH, serve_http
from awm.serve.listening import bind, url_of
from awm.serve.service import WorldService
from awm.settings import Settings, load_settings
from awm.worlds import World, WorldFile, WorldFolder, bundled_worlds, open_worlds

__all__ = ["demonstrate"]


def demonstrate(
    folders: list[str],
    instances: int,
    worlds: int,
    output_dir: Path,
    *,
    jobs: int | None,
    allow_weak_isolation: bool | None,
) -> None:
    """Show what the runtime does, on the bundled worlds and those of the given folders.

    Then show what the builtin author does: `worlds` new ones, proven and played, in `output_dir`.

    Raises:
        AwmError: A folder cannot be opened, no world comes to life, or the machinery fails.
    """
    chosen = load_settings(allow_weak_isolation=allow_weak_isolation)
    opened = [bundled_worlds(), *map(open_worlds, folders)]
    run(_demonstrate(chosen, opened, instances))
    if worlds:
        run(show_supply(chosen, output_dir, worlds, jobs or os.cpu_count() or 1))


async def _demonstrate(chosen: Settings, folders: list[WorldFolder], instances: int) -> None:
    async with new_runtime(chosen) as runtime:
        stdout().print(runtime.isolation.describe(), soft_wrap=True)
        world = await _load_worlds(runtime, folders)
        await _launch_many(runtime, world, instances)
        await _act_over_mcp(runtime, world)


def _heading(text: str) -> None:
    stdout().print(Text(f"\n{text}", style="bold cyan"))


def _indented(what: RenderableType) -> Padding:
    return Padding(what, (0, 0, 0, 2), expand=False)


async def _load_worlds(runtime: Runtime, folders: list[WorldFolder]) -> World:
    """Load every world, show how it went, return the first that works."""
    _heading("Worlds brought to life in jailed workers")
    names = [(folder, name) for folder in folders for name in folder]
    table = new_table(
        "World", "Tools", "Tables", "Rows", "Seconds", "Result",
        right=("Tools", "Tables", "Rows", "Seconds"),
    )  # fmt: skip
    first: World | None = None
    with progress("Loading worlds", len(names)) as advance:
        for folder, name in names:
            try:
                world = folder[name]
                table.add_row(Text(name), *await _load(runtime, world))
                first = first or world
            except WorldError as error:
                table.add_row(
                    Text(name), "", "", "", "", verdict(ok=False, problems=problems_of(name, error))
                )
            advance(name)
    stdout().print(table)
    if first is None:
        raise UsageError("no world came to life.", "Name a folder whose worlds do.")
    return first


async def _load(runtime: Runtime, world: World) -> tuple[str | Text, ...]:
    started = perf_counter()
    ready = await runtime.prepare(world)
    seconds = perf_counter() - started
    tables = rows = ""
    if world.has(WorldFile.DATABASE):
        built = await runtime.examiner.build(world.recipe())
        tables, rows = str(built.tables), str(built.rows)
    return (
        str(len(ready.tools)), tables, rows, f"{seconds:.2f}",
        verdict(ok=True, problems=ready.problems),
    )  # fmt: skip


async def _launch_many(runtime: Runtime, world: World, count: int) -> None:
    """Launch many instances and call a tool in each."""
    _heading(f"{count:,} live, isolated instances of {world.scenario}")
    call = await find_reading_call(runtime, world)
    before = tree_memory()
    started = perf_counter()
    instances = await asyncio.gather(*(runtime.launch(world) for _ in range(count)))
    console = stdout()
    console.print(f"launched in    {perf_counter() - started:.2f} s")
    if call is not None:
        started = perf_counter()
        results = await asyncio.gather(
            *(instance.call_tool(call.name, call.arguments) for instance in instances)
        )
        seconds = perf_counter() - started
        answered = sum(not result.is_error for result in results)
        console.print(
            f"called         {call.name} in each: {answered:,} answers in {seconds:.2f} s"
            f" ({1000 * seconds / count:.2f} ms each)"
        )
    after = tree_memory()
    if before is not None and after is not None:
        console.print(
            f"memory         worker processes: {before.megabytes:.0f} MB before,"
            f" {after.megabytes:.0f} MB with all of them alive\n"
            f"               ({(after.megabytes - before.megabytes) / count:.2f} MB for each)"
        )
    await asyncio.gather(*(instance.close() for instance in instances))


async def _act_over_mcp(runtime: Runtime, world: World) -> None:
    """Play a task in a served session, fork that session's instance, go on differently there."""
    _heading("A session over MCP, and a fork of it")
    async with aclosing(changing_scripts(runtime, world)) as scripts:
        script = await anext(scripts, None)
        if script is None:
            stdout().print("No call that changes this world could be found.")
            return
        async with _served(runtime, world) as (service, url), connect(url) as client:
            stdout().print(f"MCP client connected to {url}\n")
            await _play_over_mcp(client, script)
            (instance,) = service.instances
            await _compare(runtime, instance, scripts)


@asynccontextmanager
async def _served(runtime: Runtime, world: World) -> AsyncIterator[tuple[WorldService, str]]:
    ready = asyncio.Event()
    with tempfile.TemporaryDirectory(prefix="awm-demo-") as folder:
        async with WorldService(runtime, world, RunFolder(Path(folder))) as service:
            listener = bind("127.0.0.1", 0)
            serving = asyncio.create_task(serve_http(service, listener, ready=ready.set))
            try:
                await ready.wait()
                yield service, url_of(listener, "127.0.0.1", PATH)
            finally:
                serving.cancel()
                await asyncio.wait({serving})


async def _play_over_mcp(client: McpClient, script: Script) -> None:
    console = stdout()
    console.print(Text("Task  ", style="bold").append(script.title, style="default"))
    for call in script.calls:
        result = await client.call_tool(call.name, call.arguments)
        arguments = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
        console.print(Text(f"> {call.name}({shorten(arguments, 200)})", style="cyan"))
        style = "red" if result.is_error else "dim"
        console.print(_indented(Text(shorten(result.text, 150), style=style)))


async def _compare(runtime: Runtime, original: Instance, scripts: AsyncIterator[Script]) -> None:
    """Fork an instance, play there what can be played, show both states."""
    before, image = await original.state_hash(), await original.database_image()
    async with await original.fork() as fork:
        other = await _play_first_that_works(fork, scripts)
        console = stdout()
        console.print(Text("\nWhat the session changed", style="bold"))
        console.print(_indented(describe(await original.diff())))
        console.print(
            Text("\nIts fork goes on with  ", style="bold").append(other, style="default")
        )
        console.print(Text("\nWhat only the fork changed", style="bold"))
        name = original.world.name
        apart = await runtime.examiner.compare(name, image, await fork.database_image())
        console.print(_indented(describe(apart)))
        after = await original.state_hash()
        console.print(f"\nsession before the fork  {before[:16]}")
        console.print(f"fork                     {(await fork.state_hash())[:16]}")
        console.print(f"session after the fork   {after[:16]}")
        untouched = "untouched by what the fork did" if before == after else "NOT AS IT WAS"
        console.print(Text(f"The session is {untouched}.", style="bold"))


async def _play_first_that_works(fork: Instance, scripts: AsyncIterator[Script]) -> str:
    """Play the first script that still works after what was done before; return its title."""
    async for script in scripts:
        async with await fork.fork() as trial:
            works = await play(trial, script)
        if works:
            await play(fork, script)
            return script.title
    return "nothing: no other script works"
