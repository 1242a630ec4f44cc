"""How a world is made ready: how it is loaded, and what its tools may be."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from awm.errors import (
    InfrastructureError,
    WorldBuildError,
    WorldFileError,
    WorldIncompleteError,
    WorldLoadError,
)
from awm.runtime import Limits, Runtime
from awm.runtime.prepared import load, prepared
from awm.runtime.wire import Done, Failed, Load, Loaded, Message
from awm.runtime.worker import WorkerDiedError
from awm.worlds import World, WorldFile
from tests.conftest import HEADER, make_world

ORDER = Load("w", "", b"", b"", 0.0, False, 1.0, 1 << 20, 1 << 20)
LIMITS = Limits(load_seconds=3.0, response_mb=1)


class ScriptedWorker:
    """Answers its one request with what it was given."""

    def __init__(self, outcome: Message | BaseException) -> None:
        self.retired = False
        self._outcome = outcome

    async def send(self, message: Message, seconds: float) -> Message:
        assert seconds == LIMITS.load_seconds
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        return self._outcome

    def retire(self) -> None:
        self.retired = True


async def _load(*outcomes: Message | BaseException) -> list[ScriptedWorker]:
    workers = [ScriptedWorker(outcome) for outcome in outcomes]
    left = iter(workers)

    async def start() -> ScriptedWorker:
        return next(left)

    await load(start, ORDER, LIMITS)
    return workers


def _died(cause: str, *, guilty: bool = True) -> WorkerDiedError:
    return WorkerDiedError(cause, f"its end was: {cause}", guilty=guilty)


async def test_a_worker_killed_while_it_loads_is_replaced_until_the_world_is_to_blame() -> None:
    await _load(_died("killed"), _died("killed"), Loaded(b"", "[]", "[]"))
    with pytest.raises(WorldLoadError, match="killed"):
        await _load(*[_died("killed")] * 3)


@pytest.mark.parametrize(
    ("cause", "says"), [("timeout", "within 3 seconds"), ("exit", "exit"), ("protocol", "protocol")]
)
async def test_a_worker_that_dies_of_the_code_is_the_worlds_fault(cause: str, says: str) -> None:
    with pytest.raises(WorldLoadError, match=says) as caught:
        await _load(_died(cause))
    assert caught.value.problems[0].hint


async def test_a_worker_lost_with_its_zygote_is_not_the_worlds_fault() -> None:
    with pytest.raises(InfrastructureError, match="loading 'w'"):
        await _load(_died("zygote", guilty=False))


async def test_what_the_worker_says_of_a_failure_is_passed_on_and_the_worker_ended() -> None:
    worker = ScriptedWorker(Failed("it rains", "line 7", "take an umbrella"))

    async def start() -> ScriptedWorker:
        return worker

    with pytest.raises(WorldLoadError) as caught:
        await load(start, ORDER, LIMITS)
    (problem,) = caught.value.problems
    assert (problem.what, problem.hint) == ("it rains", "take an umbrella")
    assert problem.where == "gen_envs.jsonl: full_code: line 7"
    assert worker.retired


@pytest.mark.parametrize("outcome", [Done(), KeyboardInterrupt()], ids=["odd-answer", "given-up"])
async def test_a_worker_of_which_nothing_comes_is_ended(outcome: Message | BaseException) -> None:
    worker = ScriptedWorker(outcome)

    async def start() -> ScriptedWorker:
        return worker

    with pytest.raises((InfrastructureError, KeyboardInterrupt)):
        await load(start, ORDER, LIMITS)
    assert worker.retired


GOOD = ["good", "a tool", {"type": "object"}]


def test_tools_and_warnings_are_taken_over() -> None:
    ready = prepared("key", ORDER, Loaded(b"t", json.dumps([GOOD]), '["odd"]'), (), LIMITS)
    assert [tool.name for tool in ready.tools] == ["good"]
    assert [problem.severity for problem in ready.problems] == ["warning"]


@pytest.mark.parametrize(
    "row",
    [[], ["a", "b"], ["a", "b", []], ["a", "b", 5], [1, "b", {}], ["a", None, {}], "abc", 7],
    ids=repr,
)
def test_tools_that_are_not_as_tools_are_keep_a_world_from_loading(row: object) -> None:
    with pytest.raises(WorldLoadError, match="malformed"):
        prepared("key", ORDER, Loaded(b"", json.dumps([GOOD, row]), "[]"), (), LIMITS)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "[1" + "0" * 10_000 + "]"])
def test_tools_that_are_not_json_keep_a_world_from_loading(text: str) -> None:
    with pytest.raises(WorldLoadError, match="malformed"):
        prepared("key", ORDER, Loaded(b"", text, "[]"), (), LIMITS)


def test_tools_that_take_too_much_to_describe_keep_a_world_from_loading() -> None:
    large = json.dumps([["a", "x" * LIMITS.response_bytes, {}]])
    with pytest.raises(WorldLoadError, match="MB to describe"):
        prepared("key", ORDER, Loaded(b"", large, "[]"), (), LIMITS)


@pytest.mark.parametrize("part", [WorldFile.ENVIRONMENT, WorldFile.DATABASE])
async def test_a_world_without_code_or_schema_is_incomplete(
    runtime: Runtime, part: WorldFile
) -> None:
    records = {key: rows for key, rows in make_world().records.items() if key is not part}
    with pytest.raises(WorldIncompleteError):
        await runtime.launch(World.from_records(records))


async def test_a_world_none_of_whose_tables_can_be_created_names_each_statement(
    runtime: Runtime,
) -> None:
    with pytest.raises(WorldBuildError) as caught:
        await runtime.launch(make_world(ddl=["CREATE TABEL x (y)", "nonsense"], inserts=[]))
    assert len(caught.value.problems) >= 2


async def test_statements_that_fail_are_problems_of_a_world_that_runs(runtime: Runtime) -> None:
    world = make_world(inserts=["INSERT INTO notes (title) VALUES ('one')", "INSERT INTO gone"])
    async with await runtime.launch(world) as instance:
        assert len(instance.world.problems) == 1
        assert (await instance.call_tool("list_notes")).text == '[\n  "one"\n]'


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
async def test_a_prebuilt_database_takes_the_place_of_schema_and_rows(
    runtime: Runtime, tmp_path: Path, journal: str
) -> None:
    with sqlite3.connect(tmp_path / "notes.db") as made:
        made.execute(f"PRAGMA journal_mode={journal}")
        made.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT)")
        made.execute("INSERT INTO notes (title) VALUES ('prebuilt')")
    made.close()
    async with await runtime.launch(_with_database(tmp_path / "notes.db")) as instance:
        assert (await instance.call_tool("list_notes")).text == '[\n  "prebuilt"\n]'
        await instance.call_tool("add_note", {"title": "more"})
        assert [len(table.added) for table in await instance.diff()] == [1]


async def test_a_prebuilt_database_that_is_none_is_refused(
    runtime: Runtime, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.db"
    with pytest.raises(WorldFileError, match="is not there"):
        await runtime.launch(_with_database(broken))
    broken.write_text("not a database")
    with pytest.raises(WorldFileError, match="not a SQLite database"):
        await runtime.launch(_with_database(broken))
    broken.unlink()
    with closing(sqlite3.connect(broken)) as connection:
        connection.execute("CREATE TABLE notes (title TEXT)")
    header, pages = broken.read_bytes()[:100], broken.stat().st_size - 100
    broken.write_bytes(header + b"\xff" * pages)
    with pytest.raises(WorldLoadError):
        await runtime.launch(_with_database(broken))


async def test_a_prebuilt_database_whose_changes_are_still_in_its_log_is_refused(
    runtime: Runtime, tmp_path: Path
) -> None:
    file = tmp_path / "busy.db"
    connection = sqlite3.connect(file)
    connection.executescript("PRAGMA journal_mode = WAL; CREATE TABLE notes (title TEXT);")
    with pytest.raises(WorldFileError, match=r"latest changes are in busy\.db-wal"):
        await runtime.launch(_with_database(file))
    connection.close()
    async with await runtime.launch(_with_database(file)) as instance:
        assert b"notes" in await instance.database_image()


def _with_database(file: Path) -> World:
    return World.from_records(
        {WorldFile.ENVIRONMENT: [{"scenario": "Notes", "full_code": HEADER}]}, database_file=file
    )
