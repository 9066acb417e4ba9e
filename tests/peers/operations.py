"""Tries what docs/operations.md says, and what a run tells machines, with the tools that would read it.

Usage: operations.py PROGRAM      from the root of the repository; needs systemd-analyze and sh

The log against docs/log.schema.json; --metrics with Prometheus' own parser; --lineage with OpenLineage's own classes; and every example of the
page: crontab, units, DAG, workflow, rules, image.
"""

import ast
import importlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import types

import attr
import duckdb
import jsonschema
from openlineage.client import event_v2
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

ROOT = pathlib.Path.cwd()
PROGRAM = pathlib.Path(sys.argv[1]).resolve()
PAGE = (ROOT / "docs/operations.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.S | re.M)


def block(language, first):
    found = [text for text in blocks(language) if text.splitlines()[0].startswith(first)]
    assert len(found) == 1, (language, first, len(found))
    return found[0]


def run(*arguments, **options):
    return subprocess.run([str(argument) for argument in arguments], text=True, capture_output=True, **options)


# ---- what a run tells

def check_log(text, validator):
    lines = text.splitlines()
    for line in lines:
        validator.validate(json.loads(line))
    return [json.loads(line) for line in lines]


FACETS = {
    "processing_engine": "processing_engine_run.ProcessingEngineRunFacet",
    "errorMessage": "error_message_run.ErrorMessageRunFacet",
    "jobType": "job_type_job.JobTypeJobFacet",
    "version": "dataset_version_dataset.DatasetVersionDatasetFacet",
    "schema": "schema_dataset.SchemaDatasetFacet",
    "dataSource": "datasource_dataset.DatasourceDatasetFacet",
    "storage": "storage_dataset.StorageDatasetFacet",
    "inputStatistics": "input_statistics_input_dataset.InputStatisticsInputDatasetFacet",
    "outputStatistics": "output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet",
}


def build(cls, fields):
    """An object of OpenLineage's own class: an unknown field, or one that is missing, is an error, and its validators are asked."""
    known = {field.name: field for field in attr.fields(cls)}
    unknown = set(fields) - set(known)
    assert not unknown, (cls.__name__, unknown)
    return cls(**fields)


def check_facets(facets):
    for name, facet in facets.items():
        module, cls = FACETS[name].split(".")
        cls = getattr(importlib.import_module(f"openlineage.client.generated.{module}"), cls)
        content = {key: value for key, value in facet.items() if key not in ("_producer", "_schemaURL")}
        assert facet["_producer"].startswith("urn:coterminous:"), facet
        if name == "schema":
            module = importlib.import_module("openlineage.client.generated.schema_dataset")
            content["fields"] = [build(module.SchemaDatasetFacetFields, field) for field in content["fields"]]
        made = build(cls, content)
        stated, ours = made._get_schema(), facet["_schemaURL"]
        # The same schema; its version may be an earlier one than this client's.
        assert re.sub(r"/\d+-\d+-\d+/", "/", stated) == re.sub(r"/\d+-\d+-\d+/", "/", ours), (stated, ours)


def check_event(event):
    assert event["schemaURL"] == event_v2.RunEvent._get_schema(), event["schemaURL"]
    check_facets(event["run"]["facets"])
    check_facets(event["job"]["facets"])
    for dataset in event["inputs"] + event["outputs"]:
        check_facets(dataset.get("facets", {}))
        check_facets(dataset.get("inputFacets", {}))
        check_facets(dataset.get("outputFacets", {}))
    build(
        event_v2.RunEvent,
        {
            "eventType": event_v2.RunState[event["eventType"]],
            "eventTime": event["eventTime"],
            "run": build(event_v2.Run, event["run"]),
            "job": build(event_v2.Job, event["job"]),
            "inputs": [build(event_v2.InputDataset, dataset) for dataset in event["inputs"]],
            "outputs": [build(event_v2.OutputDataset, dataset) for dataset in event["outputs"]],
            "producer": event["producer"],
        },
    )


def check_metrics(path, run_folder):
    samples = {}
    families = list(text_string_to_metric_families(path.read_text()))
    for family in families:
        assert family.name.startswith("coterminous_") and family.documentation and family.type == "gauge", family
        assert family.samples or family.name in OPTIONAL, f"{family.name} has no sample"
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in samples, f"{key} twice"
            samples[key] = sample.value
    names = [family.name for family in families]
    assert len(names) == len(set(names)), "a family twice"
    if run_folder:
        # The same figures by another reader.
        rows = duckdb.connect().execute(
            f"SELECT alignment, family, severity, count(*) FROM '{run_folder}/obstruction.parquet' WHERE alignment IS NOT NULL GROUP BY ALL"
        ).fetchall()
        assert rows
        dataset = json.loads((run_folder / "manifest.json").read_text())["name"]
        for alignment, family, severity, count in rows:
            labels = {"dataset": dataset, "alignment": alignment, "family": family, "severity": severity}
            assert samples[("coterminous_obstructions", tuple(sorted(labels.items())))] == count, labels
        sums = duckdb.connect().execute(
            f"SELECT alignment, fiscal_year, sum(outside_main_pence) / 100 FROM '{run_folder}/budget_body.parquet' "
            "WHERE side = 'health' AND fiscal_year IS NOT NULL GROUP BY ALL HAVING count(outside_main_pence) > 0"
        ).fetchall()
        assert sums
        for alignment, year, pounds in sums:
            labels = {"dataset": dataset, "alignment": alignment, "fiscal_year": year}
            got = samples[("coterminous_outside_main_pounds", tuple(sorted(labels.items())))]
            assert abs(got - pounds) < 0.005, (labels, got, pounds)
    return samples


OPTIONAL = {"coterminous_merger_bodies", "coterminous_findings", "coterminous_outside_main_pounds"}


def check_runs(folder):
    schema = json.loads((ROOT / "docs/log.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    try:
        validator.validate({"timestamp": "2026-01-01T00:00:00Z", "level": "INFO", "message": "x", "surprise": 1})
        raise AssertionError("the schema takes anything")
    except jsonschema.ValidationError:
        pass
    out, metrics, lineage = folder / "out", folder / "run.prom", folder / "run.ndjson"
    told = ["--out", out, "--log", "json", "--metrics", metrics, "--lineage", lineage]
    lines = 0
    for arguments, code, kinds in (
        (["config/sample.toml"], 0, ["START", "COMPLETE"]),
        (["config/sample.toml", "--fail-on", "high"], 1, ["START", "COMPLETE"]),
        (["config/sample.toml", "--force", "--keep", "1"], 0, ["START", "COMPLETE"]),
        (["config/no_such_config.toml"], 2, ["START", "FAIL"]),
    ):
        done = run(PROGRAM, "run", *arguments, *told)
        assert done.returncode == code, (arguments, done.returncode, done.stderr)
        lines += len(check_log(done.stderr, validator))
        events = [json.loads(line) for line in lineage.read_text().splitlines()]
        for event in events:
            check_event(event)
        assert [event["eventType"] for event in events] == kinds, events
        run_folder = out / "runs" / (out / "CURRENT").read_text().strip()
        samples = check_metrics(metrics, run_folder if code < 2 else None)
        assert samples[("coterminous_run_exit_code", (("config", arguments[0]),))] == code
    # An input that is broken, which is met after others were read.
    broken = folder / "broken.toml"
    data = (ROOT / "data").as_posix()
    broken.write_text((ROOT / "config/sample.toml").read_text().replace("../data", data).replace("pss_1999-00.csv", "no_such.csv"))
    done = run(PROGRAM, "run", broken, *told)
    assert done.returncode == 3, (done.returncode, done.stderr)
    lines += len(check_log(done.stderr, validator))
    events = [json.loads(line) for line in lineage.read_text().splitlines()]
    for event in events:
        check_event(event)
    assert events[-1]["eventType"] == "FAIL" and "no_such.csv" in events[-1]["run"]["facets"]["errorMessage"]["message"]
    samples = check_metrics(metrics, out / "runs" / (out / "CURRENT").read_text().strip())
    assert samples[("coterminous_run_success", (("config", str(broken)),))] == 0
    print(f"{lines} log lines keep to the schema; metrics and lineage of 5 runs are what Prometheus and OpenLineage read")


# ---- the examples of the page

def placed(text, folder):
    """An example with the paths of this machine in place of the page's."""
    return text.replace("/usr/local/bin/coterminous", str(PROGRAM)).replace("/srv/coterminous", str(folder))


def prepare(folder):
    config = (ROOT / "config/kings-fund-sites.toml").read_text().replace("../data", (ROOT / "data").as_posix())
    (folder / "england.toml").write_text(config)


def published(folder):
    return (folder / "out/CURRENT").exists() and (folder / "coterminous.prom").exists()


def check_cron(folder):
    lines = [line for line in block("crontab", "# /etc/cron.d").splitlines() if line and not line.startswith("#")]
    assert lines[0].startswith("MAILTO="), lines
    fields = lines[1].split(None, 6)
    assert re.fullmatch(r"[\d*,/-]+", "".join(fields[:5])) and fields[5] == "coterminous", fields
    assert "%" not in fields[6], "cron takes an unescaped % for the end of the command"
    # As cron runs it: sh, a bare environment, the home folder.
    done = run("sh", "-c", placed(fields[6], folder), env={"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "HOME": str(folder)}, cwd=folder)
    assert done.returncode == 0 and done.stdout == "" and done.stderr == "", done
    assert published(folder)


def check_units(folder):
    analyze = shutil.which("systemd-analyze")
    assert analyze, "systemd-analyze is not installed (Debian: systemd)"
    units = folder / "units"
    units.mkdir()
    for name in ("coterminous.service", "coterminous.timer"):
        text = block("ini", f"# /etc/systemd/system/{name}")
        (units / name).write_text(placed(text, folder).replace("User=coterminous", "User=nobody"))
    # Only what is said of these units counts; the machine's own may have faults.
    done = run(analyze, "verify", "--man=no", units / "coterminous.service", units / "coterminous.timer", env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning"})
    said = [line for line in (done.stdout + done.stderr).splitlines() if "coterminous" in line]
    assert not said, said
    (units / "coterminous.service").write_text((units / "coterminous.service").read_text().replace("Type=oneshot", "Typ=oneshot"))
    done = run(analyze, "verify", "--man=no", units / "coterminous.service")
    assert "Typ" in done.stdout + done.stderr, "systemd-analyze would take anything"
    calendar = re.search(r"OnCalendar=(.*)", block("ini", "# /etc/systemd/system/coterminous.timer")).group(1)
    assert run(analyze, "calendar", calendar).returncode == 0, calendar


def check_airflow(folder):
    """A stub stands for Airflow: it has the names that the DAG imports, takes the arguments they take, and runs the command as Bash would."""
    source = block("python", "# dags/coterminous.py")
    imported = {alias.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert {"DAG", "BashOperator"} <= imported, imported
    tasks, dags = [], []

    class DAG:
        def __init__(self, *, dag_id, schedule, start_date, catchup, max_active_runs, default_args):
            assert not catchup and max_active_runs == 1 and len(schedule.split()) == 5 and start_date and default_args
            dags.append(dag_id)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

    class BashOperator:
        def __init__(self, *, task_id, bash_command):
            tasks.append((task_id, bash_command))

    stubs = {"airflow": {}, "airflow.sdk": {"DAG": DAG}, "airflow.providers": {}, "airflow.providers.standard": {}}
    stubs |= {"airflow.providers.standard.operators": {}, "airflow.providers.standard.operators.bash": {"BashOperator": BashOperator}}
    for name, content in stubs.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(content)
    exec(compile(source, "dags/coterminous.py", "exec"), {})
    assert dags == ["coterminous"] and len(tasks) == 1, (dags, tasks)
    command = placed(tasks[0][1], folder)
    done = run("bash", "-c", command)
    assert done.returncode == 0 and published(folder), done
    # A config that is wrong will not mend itself: 99 is Airflow's code for a task that is skipped and not tried again.
    done = run("bash", "-c", command.replace("england.toml", "nowhere.toml"))
    assert done.returncode == 99, done


def check_yaml(folder):
    yaml = YAML(typ="safe")
    workflow = folder / "boundaries.yml"
    workflow.write_text(block("yaml", "# .github/workflows/boundaries.yml"))
    files = [workflow, *sorted((ROOT / ".github/workflows").glob("*.yml"))]
    assert len(files) >= 3, files
    checker = pathlib.Path(sys.executable).with_name("check-jsonschema")
    done = run(checker, "--builtin-schema", "vendor.github-workflows", *files)
    assert done.returncode == 0, done.stdout + done.stderr
    spoilt = folder / "spoilt.yml"
    spoilt.write_text(workflow.read_text().replace("runs-on:", "runs-at:"))
    assert run(checker, "--builtin-schema", "vendor.github-workflows", spoilt).returncode != 0, "check-jsonschema takes anything"
    command = next(step["run"] for step in yaml.load(workflow.read_text())["jobs"]["run"]["steps"] if step.get("name") == "Run")
    (folder / "coterminous").symlink_to(PROGRAM)
    done = run("bash", "-c", command, cwd=folder)
    assert done.returncode == 0, done
    # The alerts ask for metrics that there are.
    names = {line.split("{")[0] for line in (folder / "run.prom").read_text().splitlines() if not line.startswith("#")}
    for group in yaml.load(block("yaml", "# prometheus/rules"))["groups"]:
        for rule in group["rules"]:
            asked = set(re.findall(r"coterminous_\w+", rule["expr"]))
            assert asked and asked <= names, asked - names
    # And so does the table of metrics.
    for name in re.findall(r"`(coterminous_[a-z_]+)[`{]", PAGE):
        assert name in names or name in OPTIONAL, f"the page has {name}, the run has not"


def check_image():
    linter = pathlib.Path(sys.executable).with_name("hadolint")
    done = run(linter, "--failure-threshold", "info", ROOT / "Containerfile")
    assert done.returncode == 0, done.stdout + done.stderr
    copied = [word for line in (ROOT / "Containerfile").read_text().splitlines() if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]]
    missing = [name for name in copied if not (ROOT / name).exists()]
    assert copied and not missing, missing
    allowed = [line[1:].rstrip("*") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert all(any(name.startswith(start) for start in allowed) for name in copied), "a file that is copied is ignored"


with tempfile.TemporaryDirectory() as temporary:
    root = pathlib.Path(temporary)
    for name in ("runs", "cron", "units", "airflow", "yaml"):
        (root / name).mkdir()
        prepare(root / name)
    check_runs(root / "runs")
    check_cron(root / "cron")
    check_units(root / "units")
    check_airflow(root / "airflow")
    check_yaml(root / "yaml")
    check_image()
print("crontab line, units, DAG (with a stub of Airflow), workflows, alerts and Containerfile are as the page says")
