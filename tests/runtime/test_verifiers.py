"""The verifier pool: whatever a program does, a verdict or a typed fault, and nobody else's."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from awm.errors import RuntimeClosedError, UsageError
from awm.runtime import ProgramReport, VerifierLimits, VerifierPool
from awm.runtime import verifiers as module
from awm.runtime.sandbox import probe
from awm.runtime.wire import Failed, Verified
from tests.runtime.programs import (
    COMPLETE,
    FINAL,
    HONEST,
    HOSTILE,
    INITIAL,
    image,
    program,
    verifier,
)
from tests.runtime.world_code import descriptors, eventually, workers_of

ROOT = Path(__file__).parents[2]
SURROUNDINGS = verifier(
    """
    import decimal, gc, locale, random, signal, sys, time, uuid, warnings
    return {
        "clock": [time.time(), time.monotonic()],
        "dice": [random.random(), os.urandom(4), uuid.uuid4()],
        "decimal": decimal.getcontext(),
        "recursion": sys.getrecursionlimit(),
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "locale": locale.setlocale(locale.LC_ALL),
        "warnings": len(warnings.filters),
        "adapters": [len(sqlite3.adapters), len(sqlite3.converters)],
        "gc": [gc.isenabled(), gc.get_threshold()],
        "alarm": repr(type(signal.getsignal(signal.SIGTERM))),
        "count": globals().setdefault("count", 0),
        "sql": sqlite3.connect(final).execute(
            "SELECT datetime('now'), random(), (SELECT group_concat(title) FROM notes)"
        ).fetchone(),
    }
    """,
    name="verify_task",
)


async def outcome(pool: VerifierPool, body: str, **others: object) -> ProgramReport:
    return await pool.run(program(verifier(textwrap.dedent(body) + COMPLETE), **others))


@pytest.fixture(scope="module")
async def surroundings(pool: VerifierPool) -> ProgramReport:
    return await pool.run(program(SURROUNDINGS, mode="sql"))


@pytest.mark.parametrize("name", HONEST)
async def test_an_honest_program_gives_its_verdict_twice(pool: VerifierPool, name: str) -> None:
    for _ in range(2):
        assert await outcome(pool, HONEST[name]) == ProgramReport({"result": "complete"})


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_program_costs_itself_only(
    pool: VerifierPool, surroundings: ProgramReport, name: str
) -> None:
    body, faults = HOSTILE[name]
    report = await outcome(pool, body)
    assert report.result is None
    assert report.fault in faults.split(), report
    assert report.what
    report.what.encode()
    assert len(report.what) < 1000
    assert await pool.run(program(SURROUNDINGS, mode="sql")) == surroundings


@pytest.mark.parametrize(
    "change",
    [
        "import sys; sys.setrecursionlimit(500)",
        "import decimal; decimal.getcontext().prec = 3",
        "import decimal; decimal.DefaultContext.prec = 3",
        "import random; random.seed(5)",
        "os.environ['LEFT'] = 'behind'",
        "sqlite3.register_adapter(set, repr)",
        "sqlite3.register_converter('x', bytes)",
        "import warnings; warnings.simplefilter('error')",
        "import gc; gc.disable()",
        "import gc; gc.set_threshold(1)",
        "import signal; signal.signal(signal.SIGTERM, lambda *_: None)",
        "import atexit; atexit.register(os._exit, 3)",
        "import sys, types; sys.modules['left'] = types.ModuleType('left')",
        "import sys; sys.stdout = None",
        "import logging; logging.getLogger('x').setLevel(1)",
        "global count; count = 7",
    ],
)
async def test_nothing_ordinary_is_left_behind_for_the_next_run_of_a_program(
    pool: VerifierPool, change: str, surroundings: ProgramReport
) -> None:
    switch = "if answer: exec(answer)"
    code = SURROUNDINGS.replace("    import decimal", f"    {switch}\n    import decimal", 1)
    calm = await pool.run(program(code, mode="sql"))
    assert calm.fault is None
    assert (await pool.run(program(code, mode="sql", answer=change))).fault is None
    assert await pool.run(program(code, mode="sql")) == calm
    assert calm == surroundings


async def test_programs_of_one_world_share_a_process_and_those_of_two_never_do(
    pool: VerifierPool,
) -> None:
    codes = [verifier("return {'process': os.getpid()}", name=f"verify_{n}") for n in "ab"]
    seen = [
        (await pool.run(program(code, mode="sql", world="one"))).result["process"]
        for code in codes * 3
    ]
    # A process may be lost to the machine, and another takes its place: most runs have to share.
    assert len(set(seen)) <= 2, seen
    other = await pool.run(program(codes[0], mode="sql", world="others"))
    assert other.result["process"] not in seen


async def test_a_world_gets_no_second_process_where_its_first_is_soon_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 60.0)
    asked = program(verifier("return {'process': os.getpid()}"), mode="sql")
    async with VerifierPool(processes=4) as pool:
        reports = await asyncio.gather(*(pool.run(asked) for _ in range(8)))
    # Four without waiting; one may be lost to the machine.
    assert len({report.result["process"] for report in reports}) <= 2


async def test_a_world_gets_a_second_process_where_its_first_is_long_at_work() -> None:
    async with VerifierPool(processes=2, limits=VerifierLimits(seconds=30.0)) as pool:
        slow = asyncio.create_task(outcome(pool, "while True: pass"))
        assert (await outcome(pool, "")).fault is None
        assert not slow.done()
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow


async def test_two_programs_never_share_a_process_where_that_is_asked_for() -> None:
    codes = [verifier("return {'process': os.getpid()}", name=f"verify_{n}") for n in "ab"]
    async with VerifierPool(process_per_program=True) as apart:
        seen = [
            {(await apart.run(program(code, mode="sql"))).result["process"] for _ in range(3)}
            for code in codes
        ]
    assert len(seen[0]) == len(seen[1]) == 1
    assert seen[0] != seen[1]


async def test_a_forged_reply_is_no_verdict(pool: VerifierPool) -> None:
    body = """
        import struct
        # A frame [1, [tag, '{"result": "complete"}', None, "", b"", False]], and [2, ...].
        result = b'{"result": "complete"}'
        for request in (1, 2, 3):
            for tag in range(24):
                text = bytes([0xa0 + len(result)]) + result
                frame = bytes([0x92, request, 0x96, tag]) + text + b"\\xc0\\xa0\\xc4\\0\\xc2"
                for number in range(3, 16):
                    try: os.write(number, struct.pack("<I", len(frame)) + frame)
                    except OSError: pass
        """
    assert (await outcome(pool, body)).fault == "crash"


@pytest.mark.parametrize(
    "reply",
    [
        Verified('{"result": "complete"}', None, "", b"another"),
        Verified('{"result": "excellent"}', None, "", b"seal"),
        Verified('{"result": NaN}', None, "", b"seal"),
        Verified('{"result": "complete", "x": "\\ud800"}', None, "", b"seal"),
        Verified("[" * 100_000, None, "", b"seal"),
        Verified('{"result": "complete", "x": "%s"}' % ("x" * (1 << 20)), None, "", b"seal"),
        Verified('"complete"', None, "", b"seal"),
        Verified("", None, "", b"seal"),
        Verified("", "invented", "\ud800" * 10_000, b"seal"),
        Failed("no", "", ""),
    ],
    ids=lambda reply: repr(reply)[:60],
)
def test_what_a_tampered_worker_may_say_is_never_a_verdict(reply, pool: VerifierPool) -> None:
    order = replace(pool._order(program(verifier(COMPLETE))), seal=b"seal")
    report = module._report(reply, order)
    assert report.result is None
    assert report.fault in ("crash", "wrong_type", "too_large")
    json.dumps([report.fault, report.what], ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("def verify_task_completion(:", "syntax"),
        ("verify = 1\0", "syntax"),
        ("x = '\ud800'", "syntax"),
        ("(" * 5000, "syntax"),
        ("", "no_function"),
        ("def check(a, b): pass", "no_function"),
        ("verify_task_completion = None", "no_function"),
        ("import nothing_of_this_name", "missing_import"),
        ("def verify_task(a, b, c, d): pass", "raised"),
        ("raise SystemExit", "raised"),
        ("globals()[1] = 2", "no_function"),
    ],
)
async def test_code_that_cannot_be_run_says_what_is_wrong(
    pool: VerifierPool, code: str, fault: str
) -> None:
    report = await pool.run(program(code))
    assert (report.result, report.fault) == (None, fault)


@pytest.mark.parametrize(
    "signature",
    [
        "verify_task_completion(initial_db_path, final_db_path, final_answer=None)",
        "verify_task_completion(final_db_path, initial_db_path, answer)",
        "verify_something_else(before, after, response)",
        "verify_task(a, b, c)",
        "verify_task(a, b, /, c)",
        "verify_task(*given)",
        "verify_task(*, final, answer, initial, **more)",
    ],
)
async def test_arguments_reach_the_parameters_they_are_meant_for(
    pool: VerifierPool, signature: str
) -> None:
    code = f"""
