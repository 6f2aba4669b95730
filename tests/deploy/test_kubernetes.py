"""The manifests of deploy/kubernetes/ agree with one another and with the program that they start."""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace
from importlib.metadata import version
from pathlib import Path

import pytest
from manifests import (
    ROOT,
    SETS,
    Pod,
    every_object,
    files_of,
    image_names,
    kustomization,
    objects,
    of_kind,
    patches,
    pods,
)
from typer.main import get_command

from seedbed.api.health import health_routes
from seedbed.cli.main import app
from seedbed.configuration import load_deployment
from seedbed.settings import Settings, load_settings, variable
from seedbed.worker.loop import STOP_GRACE_S

PYPROJECT = tomllib.loads((ROOT.parents[1] / "pyproject.toml").read_text())
SECRET_VARIABLES = {variable(one) for one in fields(Settings) if one.metadata["secret"]}
IN_FLIGHT_S = 5.0  # what requests in flight have after the drain
BLOBS_ARE_NO_SECRET = {"SEEDBED_BLOBS_URL"}  # a URL with keys in it is refused
ALL_PODS = pods(every_object())
every_pod = pytest.mark.parametrize("pod", ALL_PODS, ids=lambda pod: pod.of)


def example_secret() -> dict[str, str]:
    lines = (ROOT / "base/secret.env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


SECRETS = {"seedbed": set(example_secret()), "seedbed-ray": {"auth_token"}}


def config(name: str) -> dict[str, str]:
    return next(each["data"] for each in of_kind(every_object(), "ConfigMap") if each["metadata"]["name"] == name)


def environment(container: dict) -> dict[str, str]:
    """Return the variables that a container is given, with the example's secrets."""
    given: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        given |= config(source["configMapRef"]["name"]) if "configMapRef" in source else example_secret()
    return given | {one["name"]: one.get("value", "") for one in container.get("env", ())}


def matches(selector: dict, labels: dict) -> bool:
    return selector.items() <= labels.items()


def test_every_file_is_part_of_a_set():
    named = {path for name in SETS for path in files_of(name)}
    named |= {ROOT / name / patch["path"] for name in SETS for patch in kustomization(name).get("patches", ())}

    assert named == {path for path in ROOT.rglob("*.yaml") if path.name != "kustomization.yaml"}


@every_pod
def test_every_container_is_given_settings_that_the_program_takes(pod: Pod):
    for container in pod.containers:
        load_settings(environment(container))


@every_pod
def test_every_container_starts_a_command_that_there_is(pod: Pod):
    program = get_command(app)
    for container in pod.containers:
        words = container.get("command", ["seedbed"])[1:] + container.get("args", [])
        if words:
            program.commands[words[0]].make_context(words[0], words[1:])
        else:
            assert container["name"].startswith("ray-")  # KubeRay says what these run


@pytest.mark.parametrize("place", ["base/config.yaml", "kuberay/pools.yaml"])
def test_the_shipped_deployment_can_be_read(place, tmp_path):
    found = [*objects("base"), *patches("kuberay")]
    path = next(path for path in ROOT.rglob("*.yaml") if path == ROOT / place)
    text = [each["data"]["seedbed.toml"] for each in found if "seedbed.toml" in each.get("data", {})]
    file = tmp_path / "seedbed.toml"
    file.write_text(text[path.parent.name == "kuberay"])

    deployment = load_deployment(replace(Settings(home=tmp_path), config_file=file))

    assert set(deployment.pools) == ({"default", "wan"} if path.parent.name == "kuberay" else set())


def test_selectors_find_what_they_are_for():
    found = every_object()
    for deployment in of_kind(found, "Deployment"):
        assert matches(
            deployment["spec"]["selector"]["matchLabels"], deployment["spec"]["template"]["metadata"]["labels"]
        )
        assert [deployment["metadata"]["name"]] == [
            pod.of for pod in ALL_PODS if matches(deployment["spec"]["selector"]["matchLabels"], pod.labels)
        ]
    for selector in [
        *(service["spec"]["selector"] for service in of_kind(found, "Service")),
        *(budget["spec"]["selector"]["matchLabels"] for budget in of_kind(found, "PodDisruptionBudget")),
        *(policy["spec"]["podSelector"].get("matchLabels", {}) for policy in of_kind(found, "NetworkPolicy")),
    ]:
        assert any(matches(selector, pod.labels) for pod in ALL_PODS), selector


def test_requests_find_their_way_to_the_port_that_the_service_listens_on():
    found = every_object()
    api = next(pod for pod in ALL_PODS if pod.of == "seedbed-api").containers[0]
    [service] = of_kind(found, "Service")
    [ingress] = of_kind(found, "Ingress")
    [rule] = ingress["spec"]["rules"]
    [path] = rule["http"]["paths"]
    [scaler] = of_kind(found, "HorizontalPodAutoscaler")

    settings = load_settings(environment(api))
    assert {port["name"]: port["containerPort"] for port in api["ports"]} == {"http": settings.port}
    assert settings.host == "0.0.0.0"  # noqa: S104 - the pod's own address is not known here
    assert [port["targetPort"] for port in service["spec"]["ports"]] == ["http"]
    assert path["backend"]["service"] == {
        "name": service["metadata"]["name"],
        "port": {"name": service["spec"]["ports"][0]["name"]},
    }
    assert settings.base_url == f"https://{rule['host']}" == f"https://{ingress['spec']['tls'][0]['hosts'][0]}"
    assert scaler["spec"]["scaleTargetRef"]["name"] in {one["metadata"]["name"] for one in of_kind(found, "Deployment")}


@every_pod
def test_what_a_pod_refers_to_is_there(pod: Pod):
    maps = {each["metadata"]["name"] for each in of_kind(every_object(), "ConfigMap")}
    volumes = {volume["name"]: volume for volume in pod.spec.get("volumes", ())}
    for container in pod.containers:
        assert {mount["name"] for mount in container["volumeMounts"]} <= set(volumes)
        for source in container.get("envFrom", ()):
            assert source.get("configMapRef", {"name": "seedbed"})["name"] in maps
            assert source.get("secretRef", {"name": "seedbed"})["name"] in SECRETS
        for one in container.get("env", ()):
            key = one.get("valueFrom", {}).get("secretKeyRef")
            assert key is None or key["key"] in SECRETS[key["name"]]
    used = {mount["name"] for container in pod.containers for mount in container["volumeMounts"]}
    assert used == set(volumes)
    for volume in volumes.values():
        assert volume.get("configMap", {"name": "seedbed"})["name"] in maps
        assert volume.get("persistentVolumeClaim", {"claimName": "seedbed-models"})["claimName"] == "seedbed-models"


def test_the_configuration_file_is_where_the_setting_says():
    name = Path(config("seedbed")["SEEDBED_CONFIG_FILE"])
    for pod in ALL_PODS:
        for container in pod.containers:
            if not container["name"].startswith("ray-"):
                assert {"name": "toml", "mountPath": str(name.parent)} in container["volumeMounts"]
    assert name.name in config("seedbed-toml")


@pytest.mark.parametrize("name", SETS)
def test_every_image_has_the_name_and_the_version_of_this_release(name):
    known = image_names(name)

    assert {box["image"] for pod in pods(objects(name)) for box in pod.containers} == set(known)
    for image, made in known.items():
        assert made["newName"].endswith(f"/{image}")
        assert made["newTag"] == version("seedbed")


@every_pod
def test_probes_ask_for_routes_that_there_are(pod: Pod):
    routes = {route.path for route in health_routes(None)}  # type: ignore[arg-type]
    for container in pod.containers:
        ports = {port.get("name") for port in container.get("ports", ())}
        for name in ("startupProbe", "livenessProbe", "readinessProbe"):
            asked = container.get(name, {}).get("httpGet")
            if asked and pod.kind != "RayCluster":
                assert asked["path"] in routes
                assert asked["port"] in ports


def test_the_api_has_time_to_drain_and_does_not_take_orders_for_want_of_workers():
    pod = next(pod for pod in ALL_PODS if pod.of == "seedbed-api")
    probe = pod.containers[0]["readinessProbe"]
    drain_s = load_settings(environment(pod.containers[0])).drain_s

    assert probe["httpGet"]["path"] == "/readyz/orders"
    assert drain_s > probe["periodSeconds"] * probe["failureThreshold"]
    assert pod.spec["terminationGracePeriodSeconds"] > drain_s + IN_FLIGHT_S + 10


@every_pod
def test_a_worker_has_time_to_hand_its_job_back(pod: Pod):
    if pod.kind != "Job":
        assert pod.spec["terminationGracePeriodSeconds"] >= STOP_GRACE_S + 20


def test_no_secret_stands_in_the_open():
    hidden = (SECRET_VARIABLES - BLOBS_ARE_NO_SECRET) | SECRETS["seedbed"]
    for each in of_kind(every_object() + patches("kuberay"), "ConfigMap"):
        assert not hidden & set(each["data"])
    for pod in ALL_PODS:
        for container in pod.containers:
            assert not hidden & {one["name"] for one in container.get("env", ())}
            assert not [one for one in container.get("env", ()) if "TOKEN" in one["name"] and "value" in one]
    assert of_kind(every_object(), "Secret") == []


@every_pod
def test_every_pod_keeps_the_restricted_standard(pod: Pod):
    assert pod.spec["securityContext"]["runAsNonRoot"] is True
    assert pod.spec["securityContext"]["runAsUser"] == 10001  # as the image says
    assert pod.spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(pod.spec)
    for container in pod.containers:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        assert "memory" in container["resources"]["limits"]
        assert {mount["mountPath"] for mount in container["volumeMounts"]} >= {"/tmp"}
    kinds = {kind for volume in pod.spec["volumes"] for kind in volume} - {"name"}
    assert kinds <= {"emptyDir", "configMap", "persistentVolumeClaim"}


@every_pod
def test_no_pod_is_given_the_variables_of_services_which_would_be_taken_for_settings(pod: Pod):
    assert pod.spec["enableServiceLinks"] is False


@every_pod
def test_only_the_head_whose_autoscaler_asks_kubernetes_for_pods_has_a_token_for_it(pod: Pod):
    assert pod.spec.get("automountServiceAccountToken", True) is (pod.of == "seedbed-ray-head")


def test_ray_is_private_asks_for_a_token_and_grows_by_what_cannot_be_placed():
    [cluster] = of_kind(objects("kuberay"), "RayCluster")
    spec, head = cluster["spec"], cluster["spec"]["headGroupSpec"]

    assert spec["authOptions"] == {"mode": "token", "secretName": "seedbed-ray"}
    assert spec["enableInTreeAutoscaling"] is True
    assert (head["serviceType"], head["enableIngress"]) == ("ClusterIP", False)
    assert head["rayStartParams"]["dashboard-host"] == "127.0.0.1"
    assert head["rayStartParams"]["num-cpus"] == "0"
    [wanted] = PYPROJECT["project"]["optional-dependencies"]["ray"]
    assert f">={spec['rayVersion'].rpartition('.')[0]}," in wanted


def test_the_fleet_shares_what_ray_speaks_through_with_the_head():
    [head] = [pod for pod in ALL_PODS if pod.of == "seedbed-ray-head"]
    ray, fleet = head.containers

    shared = [{mount["mountPath"]: mount["name"] for mount in one["volumeMounts"]} for one in (ray, fleet)]
    assert {path: shared[0][path] for path in ("/tmp", "/dev/shm")} == {
        path: shared[1][path] for path in ("/tmp", "/dev/shm")
    }
    assert ray["image"] == fleet["image"]
    assert environment(fleet)["RAY_AUTH_MODE"] == "token"


def test_every_pool_fits_a_machine_of_a_group_and_has_its_fixed_workers_taken_away(tmp_path):
    toml, gone = patches("kuberay")
    file = tmp_path / "seedbed.toml"
    file.write_text(toml["data"]["seedbed.toml"])
    deployment = load_deployment(replace(Settings(home=tmp_path), config_file=file))
    [cluster] = of_kind(objects("kuberay"), "RayCluster")
    machines = [
        group["template"]["spec"]["containers"][0]["resources"]["limits"]
        for group in cluster["spec"]["workerGroupSpecs"]
    ]

    for pool in deployment.pools.values():
        assert any(
            int(machine["cpu"]) >= pool.cpus and int(machine.get("nvidia.com/gpu", 0)) >= pool.gpus
            for machine in machines
        ), pool
    assert (gone["metadata"]["name"], gone["$patch"]) == ("seedbed-worker", "delete")
