"""A world's code as a server of its own, as published worlds are run."""

import asyncio
import os
import re
import sys
from contextlib import asynccontextmanager

import httpx
import pytest


@asynccontextmanager
async def served_by_itself(code, folder, database):
    """A client of a world that a process of its own serves.

    Args:
        code: The world's.
        folder: Where the process runs.
        database: The name of the database file there.
    """
    (folder / "world.py").write_text(code, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "world.py", cwd=folder, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "DATABASE_PATH": f"sqlite:///{database}", "PORT": "0"},
    )  # fmt: skip
    try:
        async for line in process.stderr:
            if found := re.search(rb"running on (\S+)", line):
                async with httpx.AsyncClient(base_url=found[1].decode()) as client:
                    yield client
                break
        else:
            pytest.fail("the server did not start")
    finally:
        process.terminate()
        await process.communicate()
