import copy
import sys
import types

import pytest
from fastapi import FastAPI
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from awm.runtime.inside.memory import MemoryTooLargeError, ModuleMemory
from tests.runtime.inside.counters import COUNTERS


class World:
    """A module, loaded as a worker does it, and its memory."""

    def __init__(self, code):
        module = types.ModuleType("world")
        sys.modules["world"] = module
        exec(compile(code, "<world>", "exec"), vars(module))
        self.module = module
        self.memory = ModuleMemory(module, getattr(module, "app", None))

    def call(self, memory, act="act()"):
        """Make a call of the instance that left this memory; return its answer and its memory."""
        self.memory.enter(memory)
        answer = eval(act, vars(self.module))
        return answer, self.memory.leave()


@pytest.fixture(autouse=True)
def no_world_stays(monkeypatch):
    monkeypatch.setitem(sys.modules, "world", types.ModuleType("world"))


@pytest.mark.parametrize("code", COUNTERS.values(), ids=COUNTERS)
def test_each_instance_counts_for_itself(code):
    world = World(code)
    first = second = b""
    for expected in (1, 2, 3):
        answer, first = world.call(first)
        assert answer == expected
    for expected in (1, 2):
        answer, second = world.call(second)
        assert answer == expected
    assert world.call(first)[0] == 4
    assert world.call(b"")[0] == 1


@pytest.mark.parametrize("code", COUNTERS.values(), ids=COUNTERS)
def test_what_an_instance_keeps_goes_on_in_another_process(code):
    memory = b""
    world = World(code)
    for _ in range(3):
        _, memory = world.call(memory)
    assert World(code).call(memory)[0] == 4


@pytest.mark.parametrize("code", COUNTERS.values(), ids=COUNTERS)
def test_a_call_that_changes_nothing_leaves_nothing(code):
    world = World(code)
    assert world.call(b"", "None") == (None, b"")
    _, memory = world.call(b"")
    world.call(b"")
    assert world.call(b"", "None") == (None, b"")
    assert world.call(memory, "None") == (None, memory)


def test_a_random_generator_goes_on_where_its_instance_left_it():
    world = World("import random\ndice = random.Random(7)\ndef act(): return dice.random()")
    first, memory = world.call(b"")
    second, _ = world.call(memory)
    assert first != second
    assert world.call(b"")[0] == first
    assert world.call(memory)[0] == second


@pytest.mark.parametrize(
    ("start", "change"),
    [
        ("{'on': 1}", "state.update(on=True)"),
        ("{'sum': 0}", "state.update(sum=0.0)"),
        ("{'a': 1, 'b': 2}", "state.update(a=state.pop('a'))"),
        ("[1, 2]", "state.__setitem__(0, 1.0)"),
        ("[0.0]", "state.__setitem__(0, -0.0)"),
        ("{'deep': [(1,)]}", "state['deep'].__setitem__(0, (True,))"),
    ],
)
def test_even_a_change_that_python_calls_equal_stays_with_its_instance(start, change):
    world = World(f"state = {start}")
    untouched = repr(world.module.state)
    _, memory = world.call(b"", change)
    seen, _ = world.call(memory, "repr(state)")
    assert seen != untouched
    assert world.call(b"", "repr(state)")[0] == untouched


def test_objects_that_share_a_part_still_share_it_afterwards():
    code = """
class Store:
    def __init__(self):
        self.order = {"total": 0}
        self.by_id = {1: self.order}
store = Store()
"""
    world = World(code)
    _, memory = world.call(b"", "store.order.update(total=1)")
    world.call(b"", "None")
    _, memory = world.call(memory, "store.by_id[1].update(total=2)")
    assert world.call(memory, "store.order['total']")[0] == 2


def test_a_cache_does_not_outlive_its_call():
    code = """
import functools
value = 1
@functools.lru_cache
def cached():
    return value
class Shop:
    @staticmethod
    @functools.cache
    def cached():
        return value
def act():
    global value
    value += 1
    return cached(), Shop.cached()
"""
    world = World(code)
    answer, memory = world.call(b"")
    assert answer == (2, 2)
    assert world.call(memory)[0] == (3, 3)
    assert world.call(b"", "(cached(), Shop.cached())")[0] == (1, 1)


def test_what_cannot_be_carried_is_put_back_as_it_was():
    code = """
lines = None
cache = {}
class Lazy:
    instance = None
def act():
    global lines
    seen = lines, dict(cache), Lazy.instance
    lines = cache["lines"] = Lazy.instance = (line for line in ())
    globals()["made"] = lines
    return seen
"""
    world = World(code)
    for _ in range(3):
        assert world.call(b"") == ((None, {}, None), b"")
        assert not hasattr(world.module, "made")


@pytest.mark.parametrize("kind", ["asyncio.Lock", "threading.Lock", "threading.Semaphore"])
def test_a_lock_that_a_call_forgets_to_release_blocks_only_its_own_instance(kind):
    acquire = "asyncio.run(lock.acquire())" if kind == "asyncio.Lock" else "lock.acquire()"
    code = f"import asyncio, threading\nlock = {kind}()\ndef act(): return {acquire}"
    free = "getattr(lock, 'locked', lambda: not lock._value)()"
    world = World(code)
    _, memory = world.call(b"")
    assert world.call(b"", free) == (False, b"")
    assert world.call(memory, free) == (True, memory)
    assert World(code).call(memory, free) == (True, memory)


