"""The synchronous twin does what the asynchronous runtime does, from any thread."""

import asyncio
import pickle
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from awm.errors import AwmError, InstanceClosedError, RuntimeClosedError, WorldLoadError
from awm.runtime import Snapshot, SyncInstance, SyncRuntime, sync
from tests.conftest import make_world
from tests.runtime.interrupts import interrupt
from tests.runtime.world_code import NOTEBOOK, SHORT, workers_of, zygotes

WORLD = make_world(NOTEBOOK)


@pytest.fixture(scope="module")
def running() -> Iterator[SyncRuntime]:
    before = zygotes()
    with SyncRuntime(limits=SHORT) as runtime:
        (zygote,) = zygotes() - before
        yield runtime
    assert zygotes() == before
    assert workers_of(zygote) == set()


def test_an_instance_is_called_copied_rewound_and_measured(running: SyncRuntime) -> None:
    assert running.isolation.level in ("full", "no-open", "weak")
    with running.launch(WORLD, seed=4) as instance:
        assert instance.world is running.prepare(WORLD)
        assert (instance.seed, instance.step) == (4, 0)
        assert [tool.name for tool in instance.list_tools()][:2] == ["add_note", "list_notes"]
        start = instance.state_hash()
        assert '"id": 2' in instance.call_tool("add_note", {"title": "x"}).text
        snapshot = pickle.loads(pickle.dumps(instance.snapshot()))
        with instance.fork() as twin:
            assert twin.state_hash() == instance.state_hash() != start
            assert twin.database_image() == instance.database_image()
        instance.reset(seed=9)
        assert (instance.seed, instance.state_hash()) == (9, start)
        assert not instance.diff()
        instance.restore(snapshot)
        assert (instance.seed, instance.step) == (4, 1)
        assert [table.table for table in instance.diff()] == ["notes"]
        assert "step 1" in repr(instance)
    with pytest.raises(InstanceClosedError):
        instance.call_tool("list_notes")


def test_errors_reach_the_thread_that_asked(running: SyncRuntime) -> None:
    with pytest.raises(WorldLoadError, match="no luck"):
        running.launch(make_world("raise OSError('no luck')", name="Broken"))


def test_many_threads_may_use_it_at_once(running: SyncRuntime) -> None:
    def play(number: int) -> str:
        with running.launch(WORLD) as instance:
            for _ in range(5):
                instance.call_tool("add_note", {"title": str(number)})
            return instance.call_tool("list_notes").text

    with ThreadPoolExecutor(8) as pool:
        for number, listed in enumerate(pool.map(play, range(16))):
            assert listed.count(f'"{number}"') == 5
            assert listed.count('"') == 12


def test_a_runtime_that_is_not_running_refuses() -> None:
    runtime = SyncRuntime(limits=SHORT)
    with pytest.raises(RuntimeClosedError):
        runtime.launch(WORLD)
    with runtime:
        instance = runtime.launch(WORLD)
    for attempt in (instance.list_tools, instance.reset, instance.state_hash, instance.snapshot):
        with pytest.raises(RuntimeClosedError):
            attempt()
    with pytest.raises(RuntimeClosedError):
        _ = runtime.isolation


def test_leaving_while_another_thread_waits_gives_it_an_error_and_no_thread_stays() -> None:
    threads = threading.active_count()
    outcomes: list[object] = []

    def call(instance: SyncInstance) -> None:
        try:
            outcomes.append(instance.call_tool("hang"))
        except AwmError as error:
            outcomes.append(type(error))

    with SyncRuntime(limits=replace(SHORT, call_seconds=3.0)) as runtime:
        instances = [runtime.launch(WORLD) for _ in range(3)]
        callers = [threading.Thread(target=call, args=(each,)) for each in instances]
        for caller in callers:
            caller.start()
        while not all(each._instance._turn.locked() for each in instances):
            callers[0].join(0.001)
    for caller in callers:
        caller.join(5)
    assert outcomes == [RuntimeClosedError] * 3
    assert threading.active_count() <= threads


def test_leaving_ends_what_another_thread_waits_for() -> None:
    begun = threading.Event()
    outcomes: list[object] = []

    async def never() -> None:
        begun.set()
        await asyncio.Event().wait()

    def wait(runtime: SyncRuntime) -> None:
        try:
            runtime.wait(never())
        except AwmError as error:
            outcomes.append(type(error))

    with SyncRuntime(limits=SHORT) as runtime:
        caller = threading.Thread(target=wait, args=(runtime,))
        caller.start()
        begun.wait()
    caller.join(5)
    assert outcomes == [RuntimeClosedError]


def test_ctrl_c_is_raised_when_what_it_interrupted_has_put_things_in_order(
    running: SyncRuntime,
) -> None:
    begun = threading.Event()
    in_order: list[bool] = []

    async def work() -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.3)
            in_order.append(True)

    with interrupt(begun.is_set), pytest.raises(KeyboardInterrupt):
        running.wait(work())
    assert in_order == [True]


