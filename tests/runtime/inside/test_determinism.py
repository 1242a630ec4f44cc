# ruff: noqa: PLW0108 - names are looked up when they are used, after they were replaced
import asyncio
import datetime as dt
import os
import random
import secrets
import sqlite3
import time
import uuid

import pytest
import time_machine
from pydantic import BaseModel, Field

from awm.runtime.inside.process import Process

from .forked import in_child

EPOCH = dt.datetime(2031, 5, 6, 7, 8, 9, tzinfo=dt.UTC).timestamp()
REAL_TIME = time.time


class Stamped(BaseModel):
    at: dt.datetime = Field(default_factory=dt.datetime.now)
    id: uuid.UUID = Field(default_factory=uuid.uuid4)


CLOCKS = {
    "time.time": lambda: time.time(),
    "time.time_ns": lambda: time.time_ns(),
    "datetime.now": lambda: dt.datetime.now(),
    "datetime.now(tz)": lambda: dt.datetime.now(dt.UTC),
    "datetime.utcnow": lambda: dt.datetime.utcnow(),
    "datetime.today": lambda: dt.datetime.today(),
    "date.today": lambda: dt.date.today(),
    "time.monotonic": lambda: time.monotonic(),
    "time.monotonic_ns": lambda: time.monotonic_ns(),
    "time.perf_counter": lambda: time.perf_counter(),
    "time.perf_counter_ns": lambda: time.perf_counter_ns(),
    "time.process_time": lambda: time.process_time(),
    "time.localtime": lambda: tuple(time.localtime()),
    "time.gmtime": lambda: tuple(time.gmtime()),
    "time.strftime": lambda: time.strftime("%Y-%m-%d %H:%M:%S"),
    "time.ctime": lambda: time.ctime(),
    "time.asctime": lambda: time.asctime(),
    "time.clock_gettime": lambda: time.clock_gettime(time.CLOCK_REALTIME),
    "time.clock_gettime_ns": lambda: time.clock_gettime_ns(time.CLOCK_REALTIME),
    "time.clock_gettime(monotonic)": lambda: time.clock_gettime(time.CLOCK_MONOTONIC),
    "time.clock_gettime(cpu)": lambda: time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID),
}
CHANCES = {
    "random.random": lambda: random.random(),
    "random.choice": lambda: random.choice(range(10**9)),
    "random.getrandbits": lambda: random.getrandbits(99),
    "random.shuffle": lambda: random.sample(range(100), 100),
    "random.Random": lambda: random.Random().random(),
    "random.Random.seed": lambda: reseeded(random.Random(5)),
    "random.seed": lambda: reseeded(random),
    "random.SystemRandom": lambda: random.SystemRandom().random(),
    "secrets.token_hex": lambda: secrets.token_hex(),
    "secrets.randbelow": lambda: secrets.randbelow(10**9),
    "secrets.choice": lambda: secrets.choice(range(10**9)),
    "uuid.uuid1": lambda: (uuid.uuid1(), uuid.uuid1()),
    "uuid.uuid4": lambda: uuid.uuid4(),
    "os.urandom": lambda: os.urandom(16),
    "os.getrandom": lambda: os.getrandom(16),
    "a model's defaults": lambda: Stamped(),
}
SQL_CLOCKS = ["datetime('now')", "date('now', '+1 day')", "strftime('%s', 'now')", "julianday()",
              "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"]  # fmt: skip
SQL_CHANCES = ["random()", "hex(randomblob(16))", "abs(random()) % 1000000007"]


def reseeded(generator):
    generator.seed()
    return generator.random()


class Bench:
    def __init__(self):
        self.process = Process()
        self.process.install()
        self.connection = sqlite3.Connection(":memory:")
        self.process.sql_clock.install(self.connection)
        self.connection.execute("CREATE TABLE t (a, at DEFAULT CURRENT_TIMESTAMP)")

    def begin(self, seed, step):
        self.process.determinism.begin(epoch=EPOCH, seed=seed, step=step)

    def sql(self, expression):
        return self.connection.execute(f"SELECT {expression}").fetchone()[0]

    def everything(self, seed, step):
        """Everything that a call may ask of clocks and dice, twice in a row."""
        self.begin(seed, step)
        asked = {}
        for _ in range(2):
            for name, ask in {**CLOCKS, **CHANCES}.items():
                asked.setdefault(name, []).append(repr(ask()))
            for expression in (*SQL_CLOCKS, *SQL_CHANCES):
                asked.setdefault(expression, []).append(repr(self.sql(expression)))
        self.connection.execute("INSERT INTO t (a) VALUES (1)")
        asked["DEFAULT"] = self.connection.execute("SELECT at FROM t").fetchall()
        self.connection.execute("DELETE FROM t")
        return asked


def fresh(calls, disturb=lambda: None):
    """What a process of its own says in these calls."""

    def act():
        disturb()
        bench = Bench()
        return [bench.everything(seed, step) for seed, step in calls]

    return in_child(act)