def test_a_container_that_cannot_be_kept_apart_is_named():
    world = World("files = {'a': (line for line in ())}\ncarts = {}\nlimit = 3")
    assert world.memory.shared == ("files",)


def test_constants_of_the_machinery_are_not_state():
    code = """
import warnings
def act():
    warnings.warn("once", stacklevel=1)
"""
    world = World(code)
    with pytest.warns(UserWarning, match="once"):
        assert world.call(b"") == (None, b"")


def test_more_than_an_instance_may_carry_is_refused_and_forgotten():
    world = World("kept = []\ndef act():\n    kept.append(bytes(2 << 20))")
    world.memory.enter(b"")
    world.module.act()
    with pytest.raises(MemoryTooLargeError):
        world.memory.leave()
    assert world.module.kept == []
    assert world.call(b"", "len(kept)") == (0, b"")


def test_a_class_that_cannot_be_compared_or_pickled_harms_nobody():
    code = """
class Awkward:
    def __eq__(self, other):
        raise RuntimeError("incomparable")
    def __reduce__(self):
        raise RuntimeError("unpicklable")
awkward = None
other = 0
def act():
    global awkward, other
    awkward = Awkward()
    other += 1
    return other
"""
    world = World(code)
    _, memory = world.call(b"")
    assert world.call(memory)[0] == 2
    assert world.module.awkward is None


def test_a_state_that_cannot_be_rebuilt_does_not_leave_a_mixture_behind():
    code = """
class Fragile:
    def __setstate__(self, state):
        if state["broken"]:
            raise RuntimeError("broken")
        self.__dict__.update(state)
fragile = Fragile()
fragile.broken = False
count = 0
def act():
    global count
    count += 1
    fragile.broken = True
"""
    world = World(code)
    _, memory = world.call(b"")
    assert world.call(b"", "count") == (0, b"")
    with pytest.raises(RuntimeError, match="broken"):
        world.memory.enter(memory)
    assert world.call(b"", "(count, fragile.broken)") == ((0, False), b"")


def test_an_application_without_a_state_has_none():
    world = World("def act(): return 1")
    assert world.call(b"") == (1, b"")
    assert ModuleMemory(world.module, FastAPI()).leave() == b""


SHOP = """
from collections import defaultdict
visits = 0
carts = {}
log = []
totals = defaultdict(lambda: 0)
class Shop:
    open = True
    def __init__(self):
        self.names = {"owner"}
shop = Shop()
alias = log
def visit():
    global visits
    visits += 1
def put(key, value):
    carts.setdefault(key, []).append(value)
    totals[key] += value
def drop(key):
    carts.pop(key, None)
def name(text):
    shop.names.add(text)
    alias.append(text)
def toggle():
    Shop.open = not Shop.open
def seen():
    return visits, carts, log, dict(totals), shop.names, Shop.open
"""


class Model:
    """What one instance of the shop would hold if it had a process of its own."""

    def __init__(self):
        self.visits, self.carts, self.log, self.totals = 0, {}, [], {}
        self.names, self.open = {"owner"}, True

    def seen(self):
        return self.visits, self.carts, self.log, self.totals, self.names, self.open


class InterleavedInstances(RuleBasedStateMachine):
    """Any number of instances in turns, forked at any time, each against a model of its own."""

    instances = Bundle("instances")

    @initialize()
    def load(self):
        self.world = World(SHOP)
        self.all = []

    def add(self, memory, model):
        self.all.append([memory, model])
        return self.all[-1]

    def act(self, instance, call):
        _, instance[0] = self.world.call(instance[0], call)

    @rule(target=instances)
    def launch(self):
        return self.add(b"", Model())

    @rule(target=instances, origin=instances)
    def fork(self, origin):
        return self.add(origin[0], copy.deepcopy(origin[1]))

    @rule(instance=instances)
    def reset(self, instance):
        instance[:] = [b"", Model()]

    @rule(instance=instances)
    def visit(self, instance):
        self.act(instance, "visit()")
        instance[1].visits += 1

    @rule(instance=instances, key=st.sampled_from("ab"), value=st.integers(-2, 2))
    def put(self, instance, key, value):
        self.act(instance, f"put({key!r}, {value})")
        instance[1].carts.setdefault(key, []).append(value)
        instance[1].totals[key] = instance[1].totals.get(key, 0) + value

    @rule(instance=instances, key=st.sampled_from("ab"))
    def drop(self, instance, key):
        self.act(instance, f"drop({key!r})")
        instance[1].carts.pop(key, None)

    @rule(instance=instances, text=st.sampled_from(["x", "y"]))
    def name(self, instance, text):
        self.act(instance, f"name({text!r})")
        instance[1].names.add(text)
        instance[1].log.append(text)

    @rule(instance=instances)
    def toggle(self, instance):
        self.act(instance, "toggle()")
        instance[1].open = not instance[1].open

    @rule()
    def move_to_another_process(self):
        self.world = World(SHOP)

    @invariant()
    def every_instance_sees_its_own(self):
        for instance in self.all:
            seen, instance[0] = self.world.call(instance[0], "seen()")
            assert seen == instance[1].seen()


TestInterleavedInstances = InterleavedInstances.TestCase
TestInterleavedInstances.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