def test_wherever_ctrl_c_strikes_nothing_goes_on_behind_it(
    running: SyncRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("awm.runtime.sync._GLANCE", 0.001)

    def struck_at(number: int) -> bool:
        """Whether there was such a step: work that is not struck ends by itself."""
        going_on: list[bool] = []
        steps = iter(range(number + 1))

        async def work() -> None:
            going_on.append(True)
            try:
                await asyncio.sleep(0.1)
            finally:
                going_on.clear()

        coroutine = work()
        try:
            with interrupt(lambda: next(steps, None) == number):
                running.wait(coroutine)
        except KeyboardInterrupt:
            return True
        finally:
            running.wait(asyncio.sleep(0))  # behind whatever the event loop was told
            assert not going_on
            coroutine.close()
        return False

    assert [number for number in range(60) if not struck_at(number)] == []
    assert not struck_at(100_000)


def test_what_an_event_loop_did_not_come_to_has_ended_with_it() -> None:
    loop = asyncio.new_event_loop()
    late = sync._Errand(asyncio.sleep(0), loop)
    loop.call_soon(loop.stop)
    loop.call_soon(late.begin)
    loop.run_forever()
    assert not late.ends_within(0)
    loop.close()
    assert late.ends_within(0)
    with pytest.raises(asyncio.CancelledError):
        late.result()
    late.cancel()


def test_a_runtime_that_does_not_start_leaves_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise OSError("no sockets today")

    monkeypatch.setattr("awm.runtime.nursery.Zygote.start", fail)
    threads = threading.active_count()
    with pytest.raises(OSError, match="no sockets"):
        SyncRuntime().__enter__()
    assert threading.active_count() == threads


# --- many instances against a plain model


@dataclass
class Model:
    """What one instance should be: its rows, its counter, its number of calls."""

    notes: dict[int, str] = field(default_factory=lambda: {1: "first"})
    counted: int = 0
    step: int = 0
    seed: int = 0

    def copy(self) -> "Model":
        return replace(self, notes=dict(self.notes))


class Life(RuleBasedStateMachine):
    """Instances that live, fork, go back and end in any order, each beside its model."""

    runtime: SyncRuntime
    pairs = Bundle("pairs")
    kept = Bundle("kept")
    titles = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)

    def __init__(self) -> None:
        super().__init__()
        self.living: list[tuple[SyncInstance, Model]] = []

    def _take_in(self, instance: SyncInstance, model: Model) -> tuple[SyncInstance, Model]:
        self.living.append((instance, model))
        return instance, model

    @rule(target=pairs, seed=st.integers(-(2**63), 2**64 - 1))
    def launch(self, seed: int) -> tuple[SyncInstance, Model]:
        return self._take_in(self.runtime.launch(WORLD, seed=seed), Model(seed=seed))

    @rule(pair=pairs, title=titles)
    def add(self, pair: tuple[SyncInstance, Model], title: str) -> None:
        instance, model = pair
        result = instance.call_tool("add_note", {"title": title})
        number = max(model.notes, default=0) + 1
        model.notes[number] = title
        model.step += 1
        assert f'"id": {number},' in result.text

    @rule(pair=pairs, number=st.integers(1, 4))
    def remove(self, pair: tuple[SyncInstance, Model], number: int) -> None:
        instance, model = pair
        result = instance.call_tool("remove_note", {"note_id": number})
        assert result.status == (200 if model.notes.pop(number, None) is not None else 404)
        model.step += 1

    @rule(pair=pairs)
    def count(self, pair: tuple[SyncInstance, Model]) -> None:
        instance, model = pair
        model.counted += 1
        model.step += 1
        assert instance.call_tool("count").text == str(model.counted)

    @rule(pair=pairs)
    def crash(self, pair: tuple[SyncInstance, Model]) -> None:
        instance, model = pair
        assert instance.call_tool("exit_process").fault == "crash"
        model.step += 1

    @rule(target=pairs, pair=pairs)
    def fork(self, pair: tuple[SyncInstance, Model]) -> tuple[SyncInstance, Model]:
        instance, model = pair
        return self._take_in(instance.fork(), model.copy())

    @rule(pair=pairs)
    def reset(self, pair: tuple[SyncInstance, Model]) -> None:
        instance, model = pair
        instance.reset()
        vars(model).update(vars(Model(seed=model.seed)))

    @rule(target=kept, pair=pairs)
    def snapshot(self, pair: tuple[SyncInstance, Model]) -> tuple[Snapshot, Model]:
        instance, model = pair
        return instance.snapshot(), model.copy()

    @rule(pair=pairs, saved=kept)
    def restore(self, pair: tuple[SyncInstance, Model], saved: tuple[Snapshot, Model]) -> None:
        instance, model = pair
        snapshot, then = saved
        instance.restore(snapshot)
        vars(model).update(vars(then.copy()))

    @rule(target=pairs, pair=consumes(pairs))
    def close(self, pair: tuple[SyncInstance, Model]) -> object:
        instance, model = pair
        instance.close()
        self.living = [each for each in self.living if each[1] is not model]
        return multiple()

    @invariant()
    def everyone_is_as_their_model(self) -> None:
        for instance, model in self.living:
            assert (instance.step, instance.seed) == (model.step, model.seed)

    def teardown(self) -> None:
        hashes: dict[str, dict[int, str]] = {}
        for instance, model in self.living:
            notes = hashes.setdefault(instance.state_hash(), model.notes)
            assert notes == model.notes
            (change, *_) = (*instance.diff(), None)
            assert (change is None) == (model.notes == Model().notes)
            instance.close()


def test_any_life_of_many_instances_is_that_of_as_many_plain_models(running: SyncRuntime) -> None:
    class LifeHere(Life):
        runtime = running

    run_state_machine_as_test(
        LifeHere,
        settings=settings(
            max_examples=12,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
