"""`awm serve --ray`: the sessions of one server, in worlds that live on a cluster."""

import asyncio
import re
import signal

import httpx

from awm.worlds import write_worlds
from tests.cli.running import PATIENCE, all_gone, descendants, start_door
from tests.ray.local_cluster import local_cluster
from tests.rollout.diaries import diary
from tests.serve.openreward.doors import SOLUTION, Session


async def metrics_of_nodes(http: httpx.AsyncClient) -> str:
    """What is counted, once the node has told of its worker."""
    async with asyncio.timeout(PATIENCE):
        while "awm_workers 1.0" not in (text := (await http.get("/metrics")).text):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    return text


async def test_a_server_with_its_worlds_on_a_cluster_grades_counts_and_ends_as_any_other(tmp_path):
    write_worlds([diary()], tmp_path / "worlds")
    async with local_cluster(1) as cluster:
        options = ("openreward", "worlds", "--ray", cluster.address)
        door = await asyncio.to_thread(start_door, tmp_path, *options)
        try:
            async with httpx.AsyncClient(
                base_url=door.url, trust_env=False, timeout=PATIENCE
            ) as http:
                session = Session(http)
                answer = await session.create("diary")
                assert answer.status_code == 200, answer.text
                for call in SOLUTION:
                    await session.use(call["tool_name"], call["arguments"])
                metrics = await metrics_of_nodes(http)
                output = await session.submit("Done.")
            assert output["reward"] == 1.0
            assert "awm_sessions 1.0" in metrics
            assert "awm_instances 1.0" in metrics
            assert 'awm_calls_total{outcome="ok"} 2.0' in metrics
            assert re.search(r'awm_isolation{level=".+"} 1.0', metrics)
            below = descendants(door.process.pid)
            code, said = await asyncio.to_thread(door.stop, signal.SIGTERM)
        finally:
            door.process.kill()
    assert code == 128 + signal.SIGTERM
    assert said == "Stopped.\n"  # and no word of Ray's core, such as where the process was
    assert all_gone(below)
