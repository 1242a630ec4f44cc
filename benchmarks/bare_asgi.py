"""Runs in a process of its own: time a world's handlers, called without anything around them.

Reads `{"calls": [[tool, arguments as JSON], ...], "times": N}` from standard input and writes the
seconds that each of N rounds of all calls took.
"""

import asyncio
import gc
import json
import runpy
import sys
import time

from awm.runtime.inside.asgi import respond
from awm.runtime.inside.openapi import read_tools, request_for


async def main() -> None:
    order = json.load(sys.stdin)
    app = runpy.run_path(sys.argv[1], run_name="world")["app"]
    tools, _ = read_tools(app.openapi())
    requests = [
        request_for(tools[tool], json.loads(arguments)) for tool, arguments in order["calls"]
    ]
    gc.collect()
    gc.freeze()
    rounds = []
    for _ in range(order["times"] + 1):
        started = time.perf_counter()
        for request in requests:
            await respond(app, request, limit=1 << 24, state={})
        rounds.append(time.perf_counter() - started)
    json.dump(rounds[1:], sys.stdout)  # the first round pays for whatever is lazy


asyncio.run(main())
