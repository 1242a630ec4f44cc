"""Runs in a process of its own: make the same calls in every world and write what came of them.

    python benchmarks/replay.py DATE FOLDER...

The gateway's clock is set to DATE, so that two runs differ in their wall clocks. Writes, for each
world, a hash of all answers and the hash of the state after them.
"""

import asyncio
import hashlib
import json
import sys

import time_machine

import awm
from calls import plausible_calls

CALLS = 40


async def main(folders: list[str]) -> None:
    outcome = {}
    async with awm.Runtime() as runtime:
        for folder in folders:
            for name, world in awm.open_worlds(folder).items():
                async with await runtime.launch(world, seed=11) as instance:
                    answers = hashlib.sha256()
                    for tool, arguments in plausible_calls(await instance.list_tools(), CALLS, 5):
                        result = await instance.call_tool(tool, json.loads(arguments))
                        answers.update(repr((result.text, result.is_error)).encode())
                    outcome[name] = [answers.hexdigest(), await instance.state_hash()]
    json.dump(outcome, sys.stdout)


with time_machine.travel(sys.argv[1]):
    asyncio.run(main(sys.argv[2:]))
