import json
import linecache
import sys
from dataclasses import replace

from sqlalchemy.orm import mapperlib

from awm.runtime.inside import warmup
from awm.runtime.inside.faults import WORLD_FILE
from awm.runtime.inside.process import Process
from awm.runtime.inside.world import LiveWorld
from awm.runtime.wire import Call, Open

from .forked import in_child
from .living import ORDER


def warmed():
    process = Process()
    process.install()
    warmup.warm_up(process)
    return process


def statuses():
    """How each of the warm-up's calls ends; it means to reach every kind of answer."""
    process = Process()
    process.install()
    world = LiveWorld(process, warmup._order())
    world.open(Open(1, 0, b"", b""))
    calls = enumerate(warmup._CALLS, start=1)
    return [
        world.call(Call(1, step, tool, json.dumps(arguments))).status
        for step, (tool, arguments) in calls
    ]


def test_the_small_world_reaches_every_kind_of_answer():
    assert in_child(statuses) == [201, 422, 200, 422, 200, 404, 200, 204, 409, 500]


def test_no_trace_is_left_that_a_world_could_see():
    def act():
        warmed()
        mapped = [name for known in mapperlib._all_registries() for name in known.mappers]
        return "world" in sys.modules, WORLD_FILE in linecache.cache, mapped

    assert in_child(act) == (False, False, [])


def test_a_world_loads_and_answers_in_a_warmed_up_process_without_importing_anything():
    def act():
        process = warmed()
        known = set(sys.modules)
        world = LiveWorld(process, replace(ORDER))
        world.open(Open(1, 0, b"", b""))
        added = world.call(Call(1, 1, "add_note", '{"title": "a"}'))
        listed = world.call(Call(1, 2, "list_notes", "{}"))
        return sorted(set(sys.modules) - known), added.status, json.loads(listed.text)

    assert in_child(act) == (["world"], 200, ["a"])
