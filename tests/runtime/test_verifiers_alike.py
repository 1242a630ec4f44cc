"""The published sample's verifiers say in the pool what they say on files in plain Python."""

import asyncio
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import awm
from awm.runtime import Runtime, VerifierPool
from awm.worlds import World
from tests.runtime.play import forty_calls
from tests.runtime.programs import program

ANSWERS = (None, "", "The 3 cheapest are Maria G. ($18.00, 4.9), Ben ($20), and Tasha at $22.50.")
"""One that says nothing, one that is empty, and one that an agent could give."""


MILO = """
INSERT INTO pets (id, owner_user_id, name, species, breed, sex, age_years, behavior_notes,
    emergency_contact_name, emergency_contact_phone)
SELECT 900, id, 'Milo', 'dog', 'Golden Retriever', 'male', 3,
    'friendly with dogs, nervous around fireworks', 'Sara Kim', '+1-415-555-0139'
FROM users WHERE username = 'sam_owner';
INSERT INTO pet_vaccinations (pet_id, vaccine_type, administered_on)
VALUES (900, 'rabies', '2025-01-10'), (900, 'dhpp', '2024-11-02');
"""
"""What a task of the world rover asks for, so that some verdict is yes."""


async def test_the_sample_verifiers_say_the_same_as_on_files(
    runtime: Runtime, pool: VerifierPool, sample_folder: Path, tmp_path: Path
) -> None:
    codes = _codes(sample_folder)
    assert sum(map(len, codes.values())) == 30
    runs, orders = [], []
    for name, world in awm.open_worlds(sample_folder).items():
        states = await _states(runtime, world)
        for number, state in enumerate(states):
            (tmp_path / f"{name}-{number}.db").write_bytes(state)
        for code in codes[name]:
            for number, state in enumerate(states):
                answer = ANSWERS[number % len(ANSWERS)]
                given = {"initial": states[0], "final": state, "answer": answer, "world": name}
                runs.append(program(code, **given))
                paths = [str(tmp_path / f"{name}-{at}.db") for at in (0, number)]
                orders.append([code, *paths, answer])
    ours = [report.result for report in await asyncio.gather(*map(pool.run, runs))]
    assert ours == await asyncio.to_thread(_plainly, orders)
    assert [result["result"] for result in ours].count("complete") == 1


def _plainly(orders: list[list[str | None]]) -> list[dict[str, str]]:
    script = Path(__file__).with_name("plain_run.py")
    finished = subprocess.run(
        [sys.executable, "-I", script], input=json.dumps(orders), stdout=-1, text=True, check=True
    )
    return json.loads(finished.stdout)


def _codes(folder: Path) -> dict[str, list[str]]:
    """The programs of each world."""
    found: dict[str, list[str]] = {}
    for line in (folder / "gen_verifier.pure_code.jsonl").read_text().splitlines():
        row = json.loads(line)
        found.setdefault(row["scenario"], []).append(row["verification"]["code"])
    return found


async def _states(runtime: Runtime, world: World) -> list[bytes]:
    """The initial state three times, once for each answer, and states after calls."""
    async with await runtime.launch(world, seed=1) as instance:
        states = [await instance.database_image()] * len(ANSWERS)
        tools = [(tool.name, tool.input_schema) for tool in await instance.list_tools()]
        for number, (name, arguments) in enumerate(forty_calls(tools), start=1):
            await instance.call_tool(name, arguments)
            if number % 10 == 0:
                states.append(await instance.database_image())
    return [*states, *(_changed(states[0], MILO) for _ in range("rover" in world.name))]


def _changed(image: bytes, script: str) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.deserialize(image)
    connection.executescript(script)
    changed = connection.serialize()
    connection.close()
    return changed
