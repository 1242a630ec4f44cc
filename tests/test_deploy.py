"""What runs the image: files that say what the command line understands, and give it few rights."""

import re
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from awm.cli.app import app

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
MANIFEST = [*yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text())]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
(DEPLOYMENT,) = (each for each in MANIFEST if each["kind"] == "Deployment")
POD = DEPLOYMENT["spec"]["template"]["spec"]
(CONTAINER,) = POD["containers"]


def ordered() -> list[list[str]]:
    """The command lines in these files."""
    (default,) = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    services = [service["command"] for service in COMPOSE["services"].values()]
    return [yaml.safe_load(default), *services, CONTAINER["args"]]


@pytest.mark.parametrize("line", ordered(), ids=lambda line: line[1])
def test_every_command_line_is_understood(line):
    group = get_command(app).commands["serve"]
    command = group.commands[line[1]]
    parsed = command.make_context("serve", [str(word) for word in line[2:]])
    assert parsed.params["host"] == "0.0.0.0", "or nobody outside the container reaches it"
    assert parsed.params["allow_anyone"] is False
    assert parsed.params["port"] == 8000


def test_every_door_has_a_service_of_its_own():
    assert {service["command"][1] for service in COMPOSE["services"].values()} == set(
        get_command(app).commands["serve"].commands
    )


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_composed_services_can_write_nothing_and_have_no_rights(name):
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert all(volume.endswith(":ro") for volume in service["volumes"])
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert "AWM_SERVE_TOKENS" in service["environment"]


def test_the_image_is_not_root_and_reaps_what_is_left_behind():
    (user,) = re.findall(r"^USER (\d+)", DOCKERFILE, re.MULTILINE)
    assert int(user) > 0
    assert 'ENTRYPOINT ["tini"' in DOCKERFILE


def test_a_pod_can_write_nothing_and_has_no_rights():
    assert POD["securityContext"]["runAsNonRoot"] is True
    assert POD["automountServiceAccountToken"] is False
    rights = CONTAINER["securityContext"]
    assert rights["readOnlyRootFilesystem"] is True
    assert rights["allowPrivilegeEscalation"] is False
    assert rights["capabilities"] == {"drop": ["ALL"]}
    mounted = {mount["name"]: mount for mount in CONTAINER["volumeMounts"]}
    assert [name for name, mount in mounted.items() if not mount.get("readOnly")] == ["tmp"]


def test_a_pod_has_longer_to_end_than_the_server_waits():
    arguments = [str(word) for word in CONTAINER["args"]]
    drain = float(arguments[arguments.index("--drain_seconds") + 1])
    assert POD["terminationGracePeriodSeconds"] > drain + 5


def test_probes_ask_what_needs_no_token():
    paths = {CONTAINER[name]["httpGet"]["path"] for name in CONTAINER if name.endswith("Probe")}
    assert paths == {"/ready", "/health"}
