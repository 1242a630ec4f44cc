"""OpenEnv's own validators have nothing against the server, or against the package."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml

import awm
from awm.serve.lodging import Lodging
from awm.worlds import bundled_worlds
from tests.conftest import SAMPLE
from tests.serve.openenv.doors import Door, opened

PACKAGE = Path(awm.__file__).parent / "serve/openenv"
RUNTIME_CHECK = SAMPLE.parent / "conformance/openenv_l2_local.py"


@pytest.fixture(scope="module")
async def bundled(runtime, pool) -> AsyncIterator[Door]:
    async with opened(Lodging(bundled_worlds(), runtime, pool)) as running:
        yield running


async def told_by(*command: str | Path) -> str:
    """What a program says; it ends well."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await asyncio.wait_for(process.communicate(), 100)
    assert process.returncode == 0, said.decode()
    return said.decode()


async def openenv(*arguments: str | Path) -> str:
    return await told_by(Path(sys.executable).with_name("openenv"), *arguments)


async def test_a_running_server_is_valid(bundled):
    report = json.loads(await openenv("validate", "--url", bundled.url, "--json"))
    assert report["passed"] is True


async def test_the_package_is_valid():
    said = await openenv("validate", PACKAGE, "--level", "static", "--skip-build")
    assert "Verdict: PASS" in said


async def test_an_episode_keeps_what_openenv_asks_of_one(bundled):
    if not RUNTIME_CHECK.is_file():
        pytest.skip("the conformance scripts are not beside this checkout (../shared/conformance)")
    said = await told_by(sys.executable, RUNTIME_CHECK, PACKAGE, bundled.url)
    status = {line.split()[1]: line.split()[0] for line in said.splitlines() if " " in line}
    checks = {name: found for name, found in status.items() if name.startswith("runtime.")}
    assert checks["runtime.observation_schema"] == "pass"
    assert checks["runtime.reward_well_formed"] == "pass"
    assert checks["runtime.state_contract"] == "pass"
    assert not {"fail", "error"} & set(status.values()), said


def test_what_the_package_says_of_itself_is_so():
    said = yaml.safe_load((PACKAGE / "openenv.yaml").read_text())
    assert said["version"] == awm.__version__
    module = said["app"].partition(":")[0].removeprefix("awm.serve.openenv.")
    assert (PACKAGE / f"{module}.py").is_file()
    plan = json.loads((PACKAGE / said["validation"]["execution"]["probe_path"]).read_text())
    assert plan["reset"]["options"]["scenario"] in bundled_worlds()
