"""Makes the proofs that come with the bundled worlds; run it when one of them has changed.

For every task of every bundled world the oracle is carried out, the hash of its end state is
written into `oracles.json`, and a verifier of each mode is compiled into the files of the layout
beside it. A test checks that what is there is what this would write.
"""

import asyncio
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from awm.audit.compiled import compiled_rows
from awm.runtime import Runtime
from awm.whole import write_whole
from awm.worlds import World, bundled_worlds

BUNDLED = Path(str(files("awm.worlds.bundled")))


async def main() -> None:
    """Write the proofs of every bundled world."""
    worlds = bundled_worlds()
    async with Runtime() as runtime:
        for name, world in worlds.items():
            for file, text in (await proofs_of(runtime, world)).items():
                write_whole(BUNDLED / name / file, text.encode())
                print(BUNDLED.name, name, file)


async def proofs_of(runtime: Runtime, world: World) -> dict[str, str]:
    """The files of one world's proofs, by name."""
    rows, hashes = await compiled_rows(runtime, world)
    oracles = json.loads((BUNDLED / world.name / "oracles.json").read_text(encoding="utf-8"))
    for oracle in oracles:
        oracle["state_hash"] = hashes[oracle["task_idx"]]
    written = {
        str(part): "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in listed)
        for part, listed in rows.items()
    }
    return {"oracles.json": _laid_out(oracles), **written}


def _laid_out(oracles: list[dict[str, Any]]) -> str:
    """JSON with a line for each call, as a person would write it."""
    return "[\n" + ",\n".join(_oracle(oracle) for oracle in oracles) + "\n]\n"


def _oracle(oracle: dict[str, Any]) -> str:
    calls = ",\n".join(f"      {json.dumps(call, ensure_ascii=False)}" for call in oracle["calls"])
    lines = [
        f'    "{key}": [\n{calls}\n    ]'
        if key == "calls"
        else f'    "{key}": {json.dumps(value, ensure_ascii=False)}'
        for key, value in oracle.items()
    ]
    return "  {\n" + ",\n".join(lines) + "\n  }"


if __name__ == "__main__":
    asyncio.run(main())
