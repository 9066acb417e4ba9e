"""Inputs and outputs on object storage, against a local S3 server (moto), with what can go wrong made to go wrong on the way to it.

Usage: objects.py PROGRAM    a build with the feature object-storage; from the root of the repository
"""

import http.client
import http.server
import json
import logging
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import zipfile

import blake3
import boto3
import botocore.exceptions
from moto.server import ThreadedMotoServer

ROOT = pathlib.Path.cwd()
PROGRAM = pathlib.Path(sys.argv[1]).resolve()
BUCKET = "boundaries"


class Way(http.server.ThreadingHTTPServer):
    """The way to the server. `hook(method, path)` may answer for it (status, body), cut the line (None, None), or let it pass (no answer)."""

    daemon_threads = True

    def __init__(self, port):
        self.server, self.hook, self.seen = port, None, []
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        answer = self.server.hook and self.server.hook(self.command, self.path)
        if answer == (None, None):
            self.close_connection = True
            self.connection.close()
            return
        if answer:
            status, headers, content = answer[0], {}, answer[1].encode()
        else:
            onward = http.client.HTTPConnection("127.0.0.1", self.server.server, timeout=60)
            onward.request(self.command, self.path, body, {key: value for key, value in self.headers.items() if key.lower() != "host"} | {"Host": "s3.amazonaws.com"})
            reply = onward.getresponse()
            status, headers, content = reply.status, dict(reply.getheaders()), reply.read()
        self.send_response(status)
        for key, value in headers.items():
            if key.lower() not in ("transfer-encoding", "content-length", "connection", "date", "server"):
                self.send_header(key, value)
        length = headers.get("Content-Length", len(content)) if self.command == "HEAD" else len(content)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = handle_any

    def log_message(self, *_):
        pass


class Trial:
    def __init__(self, folder):
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.moto = ThreadedMotoServer(port=0, verbose=False)
        self.moto.start()
        port = self.moto.get_host_and_port()[1]
        self.way = Way(port)
        self.folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "a-secret-that-nobody-may-see", "AWS_REGION": "eu-west-2"}
        self.environment = {
            "PATH": os.environ["PATH"],
            "TMPDIR": str(self.temporary),
            "AWS_ENDPOINT": f"http://127.0.0.1:{self.way.server_address[1]}",
            "AWS_ALLOW_HTTP": "true",
            **credentials,
        }
        self.s3 = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="eu-west-2", aws_access_key_id="test", aws_secret_access_key="test")
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})

    def keys(self, prefix=""):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return {found["Key"]: found["Size"] for page in pages for found in page.get("Contents", [])}

    def get(self, key):
        return self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()

    def current(self, dataset="out"):
        try:
            return self.get(f"{dataset}/CURRENT").decode().strip()
        except botocore.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "NoSuchKey", error
            return None

    def start(self, *arguments):
        self.way.seen.clear()
        return subprocess.Popen(
            [PROGRAM, *map(str, arguments)], env=self.environment, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, *arguments, code=0, says=""):
        child = self.start(*arguments)
        out, err = child.communicate(timeout=300)
        assert child.returncode == code, (arguments, child.returncode, err)
        assert says in out + err, (says, out, err)
        assert "a-secret-that-nobody-may-see" not in out + err, "the secret is told"
        self.nothing_left()
        return out, err

    def nothing_left(self):
        left = [path for path in self.temporary.rglob("*")]
        assert not left, f"left in the folder of what is passing: {left[:3]}"

    def whole(self, dataset="out"):
        """The run that CURRENT names, held against its manifest byte by byte."""
        run_id = self.current(dataset)
        manifest = json.loads(self.get(f"{dataset}/runs/{run_id}/manifest.json"))
        assert manifest["run_id"] == run_id
        for record in manifest["tables"] + manifest["files"]:
            content = self.get(f"{dataset}/runs/{run_id}/{record['file']}")
            assert len(content) == record["bytes"] and blake3.blake3(content).hexdigest() == record["blake3"], record["file"]
        return manifest


def put_data(trial):
    """The five sites: one layer as a .shp with what belongs to it, one as a member of an archive, the rest as they are."""
    data = ROOT / "data/kings-fund"
    for path in sorted(data.iterdir()):
        if path.is_file():
            trial.s3.upload_file(str(path), BUCKET, f"in/{path.name}")
    with zipfile.ZipFile(data / "LAD_APR_1998_SCHEMATIC.zip") as archive:
        for name in archive.namelist():
            trial.s3.put_object(Bucket=BUCKET, Key=f"in/apart/{name}", Body=archive.read(name))
        shape = next(name for name in archive.namelist() if name.endswith(".shp"))
    with zipfile.ZipFile(data / "HA_APR_1998_SCHEMATIC.zip") as archive:
        member = next(name for name in archive.namelist() if name.endswith(".shp"))
    text = (ROOT / "config/kings-fund-sites.toml").read_text()
    text = text.replace("../data/kings-fund/LAD_APR_1998_SCHEMATIC.zip", f"../data/kings-fund/apart/{shape}")
    text = text.replace("../data/kings-fund/HA_APR_1998_SCHEMATIC.zip", f"../data/kings-fund/HA_APR_1998_SCHEMATIC.zip/{member}")
    changed = text.replace("../data/kings-fund/", f"s3://{BUCKET}/in/").replace("../out/kings-fund-sites", f"s3://{BUCKET}/out")
    assert changed.count("s3://") > 5 and "../" not in changed, changed
    config = trial.folder / "sites.toml"
    config.write_text(changed)
    return config


