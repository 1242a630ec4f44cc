"""What runs the image: files that say what the command line understands, and give it few rights."""

import re
import shlex
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from typer.main import get_command

from awm.cli.app import app

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
KUBERAY = (ROOT / "deploy" / "kuberay.yaml").read_text()


def only(kind: str, manifest: str) -> Any:
    """The one object of a kind in a manifest."""
    text = (ROOT / "deploy" / manifest).read_text()
    (found,) = (each for each in yaml.safe_load_all(text) if each["kind"] == kind)
    return found["spec"]


POD = only("Deployment", "kubernetes.yaml")["template"]["spec"]
RAY_DOOR = only("Deployment", "kuberay.yaml")["template"]["spec"]
CLUSTER = only("RayCluster", "kuberay.yaml")
HEAD = CLUSTER["headGroupSpec"]
(WORKERS,) = CLUSTER["workerGroupSpecs"]
DOORS = {"kubernetes": POD, "kuberay": RAY_DOOR}
PODS = {
    **DOORS,
    "head": HEAD["template"]["spec"],
    "worker": WORKERS["template"]["spec"],
}


def the_container(pod: Any) -> Any:
    (container,) = pod["containers"]
    return container


def arguments(pod: Any) -> list[str]:
    """What `awm` is given in a pod."""
    container = the_container(pod)
    if "command" not in container:
        return [str(word) for word in container["args"]]
    (script,) = container["args"]  # it joins the cluster, and then becomes the server
    _, _, last = script.rpartition("&& exec awm ")
    return shlex.split(last)


def variables(container: Any) -> dict[str, Any]:
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container["env"]}


def ordered() -> list[list[str]]:
    """The command lines in these files."""
    (default,) = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    services = [service["command"] for service in COMPOSE["services"].values()]
    return [yaml.safe_load(default), *services, *map(arguments, DOORS.values())]


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


@pytest.mark.parametrize("name", PODS)
def test_a_pod_can_write_nothing_and_has_no_rights(name):
    pod, container = PODS[name], the_container(PODS[name])
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    # KubeRay's autoscaler, in the head's pod, starts and ends pods.
    assert pod.get("automountServiceAccountToken", True) is (name == "head")
    check_rights(container["securityContext"])
    mounted = {mount["name"]: mount for mount in container["volumeMounts"]}
    writable = {each for each, mount in mounted.items() if not mount.get("readOnly")}
    assert writable == ({"tmp", "objects"} if name == "kuberay" else {"tmp"})
    emptied = {volume["name"] for volume in pod["volumes"] if "emptyDir" in volume}
    assert writable <= emptied


def check_rights(rights: Any) -> None:
    assert rights["readOnlyRootFilesystem"] is True
    assert rights["allowPrivilegeEscalation"] is False
    assert rights["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize("name", DOORS)
def test_a_pod_has_longer_to_end_than_the_server_waits(name):
    words = arguments(DOORS[name])
    drain = float(words[words.index("--drain_seconds") + 1])
    assert DOORS[name]["terminationGracePeriodSeconds"] > drain + 5


@pytest.mark.parametrize("name", DOORS)
def test_probes_ask_what_needs_no_token(name):
    container = the_container(DOORS[name])
    paths = {container[probe]["httpGet"]["path"] for probe in container if probe.endswith("Probe")}
    assert paths == {"/ready", "/health"}


# --- a Ray cluster


def test_a_server_on_a_cluster_is_a_node_of_it_that_hosts_nothing():
    container = the_container(RAY_DOOR)
    assert container["command"][:2] == ["tini", "--"], "or nobody buries what it leaves"
    joining, _, _ = container["args"][0].partition("&&")
    words = shlex.split(joining)
    assert words[:2] == ["ray", "start"]
    assert words[words.index("--address") + 1] == "awm-head-svc:6379"  # KubeRay's name for it
    assert words[words.index("--num-cpus") + 1] == "0"
    assert "--ray auto" in container["args"][0]


def test_the_head_hosts_no_worlds_and_workers_come_and_go():
    assert HEAD["rayStartParams"] == {"num-cpus": "0"}
    assert CLUSTER["enableInTreeAutoscaling"] is True
    assert WORKERS["minReplicas"] < WORKERS["maxReplicas"]
    assert int(the_container(PODS["worker"])["resources"]["limits"]["cpu"]) > 0, "or it is no host"
    check_rights(CLUSTER["autoscalerOptions"]["securityContext"])


@pytest.mark.parametrize("name", ["head", "worker"])
def test_nodes_have_an_init_and_do_not_hold_worlds_back(name):
    assert PODS[name]["shareProcessNamespace"] is True
    assert variables(the_container(PODS[name]))["RAY_worker_niceness"] == "0"


def test_who_wants_into_the_cluster_shows_its_token():
    assert CLUSTER["authOptions"] == {"mode": "token"}
    shown = variables(the_container(RAY_DOOR))
    assert shown["RAY_AUTH_MODE"] == "token"
    assert shown["RAY_AUTH_TOKEN"]["secretKeyRef"] == {"name": "awm", "key": "auth_token"}


def test_one_image_has_the_ray_that_the_cluster_is_told_of():
    images = {the_container(pod)["image"] for name, pod in PODS.items() if name != "kubernetes"}
    assert images == {"awm-ray"}
    given = dict(re.findall(r"--build-arg (\w+)='?([^' ]+)'?", KUBERAY))
    assert "ray" in given["EXTRAS"].split(",")
    assert given["WITH"] == f"ray[default]=={CLUSTER['rayVersion']}"
    (wanted,) = (
        needed
        for needed in map(Requirement, requires("awm") or ())
        if needed.name == "ray" and "extra" in str(needed.marker)
    )
    assert wanted.specifier.contains(CLUSTER["rayVersion"])
    for name in given:
        assert re.search(rf"^ARG {name}=", DOCKERFILE, re.MULTILINE)
