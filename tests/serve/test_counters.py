"""What a server counts, read as Prometheus reads it."""

from prometheus_client.parser import text_string_to_metric_families

from awm.runtime import Runtime
from awm.serve.counters import Counters
from tests.conftest import make_world
from tests.runtime.world_code import NOTEBOOK, SHORT


def _values(counters: Counters) -> dict[str, float]:
    families = text_string_to_metric_families(counters.text().decode())
    return {
        sample.name + "".join(f",{value}" for value in sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_two_servers_in_one_process_count_apart():
    one, other = Counters(), Counters()
    one.requests.labels("POST", "200").inc()
    assert _values(one)["awm_requests_total,POST,200"] == 1
    assert "awm_requests_total,POST,200" not in _values(other)


def test_sessions_are_counted_when_somebody_looks():
    sessions = ["one"]
    counters = Counters()
    counters.sessions(lambda: len(sessions))
    assert _values(counters)["awm_sessions"] == 1
    sessions.append("two")
    assert _values(counters)["awm_sessions"] == 2


async def test_what_lives_in_the_runtime_is_told_with_its_isolation(runtime):
    counters = Counters(runtime)
    async with await runtime.launch(make_world(name="Counted")):
        values = _values(counters)
        assert values["awm_instances"] >= 1
        assert values["awm_worlds"] >= 1
        assert values["awm_workers"] >= 1
        assert values["awm_worker_losses_total"] >= 0
        assert values[f"awm_isolation,{runtime.isolation.level}"] == 1


async def test_calls_are_counted_by_what_came_of_them():
    async with Runtime(limits=SHORT) as runtime:
        counters = Counters(runtime)
        async with await runtime.launch(make_world(NOTEBOOK)) as instance:
            await instance.call_tool("add_note", {"title": "milk"})
            await instance.call_tool("add_note", {})
            await instance.call_tool("exit_process")
            await instance.call_tool("no_such_tool")
        values = _values(counters)
    assert values["awm_calls_total,ok"] == 1
    assert values["awm_calls_total,error"] == 1
    assert values["awm_calls_total,crash"] == 1
    assert values["awm_call_seconds_count"] == 3
