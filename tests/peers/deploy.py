"""Holds deploy/ and cluster/Containerfile against the schemas of Compose and Kubernetes, hadolint, and the program's own command line.

usage: deploy.py PROGRAM (a build of cluster/)

Nothing here runs containers: what the files ask of an engine is checked by schema, what they ask of the program by the program.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import kubernetes_validate
from ruamel.yaml import YAML

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(sys.argv[1]).resolve()
COMPOSE = ROOT / "deploy/compose.yaml"
KUBERNETES = ROOT / "deploy/kubernetes.yaml"
yaml = YAML(typ="safe")


def run(*words):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True)


def tool(name):
    return pathlib.Path(sys.executable).with_name(name)


def parsed(words):
    """The program knows the command and each of its options: the first thing it minds is the nonsense at the end."""
    done = run(PROGRAM, *words, "--color=nonsense")
    assert done.returncode == 2 and "invalid value 'nonsense' for '--color" in done.stderr, (words, done.stderr)


def check_compose(folder):
    check = [tool("check-jsonschema"), "--builtin-schema", "vendor.compose-spec"]
    done = run(*check, COMPOSE)
    assert done.returncode == 0, done.stdout + done.stderr
    spoilt = folder / "compose.yaml"
    spoilt.write_text(COMPOSE.read_text().replace("depends_on: [scheduler]", "depends_upon: [scheduler]"))
    assert run(*check, spoilt).returncode != 0, "the schema takes anything"
    services = yaml.load(COMPOSE)["services"]
    assert set(services) == {"scheduler", "executor", "run"}
    for service in services.values():
        parsed(service["command"])
        for other in service.get("depends_on", []):
            assert other in services, other
    # What calls the scheduler calls it by the service's name and the port that it listens on.
    port = re.search(r"0\.0\.0\.0:(\d+)", " ".join(services["scheduler"]["command"])).group(1)
    for name in ("executor", "run"):
        assert f"df://scheduler:{port}" in services[name]["command"], name


def check_kubernetes():
    documents = list(yaml.load_all(KUBERNETES))
    version = kubernetes_validate.latest_version()
    for document in documents:
        kubernetes_validate.validate(document, version, strict=True)
    spoilt = {**documents[1], "spec": {**documents[1]["spec"], "portz": []}}
    try:
        kubernetes_validate.validate(spoilt, version, strict=True)
    except kubernetes_validate.ValidationError:
        pass
    else:
        raise AssertionError("the schema takes anything")
    by_name = {(document["kind"], document["metadata"]["name"]): document for document in documents}
    assert len(by_name) == len(documents)
    pods = []
    for document in documents:
        spec = document["spec"]
        if document["kind"] == "CronJob":
            pods.append(spec["jobTemplate"]["spec"]["template"])
        elif document["kind"] == "Deployment":
            pods.append(spec["template"])
            labels = spec["template"]["metadata"]["labels"]
            assert spec["selector"]["matchLabels"].items() <= labels.items(), document["metadata"]
    assert len(pods) == 3
    service = by_name["Service", "coterminous-scheduler"]["spec"]
    assert any(service["selector"].items() <= pod["metadata"]["labels"].items() for pod in pods), "the service selects nobody"
    address = f"df://coterminous-scheduler:{service['ports'][0]['port']}"
    versions = set()
    for pod in pods:
        claims = {volume["persistentVolumeClaim"]["claimName"] for volume in pod["spec"]["volumes"] if "persistentVolumeClaim" in volume}
        assert all(("PersistentVolumeClaim", claim) in by_name for claim in claims)
        volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
        for container in pod["spec"]["containers"]:
            parsed([word.replace("$(POD_IP)", "10.0.0.1") for word in container["args"]])
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
            words = " ".join(container["args"])
            assert container["name"] == "scheduler" or address in words, words
            for port in container.get("ports", []):
                assert str(port["containerPort"]) in words, port
            versions.add(container["image"].split(":")[1])
    cargo = re.search(r'^version = "(.+)"', (ROOT / "Cargo.toml").read_text(), re.M).group(1)
    assert versions == {cargo}, f"images {versions}, program {cargo}"


def check_image():
    file = ROOT / "cluster/Containerfile"
    done = run(tool("hadolint"), "--failure-threshold", "info", file)
    assert done.returncode == 0, done.stdout + done.stderr
    copied = [word for line in file.read_text().splitlines() if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]]
    assert copied and all((ROOT / name).exists() for name in copied), copied
    allowed = [line[1:].rstrip("*") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert all(any(name.startswith(start) for start in allowed) for name in copied), "a file that is copied is ignored"


with tempfile.TemporaryDirectory() as temporary:
    check_compose(pathlib.Path(temporary))
check_kubernetes()
check_image()
print("compose file, Kubernetes manifests and Containerfile are as their schemas and the program say; none of them was run")