def shift_the_wall_clock():
    """Let the machine's own clock and dice stand elsewhere before anything is installed."""
    time_machine.travel(REAL_TIME() + 1e8).start()
    random.seed(99)
    uuid.uuid1()


@pytest.fixture(scope="module")
def said():
    return fresh([(7, 1), (7, 2), (8, 1)])


def test_the_same_seed_and_step_say_the_same_in_another_process_at_another_time(said):
    assert fresh([(7, 1), (7, 2), (8, 1)], shift_the_wall_clock) == said


def test_every_way_to_ask_for_the_date_names_the_same_day(said):
    for name in ("time.ctime", "time.asctime"):
        assert said[0][name] == [repr("Tue May  6 07:08:10 2031")] * 2, name


def test_a_moment_that_is_given_is_written_as_it_is():
    def act():
        bench = Bench()
        bench.begin(7, 1)
        return time.ctime(0.0), time.asctime(time.gmtime(0.0)), time.ctime(None)

    epoch = "Thu Jan  1 00:00:00 1970"
    assert in_child(act) == (epoch, epoch, "Tue May  6 07:08:10 2031")


def test_a_clock_that_does_not_exist_is_still_refused():
    def act():
        Bench().begin(7, 1)
        try:
            time.clock_gettime(4711)
        except OSError as error:
            return type(error).__name__
        return "answered"

    assert in_child(act) == "OSError"


def test_what_a_call_is_told_does_not_depend_on_the_calls_before_it(said):
    alone = fresh([(7, 2)])
    after_others = fresh([(1, 1), (2, 9), (7, 2)])
    assert alone == [said[1]] == after_others[-1:]


def test_another_seed_throws_other_dice_by_the_same_clock(said):
    first, _, other = said
    for name in (*CHANCES, *SQL_CHANCES):
        assert first[name] != other[name], name
    for name in (*CLOCKS, *SQL_CLOCKS, "DEFAULT"):
        assert first[name] == other[name], name


def test_another_step_throws_other_dice_one_second_later(said):
    first, second, _ = said
    for name in (*CHANCES, *SQL_CHANCES):
        assert first[name] != second[name], name
    assert first["time.time"][0] == repr(EPOCH + 1)
    assert second["time.time"][0] == repr(EPOCH + 2)
    assert first["datetime.utcnow"][0] == "datetime.datetime(2031, 5, 6, 7, 8, 10)"
    assert first["datetime('now')"][0] == "'2031-05-06 07:08:10'"
    assert first["DEFAULT"] == [("2031-05-06 07:08:10",)]


def test_time_stands_still_during_a_call_and_the_dice_do_not(said):
    for name in (*CLOCKS, *SQL_CLOCKS):
        assert len(set(said[0][name])) == 1, name
    for name in (*CHANCES, *SQL_CHANCES):
        assert len(set(said[0][name])) == 2, name


def test_clocks_that_only_run_show_the_steps():
    def act():
        bench = Bench()
        bench.begin(0, 5)
        return time.monotonic(), time.perf_counter(), time.perf_counter_ns()

    assert in_child(act) == (5.0, 5.0, 5_000_000_000)


@pytest.mark.parametrize("seed", [-1, 2**200, 0])
def test_any_integer_is_a_seed(seed):
    def act():
        bench = Bench()
        bench.begin(seed, 1)
        return random.random()

    assert 0 <= in_child(act) < 1


def test_a_generator_with_a_seed_of_its_own_is_left_alone():
    expected = random.Random(5).random()

    def act():
        Bench().begin(3, 3)
        return random.Random(5).random()

    assert in_child(act) == expected


def test_real_randomness_refuses_what_the_genuine_one_refuses():
    def act():
        Bench().begin(0, 1)
        with pytest.raises(ValueError):
            os.urandom(-1)
        return os.urandom(0)

    assert in_child(act) == b""


def test_timers_of_the_event_loop_still_run():
    def act():
        bench = Bench()
        bench.begin(0, 1)

        async def wait():
            await asyncio.sleep(0.01)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 0.01)
            return time.time()

        return bench.process.loop.run_until_complete(wait())

    assert in_child(act) == EPOCH + 1


def test_callbacks_that_are_dropped_never_run():
    def act():
        bench = Bench()
        loop, log = bench.process.loop, []
        loop.call_soon(log.append, "soon")
        loop.call_later(0, log.append, "later")
        loop.drop_callbacks()
        loop.run_until_complete(asyncio.sleep(0.01))
        return log

    assert in_child(act) == []


def test_what_is_sent_to_a_thread_runs_in_its_turn():
    def act():
        bench = Bench()
        bench.begin(0, 1)
        log = []

        async def main():
            asyncio.get_running_loop().run_in_executor(None, log.append, "not awaited")
            log.append(await asyncio.to_thread(lambda: "awaited"))
            with pytest.raises(KeyError):
                await asyncio.to_thread({}.__getitem__, "missing")
            return log

        return bench.process.loop.run_until_complete(main())

    assert in_child(act) == ["not awaited", "awaited"]