def main(folder):
    trial = Trial(folder)
    config = put_data(trial)

    # The whole way there and back; figures are those of files on a disk.
    trial.run("check", config, says="can be used")
    out, _ = trial.run("run", config, "--metrics", folder / "m.prom", "--lineage", folder / "l.ndjson")
    assert f"s3://{BUCKET}/out/runs/" in out and str(trial.temporary) not in out, out
    manifest = trial.whole()
    first = trial.current()
    local = folder / "local"
    subprocess.run([PROGRAM, "run", ROOT / "config/kings-fund-sites.toml", "--out", local, "--quiet"], check=True)
    by_file = json.loads((local / "runs" / (local / "CURRENT").read_text().strip() / "manifest.json").read_text())
    hashes = {table["name"]: table["blake3"] for table in by_file["tables"]}
    # Findings name their files, which are others here.
    other = {table["name"] for table in manifest["tables"] if table["blake3"] != hashes[table["name"]]}
    assert other <= {"finding"}, other
    assert len(manifest["inputs"]) >= len(by_file["inputs"]) and all(entry["path"].startswith(f"s3://{BUCKET}/in/") for entry in manifest["inputs"])
    for entry in manifest["inputs"]:
        key = entry["path"].removeprefix(f"s3://{BUCKET}/")
        content = trial.get(key)
        assert len(content) == entry["bytes"] and blake3.blake3(content).hexdigest() == entry["blake3"], entry
    puts = [(path, headers) for method, path, headers in trial.way.seen if method == "PUT"]
    assert puts[-1][0].endswith("/out/CURRENT") and puts[-2][0].endswith("/manifest.json"), [path for path, _ in puts]
    assert {key.lower(): value for key, value in puts[-1][1].items()}["if-none-match"] == "*", puts[-1]
    event = json.loads((folder / "l.ndjson").read_text().splitlines()[-1])
    assert event["eventType"] == "COMPLETE" and {dataset["namespace"] for dataset in event["inputs"] + event["outputs"]} == {f"s3://{BUCKET}"}, event
    assert f'run_id="{first}"' in (folder / "m.prom").read_text()

    # Nothing changed: nothing is written.
    trial.run("run", config, says="nothing changed")
    assert not [path for method, path, _ in trial.way.seen if method in ("PUT", "POST", "DELETE")]
    trial.run("run", config, "--force")
    assert not [path for method, path, _ in trial.way.seen if method in ("PUT", "POST", "DELETE")], "the same bytes are not written twice"

    # Another run: CURRENT moves on the condition that it is what it was.
    def another(number):
        path = folder / f"sites{number}.toml"
        path.write_text(config.read_text() + f"\n# {number}\n")
        return path

    trial.run("run", another(2), "--quiet")
    second = trial.current()
    assert second != first and trial.whole()
    put = [headers for method, path, headers in trial.way.seen if method == "PUT" and path.endswith("/out/CURRENT")]
    assert len(put) == 1 and any(key.lower() == "if-match" for key in put[0]), put

    def unmoved(before):
        assert trial.current() == before, (trial.current(), before)
        trial.whole()

    # What is not there, and what may not be read.
    nowhere = folder / "nowhere.toml"
    nowhere.write_text(config.read_text().replace("in/council_money.csv", "in/no_such.csv"))
    _, err = trial.run("run", nowhere, code=3, says="there is no such object")
    assert f"s3://{BUCKET}/in/no_such.csv" in err, err
    nowhere.write_text(config.read_text().replace(f"s3://{BUCKET}/in/council_money.csv", "s3://no-such-bucket/in/council_money.csv"))
    trial.run("run", nowhere, code=3, says="s3://no-such-bucket/in/council_money.csv")
    trial.run("run", config, "--out", "s3://no-such-bucket/out", code=4, says="s3://no-such-bucket/out")
    trial.run("run", config, "--out", f"s3://{BUCKET}/../out", code=2, says="is not an address on object storage")
    trial.s3.put_object(Bucket=BUCKET, Key="in/broken.csv", Body=b"code,amount\nX1,\"open\n")
    nowhere.write_text(config.read_text().replace("in/council_money.csv", "in/broken.csv"))
    _, err = trial.run("run", nowhere, code=3, says=f"s3://{BUCKET}/in/broken.csv")
    assert str(trial.temporary) not in err, err
    denied = "<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    trial.way.hook = lambda method, path: (403, denied) if method in ("GET", "HEAD") and "council_money" in path else None
    trial.run("run", another(3), code=3, says="council_money.csv: ")
    trial.way.hook = lambda method, path: (403, denied) if method == "PUT" else None
    trial.run("run", another(3), code=4, says="access is denied")
    unmoved(second)
    trial.way.hook = lambda method, path: (403, denied) if method == "PUT" and path.endswith("CURRENT") else None
    trial.run("run", another(3), code=4, says="access is denied")
    unmoved(second)

    # An object that changes while it is fetched.
    def changes(method, path):
        if method == "GET" and path.split("?")[0].endswith("in/council_money.csv"):
            trial.s3.put_object(Bucket=BUCKET, Key="in/council_money.csv", Body=trial.get("in/council_money.csv") + b"\n")

    trial.way.hook = changes
    trial.run("run", another(3), code=3, says="changed while it was fetched")
    trial.s3.upload_file(str(ROOT / "data/kings-fund/council_money.csv"), BUCKET, "in/council_money.csv")

    # A lost race: somebody publishes between this run's start and its end.
    def raced(method, path):
        if method == "PUT" and path.endswith("/out/CURRENT"):
            trial.way.hook = None
            trial.s3.put_object(Bucket=BUCKET, Key="out/CURRENT", Body=f"{first}\n".encode())

    trial.way.hook = raced
    trial.run("run", another(3), code=4, says=f"another run was published meanwhile: CURRENT was {second} when this one began, and is {first}")
    unmoved(first)
    # The same where there was none: the other one's CURRENT stays.
    def raced_first(method, path):
        if method == "PUT" and path.endswith("/fresh/CURRENT"):
            trial.way.hook = None
            trial.s3.put_object(Bucket=BUCKET, Key="fresh/CURRENT", Body=b"somebody-else\n")

    trial.way.hook = raced_first
    trial.run("run", another(3), "--out", f"s3://{BUCKET}/fresh", code=4, says="CURRENT was not there when this one began, and is somebody-else")
    assert trial.current("fresh") == "somebody-else"
    # A CURRENT that names nothing whole is told, not followed.
    trial.run("run", another(3), "--out", f"s3://{BUCKET}/fresh", code=4, says="which is not a whole run")

    # The line is cut, or the server stumbles: tried again.
    stumbles = {"PUT": 2, "GET": 2}

    def stumble(method, path):
        if stumbles.get(method, 0) > 0:
            stumbles[method] -= 1
            return (503, "<Error><Code>SlowDown</Code></Error>")

    trial.way.hook = stumble
    trial.run("run", another(4), "--quiet")
    assert stumbles == {"PUT": 0, "GET": 0}
    fourth = trial.current()
    trial.whole()
    trial.way.hook = lambda method, path: (None, None) if method == "PUT" and path.endswith("/report.html") else None
    trial.run("run", another(5), code=4, says="report.html")
    unmoved(fourth)

    # The upload is interrupted: CURRENT is as it was, and the next run gets through.
    for name, code in ((signal.SIGTERM, 130), (signal.SIGINT, 130), (signal.SIGKILL, -9)):
        for moment in (1, 12, 25):
            child, counted = None, 0

            def interrupts(method, path):
                nonlocal counted
                if method == "PUT":
                    counted += 1
                    if counted == moment:
                        child.send_signal(name)
                        # The answer comes only after the signal has.
                        threading.Event().wait(0.3)

            trial.way.hook = interrupts
            child = trial.start("run", another(6), "--quiet")
            child.communicate(timeout=300)
            assert counted >= moment, f"only {counted} uploads"
            assert child.returncode == code, (name, moment, child.returncode)
            unmoved(fourth)
            if name != signal.SIGKILL:
                trial.nothing_left()
            else:
                subprocess.run(["rm", "-rf", *map(str, trial.temporary.iterdir())], check=True)
    trial.way.hook = None
    trial.run("run", another(6), "--quiet")
    assert trial.current() not in (first, second, fourth)
    trial.whole()
    # An object of a run that was lost is put back when the run is published again.
    lost = trial.current()
    trial.run("run", another(7), "--quiet")
    trial.s3.delete_object(Bucket=BUCKET, Key=f"out/runs/{lost}/area.parquet")
    trial.run("run", another(6), "--quiet")
    assert trial.current() == lost
    trial.whole()

    # Old runs go; the current one and the one before it stay, and so does what is no run.
    trial.s3.put_object(Bucket=BUCKET, Key="out/runs/notes/readme.txt", Body=b"mine")
    before = trial.current()
    trial.run("run", another(8), "--quiet", "--keep", "1")
    runs = {key.split("/")[2] for key in trial.keys("out/runs/") if key.endswith("/manifest.json")}
    assert runs == {before, trial.current()}, runs
    assert "out/runs/notes/readme.txt" in trial.keys("out/runs/")
    trial.whole()

    # A run of files alone calls nobody, whatever the environment says.
    trial.way.seen.clear()
    subprocess.run([PROGRAM, "run", ROOT / "config/kings-fund-sites.toml", "--out", folder / "here", "--quiet"], env=trial.environment, check=True)
    assert not trial.way.seen and not list(trial.temporary.iterdir())
    print("object storage: fetched, published, recognised, raced, denied, cut, interrupted and pruned as promised")
    trial.moto.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        main(pathlib.Path(temporary))
