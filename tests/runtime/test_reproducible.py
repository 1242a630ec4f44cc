"""Same world, same seed, same calls: same bytes, in another process, on another day."""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from awm.worlds import World, bundled_worlds, open_worlds
from tests.conftest import SAMPLE, make_world
from tests.runtime.play import forty_calls

ROOT = Path(__file__).parents[2]

RESTLESS = """
import asyncio, datetime, random, secrets, string, tempfile, threading, time, uuid
from sqlalchemy import text

started = time.time(), random.random(), str(uuid.uuid4()), secrets.token_hex(4)


@app.post("/restless", operation_id="restless")
async def restless():
    session = SessionLocal()
    session.execute(text("CREATE TABLE IF NOT EXISTS log (at TEXT DEFAULT CURRENT_TIMESTAMP, x)"))
    session.execute(text("INSERT INTO log (x) VALUES (random())"))
    session.execute(text("INSERT INTO log VALUES (datetime('now', 'localtime'), randomblob(4))"))
    session.commit()
    rows = [list(map(str, row)) for row in session.execute(text("SELECT * FROM log"))]
    session.close()
    order = []
    async def late(number):
        await asyncio.sleep(random.random() / 100)
        order.append(number)
    await asyncio.gather(*(late(number) for number in range(5)))
    return [
        started, rows, sorted(order), list({str(n) for n in range(40)}), hash("a string"),
        time.time(), time.monotonic(), time.perf_counter_ns(), time.strftime("%c %Z"),
        str(datetime.datetime.now()), str(datetime.datetime.now().astimezone()),
        str(datetime.date.today()), str(datetime.datetime.utcnow()),
        random.random(), random.sample(range(100), 5), random.Random().random(),
        random.SystemRandom().random(), secrets.token_urlsafe(8), os.urandom(4).hex(),
        str(uuid.uuid4()), str(uuid.uuid1()), "".join(random.choices(string.ascii_letters, k=5)),
        next(tempfile._get_candidate_names()), await asyncio.to_thread(random.random),
    ]


@app.post("/fail", operation_id="fail_at_random")
async def fail_at_random(odds: float = 0.5):
    if random.random() < odds:
        raise HTTPException(409, f"bad luck at {datetime.datetime.now()}")
    return await add_note(str(uuid.uuid4()))
"""


def _restless() -> World:
    return make_world(RESTLESS, name="Restless")


def _bundled(name: str) -> World:
    return bundled_worlds()[name]


def _sample(number: int) -> World:
    if not SAMPLE.is_dir():
        pytest.skip("the sample worlds are not beside this checkout (../shared/awm-sample)")
    folder = open_worlds(SAMPLE)
    return folder[sorted(folder)[number]]


WORLDS = [
    pytest.param(_restless, id="restless"),
    *(pytest.param(partial(_bundled, name), id=name) for name in bundled_worlds()),
    *(pytest.param(partial(_sample, number), id=f"sample-{number}") for number in range(3)),
]


@pytest.mark.parametrize("world_of", WORLDS)
def test_the_same_forty_calls_give_the_same_bytes_elsewhere_on_another_day(
    tmp_path: Path, world_of: Callable[[], World]
) -> None:
    (tmp_path / "world").write_bytes(pickle.dumps(world_of()))
    players = [
        _play(tmp_path, shift=0, environment={"TZ": "UTC", "PYTHONHASHSEED": "1"}),
        _play(tmp_path, shift=40_000_000, environment={"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "2"}),
    ]
    here, there = map(_played, players)
    assert len(here["responses"]) == 40
    assert any(not failed for failed in here["failed"])
    assert here == there


def _play(folder: Path, *, shift: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    program = [sys.executable, "-m", "tests.runtime.play", str(folder / "world"), str(shift)]
    variables = {**os.environ, **environment, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    return subprocess.Popen(
        program, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder
    )


def _played(player: subprocess.Popen[bytes]) -> dict[str, list[object]]:
    printed, complaints = player.communicate(timeout=30)
    assert player.returncode == 0, complaints.decode()
    return json.loads(printed)


def test_the_forty_calls_are_valid_and_invalid_ones_of_every_kind() -> None:
    schema = {"type": "object", "required": ["n"],
              "properties": {"n": {"type": "integer"}, "kind": {"enum": ["a"]}}}  # fmt: skip
    calls = [arguments for _, arguments in forty_calls([("tool", schema)])]
    assert any(type(arguments.get("n")) is int for arguments in calls)
    assert any("n" not in arguments for arguments in calls)
    assert any(arguments.get("kind") not in (None, "a") for arguments in calls)
    assert calls == [arguments for _, arguments in forty_calls([("tool", schema)])]