def verify_some_part(row): pass
def {signature}:
    given = [
        value for inner in locals().values()
        for value in (inner if isinstance(inner, tuple) else (inner,)) if isinstance(value, str)
    ]
    right = sorted(given) == ["/awm/final.db", "/awm/initial.db", "me"]
    return {{"result": "complete" if right else "others"}}
"""
    assert (await pool.run(program(code, answer="me"))).result == {"result": "complete"}


async def test_a_fault_names_the_line_in_which_it_was_raised(pool: VerifierPool) -> None:
    report = await pool.run(program("\n\ndef verify_task(a, b):\n    return 1 / 0"))
    assert report.what == "line 4: ZeroDivisionError: division by zero"


async def test_evidence_comes_back_as_json_has_it(pool: VerifierPool) -> None:
    body = """
    import datetime, decimal
    connection = sqlite3.connect(final)
    connection.row_factory = sqlite3.Row
    return {
        "row": connection.execute("SELECT id, title FROM notes").fetchone(),
        "set": {2, 1}, "bytes": b"\\x01", "nan": float("nan"), (1, "a"): None, 1: True,
        "when": datetime.datetime(2026, 1, 1), "price": decimal.Decimal("1.50"),
        "object": object(), "half": "\\ud800", "large": 1 << 5000, "deep": [{"a": (1,)}],
    }
    """
    report = await pool.run(program(verifier(body), mode="sql"))
    assert report.result == {
        "row": {"id": 1, "title": "first"},
        "set": [1, 2],
        "bytes": "01",
        "nan": "nan",
        '[1, "a"]': None,
        "1": True,
        "when": "2026-01-01 00:00:00",
        "price": "1.50",
        "object": "a object",
        "half": "?",
        "large": "an integer of 5001 bits",
        "deep": [{"a": [1]}],
    }


@pytest.mark.parametrize(
    "damaged",
    [b"garbage" * 1000, INITIAL[:5000], INITIAL[:100], INITIAL[:4096] + b"\xff" * 4096],
    ids=["garbage", "truncated", "header only", "overwritten"],
)
async def test_a_damaged_database_is_nobodys_verdict(pool: VerifierPool, damaged: bytes) -> None:
    for states in ({"initial": damaged}, {"final": damaged}):
        report = await outcome(pool, "", **states)
        assert report.fault == "bad_database"
        assert next(iter(states)) in report.what


@pytest.mark.parametrize(
    "schema",
    [
        (
            "CREATE TABLE notes (a CHECK (a > 5)); PRAGMA ignore_check_constraints = ON;"
            "INSERT INTO notes VALUES (1);"
        ),
        (
            "CREATE TABLE notes (a); PRAGMA writable_schema = ON;"
            "UPDATE sqlite_master SET sql = 'CREATE TABLE notes (a COLLATE unknown)';"
        ),
        "CREATE TABLE notes (a DEFAULT (datetime('now'))); INSERT INTO notes VALUES (1);",
    ],
    ids=["broken rule", "unknown collation", "default"],
)
async def test_a_database_that_can_be_read_is_read(pool: VerifierPool, schema: str) -> None:
    report = await outcome(
        pool, "sqlite3.connect(final).execute('SELECT count(*) FROM notes')", final=image(schema)
    )
    assert report.result == {"result": "complete"}, report


async def test_databases_with_a_log_empty_ones_and_large_ones_are_read(
    pool: VerifierPool,
) -> None:
    logged = INITIAL[:18] + b"\2\2" + INITIAL[20:]
    body = "assert sqlite3.connect(final).execute('SELECT count(*) FROM notes').fetchone() == (1,)"
    assert (await outcome(pool, body, final=logged)).fault is None
    body = "assert sqlite3.connect(final).execute('SELECT * FROM sqlite_master').fetchall() == []"
    assert (await outcome(pool, body, final=b"")).fault is None
    large = image("CREATE TABLE notes (a); INSERT INTO notes VALUES (zeroblob(24000000));")
    body = "assert sqlite3.connect(final).execute('SELECT length(a) FROM notes').fetchone()[0]"
    assert (await outcome(pool, body, initial=large, final=large)).fault is None


async def test_no_copy_shares_anything_with_another(pool: VerifierPool) -> None:
    body = """
    one, other = sqlite3.connect(final), sqlite3.connect(final)
    one.execute("CREATE TEMP TABLE mine (a)")
    assert other.execute("SELECT * FROM temp.sqlite_master").fetchall() == []
    """
    assert (await outcome(pool, body)).fault is None


async def test_faults_come_within_the_deadline_and_its_grace(pool: VerifierPool) -> None:
    began = time.monotonic()
    bodies = [HOSTILE[name][0] for name in ("stubborn loop", "stop")]
    reports = await asyncio.gather(*(outcome(pool, body) for body in bodies))
    assert {report.fault for report in reports} == {"timeout"}
    assert time.monotonic() - began < 20  # not ten minutes; machines are busy


async def test_a_fault_in_a_used_process_is_confirmed_in_a_fresh_one(pool: VerifierPool) -> None:
    # What it does depends on its earlier runs, through a place where nobody looks.
    body = """
    calls = json.detect_encoding.__dict__.setdefault("calls", [])
    calls.append(1)
    assert len(calls) == 1
    """
    for _ in range(3):
        assert (await outcome(pool, body)).result == {"result": "complete"}


@pytest.fixture
async def own_pool() -> AsyncIterator[VerifierPool]:
    async with VerifierPool(limits=VerifierLimits(seconds=1.0), processes=1) as running:
        yield running


async def test_a_worker_that_somebody_kills_costs_no_run(own_pool: VerifierPool) -> None:
    assert (await outcome(own_pool, "")).fault is None
    for process in workers_of(own_pool._nursery.zygote._process.pid):
        os.kill(process, signal.SIGKILL)
    assert (await outcome(own_pool, "")).fault is None
    os.kill(own_pool._nursery.zygote._process.pid, signal.SIGKILL)
    assert (await outcome(own_pool, "")).fault is None


async def test_idle_workers_are_bounded_and_the_pool_leaves_nothing_behind() -> None:
    before = descriptors()
    async with VerifierPool(processes=2, idle_workers=2) as pool:
        runs = [
            pool.run(program(verifier(COMPLETE) + f"# {number}", final=FINAL))
            for number in range(12)
        ]
        assert all(report.fault is None for report in await asyncio.gather(*runs))
        zygote = pool._nursery.zygote._process.pid
        await eventually(lambda: len(workers_of(zygote)) <= 4)
        assert (await pool.examiner.compare("notes", INITIAL, FINAL)).tables
        with pytest.raises(UsageError):
            await pool.__aenter__()
    assert workers_of(zygote) == set()
    assert descriptors() == before
    with pytest.raises(RuntimeClosedError):
        await pool.run(program(verifier(COMPLETE)))


async def test_the_processes_that_were_not_used_for_longest_make_room_for_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.0)  # so that the busy world needs two
    code = verifier("return {'process': os.getpid()}")

    async def process(world: str) -> int:
        return (await pool.run(program(code, mode="sql", world=world))).result["process"]

    async with VerifierPool(processes=2, idle_workers=3) as pool:
        for world in ("one", "another"):
            await process(world)
        seen = {
            number
            for _ in range(5)
            for number in await asyncio.gather(process("busy"), process("busy"))
        }
    assert len(seen) <= 3  # two, unless one is lost to the machine; one more each time otherwise


async def test_a_cancelled_run_holds_nobody_up(own_pool: VerifierPool) -> None:
    slow = asyncio.create_task(outcome(own_pool, "while True: pass"))
    await asyncio.sleep(0)
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert (await outcome(own_pool, "")).fault is None


def test_the_test_databases_are_what_they_say() -> None:
    connection = sqlite3.connect(":memory:")
    connection.deserialize(FINAL)
    assert connection.execute("SELECT count(*) FROM notes").fetchone() == (2,)
    connection.close()


WEAK = """
import asyncio, errno
from awm.runtime import VerifierPool
from awm.runtime.sandbox import seccomp
from awm.runtime.sandbox.bpf import ALLOW, Policy, Rule
from awm.runtime.sandbox.syscalls import PR_SET_NO_NEW_PRIVS, prctl
from tests.runtime.programs import COMPLETE, program, verifier

async def tried():
    async with VerifierPool(processes=1, allow_weak=True) as pool:
        print(pool.isolation.level)
        for body in ("import nowhere", "try:\\n    import nowhere\\nexcept ImportError: pass"):
            report = await pool.run(program(verifier(body + "\\n" + COMPLETE)))
            print(report.fault or report.result["result"])

prctl(PR_SET_NO_NEW_PRIVS, 1)
seccomp.install(Policy((Rule("seccomp", (), errno.EPERM),), default=ALLOW))
asyncio.run(tried())
"""


def test_where_nothing_can_be_jailed_a_missing_module_is_still_no_more_than_that() -> None:
    if not probe().seccomp:
        pytest.skip(f"needs a filter to forbid filters with: {probe().describe()}")
    done = subprocess.run(
        [sys.executable, "-c", WEAK], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["weak", "missing_import", "complete"]
