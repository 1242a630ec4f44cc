"""`awm env start`: one world, served until somebody says stop."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from rich.text import Text

from awm.cli.console import stderr, stdout
from awm.cli.context import new_runtime
from awm.cli.outcome import show_problems
from awm.cli.signals import StoppedError, run
from awm.errors import UsageError
from awm.runtime import Runtime
from awm.serve import RunFolder
from awm.serve.http import PATH, serve_http
from awm.serve.listening import bind, is_loopback, url_of
from awm.serve.mcp.stdio import serve_stdio
from awm.serve.mcp.terms import agree
from awm.serve.service import WorldService
from awm.serve.stdio import claim_streams
from awm.settings import Settings, load_settings
from awm.worlds import World, WorldFile, WorldFolder, bundled_worlds, open_files, open_worlds

__all__ = ["Start", "start"]


@dataclass(frozen=True, slots=True)
class Start:
    """What is to be served, and how; see the options of the command."""

    scenario: str
    envs_load_path: Path | None
    db_path: Path | None
    db_schema_path: Path | None
    sample_path: Path | None
    host: str
    port: int
    output_dir: Path | None
    stdio: bool
    shared: bool
    seed: int
    idle_seconds: float | None
    process_per_instance: bool
    allow_weak_isolation: bool | None
    temp_server_path: Path | None


def start(options: Start) -> None:
    """Serve a world until a signal comes, or the client of `--stdio` leaves.

    Raises:
        AwmError: The world, the port or the folder is not as it has to be.
        StoppedError: A signal came.
    """
    chosen = load_settings(allow_weak_isolation=options.allow_weak_isolation)
    world = _world(options)
    if options.temp_server_path is not None:
        stderr().print(
            "note: --temp_server_path has no effect; a world is served without writing its code"
            " to a file.",
            soft_wrap=True,
        )
    way = _Stdio() if options.stdio else _Http(options)
    try:
        run(_serve(options, chosen, world, way))
    except StoppedError:
        stderr().print("Stopped.")
        raise
    finally:
        way.close()


class _Http:
    """Served over HTTP; the port is taken at once, so that a conflict shows before the work."""

    def __init__(self, options: Start) -> None:
        self.console = stdout()
        self._listener = bind(options.host, options.port)
        self._idle_seconds = options.idle_seconds
        self.place = url_of(self._listener, options.host, PATH)

    async def serve(self, service: WorldService, announce: Callable[[], None]) -> None:
        address = self._listener.getsockname()[0]
        if not is_loopback(address):
            stderr().print(
                f"warning: everybody who can reach {address} can use this server.", style="yellow"
            )
        await serve_http(service, self._listener, idle_seconds=self._idle_seconds, ready=announce)

    def close(self) -> None:
        self._listener.close()


class _Stdio:
    """Served over standard streams, which from now on are the protocol's alone."""

    place = "standard input and output"

    def __init__(self) -> None:
        self._streams = claim_streams()
        self.console = stderr()

    async def serve(self, service: WorldService, announce: Callable[[], None]) -> None:
        announce()
        terms = await agree(service, service.source.name, seed=service.seed)
        await serve_stdio(service, terms, *self._streams)

    def close(self) -> None:
        """Leave the streams to the threads that wait on them."""


def _world(options: Start) -> World:
    folder = _worlds(options)
    world = folder[options.scenario]
    # A row that was left out is why a world is not what its files seem to say.
    show_problems(problem for problem in folder.problems if problem.world == world.name)
    if options.db_path is None:
        return world
    if not options.db_path.is_file():
        raise UsageError(
            f"the database {options.db_path} is not there.",
            "Leave --db_path out to have one built from the schema and the sample rows.",
        )
    return replace(world, database_file=options.db_path)


def _worlds(options: Start) -> WorldFolder:
    given = {
        WorldFile.DATABASE: options.db_schema_path,
        WorldFile.SAMPLE: options.sample_path,
    }
    replaced = {part: path for part, path in given.items() if path is not None}
    source = options.envs_load_path
    if source is None:
        if replaced:
            raise UsageError(
                "--db_schema_path and --sample_path belong to worlds from files.",
                "Give --envs_load_path too.",
            )
        return bundled_worlds()
    if not replaced or not source.exists():
        return open_worlds(source)
    folder = source if source.is_dir() else source.parent
    files = {part: folder / part for part in WorldFile if (folder / part).is_file()}
    if source.is_file():
        files[WorldFile.ENVIRONMENT] = source
    return open_files({**files, **replaced})


async def _serve(options: Start, chosen: Settings, world: World, way: _Http | _Stdio) -> None:
    process_per_instance = options.process_per_instance
    async with new_runtime(chosen, process_per_instance=process_per_instance) as runtime:
        ready = await runtime.prepare(world)  # before a folder is made: it may not work
        folder = _run_folder(options, chosen, world)
        async with WorldService(
            runtime, world, folder, seed=options.seed, share=options.shared
        ) as service:
            show_problems(ready.problems)
            await way.serve(service, lambda: _announce(way, service, runtime, options))


def _run_folder(options: Start, chosen: Settings, world: World) -> RunFolder:
    if options.output_dir is not None:
        return RunFolder.at(options.output_dir)
    return RunFolder.under(chosen.output_dir, world.name)


def _announce(way: _Http | _Stdio, service: WorldService, runtime: Runtime, options: Start) -> None:
    source = service.source.database_file
    for name, value in {
        "World": f"{service.source.scenario} ({service.ready.name})",
        "Tools": str(len(service.ready.tools)),
        "Served at": way.place,
        "Instances": "one for all sessions" if options.shared else "a fresh one for each session",
        "Start state": str(source) if source else "built from its schema and sample rows",
        "Run folder": str(service.folder.path),
    }.items():
        # Not a table: a URL or a path that is broken over two lines cannot be copied.
        line = Text(f"{name:<13}", style="bold").append(value, style="default")
        way.console.print(line, soft_wrap=True)
    way.console.print(runtime.isolation.describe(), markup=False, soft_wrap=True)
    way.console.print("Ctrl-C stops it; the databases before and after stay in the run folder.")
