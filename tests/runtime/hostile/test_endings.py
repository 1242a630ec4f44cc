"""However the process of a busy runtime ends, nothing of it goes on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime.world_code import children, eventually

ROOT = Path(__file__).parents[3]

BEGIN = """
import asyncio, sys
from awm.runtime import Runtime, SyncRuntime
from tests.conftest import make_world
from tests.runtime.world_code import NOTEBOOK, SHORT, zygotes

WORLD = make_world(NOTEBOOK)
ENDLESS = make_world("while True: pass", name="Endless")
HANGS = make_world('''
@app.get("/x", operation_id="deaf")
async def deaf():
    while True:
        try:
            while True: pass
        except BaseException: pass
''')


def ready():
    (zygote,) = zygotes()
    print(zygote, flush=True)

"""

ASYNC = f"""{BEGIN}
async def play(instance):
    while True:
        await instance.call_tool("add_slowly", {{"title": "x"}})
        await instance.reset()

async def main():
    async with Runtime(limits=SHORT) as runtime:
        instances = [await runtime.launch(WORLD) for _ in range(16)]
        ready()
        await asyncio.gather(*map(play, instances))

asyncio.run(main())
"""

SYNC = f"""{BEGIN}
with SyncRuntime(limits=SHORT) as runtime:
    instance = runtime.launch(WORLD)
    ready()
    while True:
        instance.call_tool("add_slowly", {{"title": "x"}})
"""

LOADING = f"""{BEGIN}
with SyncRuntime() as runtime:
    ready()
    runtime.launch(ENDLESS)
"""

CALLING = f"""{BEGIN}
with SyncRuntime() as runtime:
    instance = runtime.launch(HANGS)
    ready()
    instance.call_tool("deaf")
"""

EXCLUSIVE = f"""{BEGIN}
async def main():
    async with Runtime(process_per_instance=True) as runtime:
        first = await runtime.launch(WORLD)
        forks = [await first.fork() for _ in range(8)]
        ready()
        await asyncio.gather(*(fork.call_tool("hang") for fork in forks))

asyncio.run(main())
"""

FORGETFUL = f"""{BEGIN}
async def main():
    runtime = await Runtime().__aenter__()
    instance = await runtime.launch(WORLD)
    ready()
    sys.stdin.read()
    raise SystemExit(0)  # without ever leaving the runtime

asyncio.run(main())
"""

BLOWS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
PROGRAMS = {
    "amid calls": ASYNC,
    "amid synchronous calls": SYNC,
    "while code loads": LOADING,
    "in a call that does not listen": CALLING,
    "with a worker per instance": EXCLUSIVE,
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
@pytest.mark.parametrize("blow", BLOWS, ids=lambda blow: blow.name)
async def test_no_process_is_left_behind(program: str, blow: signal.Signals) -> None:
    gateway, zygote = _started(program)
    assert zygote in children(session=zygote)
    gateway.send_signal(blow)
    _, complaints = gateway.communicate(timeout=10)
    assert gateway.returncode in (-blow, 130, 1)
    if blow is signal.SIGINT:
        assert complaints.decode().rstrip().endswith("KeyboardInterrupt")
        assert "never retrieved" not in complaints.decode()
    await eventually(lambda: not children(session=zygote))


async def test_a_program_that_forgets_to_leave_its_runtime_leaves_no_process() -> None:
    gateway, zygote = _started(FORGETFUL)
    gateway.communicate(timeout=10)
    assert gateway.returncode == 0
    await eventually(lambda: not children(session=zygote))


def _started(program: str) -> tuple[subprocess.Popen[bytes], int]:
    """A process that runs the program, once it is ready, and its zygote."""
    gateway = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert gateway.stdout is not None
    line = gateway.stdout.readline()
    if not line:
        raise AssertionError(gateway.communicate()[1].decode())
    return gateway, int(line)
