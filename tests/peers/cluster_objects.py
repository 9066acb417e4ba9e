"""Inputs, tiles and the dataset on object storage, and a cluster that shares nothing else: a local S3 server (moto) that scheduler, executors and
run reach by the environment alone.

Usage: cluster_objects.py PROGRAM    a build of cluster/; from the root of the repository
"""

import collections
import pathlib
import re
import subprocess
import tempfile

from objects import BUCKET, PROGRAM, Trial, put_data

STAGE = re.compile(rf"/{BUCKET}/(\S*?)/?\.coterminous-cluster-[0-9a-f]{{24}}/(job-\d+)/(part-[0-9a-f]+-\d+\.parquet)")


class Served:
    """A scheduler or an executor, in a folder of its own; ended with this."""

    def __init__(self, trial, name, *words, environment=None):
        folder = trial.folder / name
        folder.mkdir()
        environment = {**(environment or trial.environment), "TMPDIR": str(folder)}
        self.child = subprocess.Popen(
            [PROGRAM, "cluster", *words, "--with-stdin", "--quiet"], env=environment, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.address = self.child.stdout.readline().strip()
        assert self.address, name

    def end(self):
        self.child.stdin.close()
        assert self.child.wait(timeout=60) == 0


def tables(manifest):
    return {table["name"]: table["blake3"] for table in manifest["tables"]}


def requests(trial):
    """By where the tiles were and what was asked: how often, and for how many files."""
    asked, files = collections.Counter(), collections.defaultdict(set)
    for method, path, _ in trial.way.seen:
        found = STAGE.search(path)
        if found:
            asked[found[1], method] += 1
            files[found[1]].add((found[2], found[3]))
    return asked, files


def main(folder):
    trial = Trial(folder)
    config = put_data(trial)
    trial.run("run", config, "--quiet")
    plain = tables(trial.whole())

    scheduler = Served(trial, "scheduler", "scheduler", "--listen", "127.0.0.1:0")
    executors = [Served(trial, f"executor-{at}", "executor", "--scheduler", scheduler.address, "--threads", "1") for at in range(2)]
    cluster = ["--cluster", scheduler.address, "--cluster-tile", "1000", "--force", "--quiet"]
    # Beside the dataset, where nothing else is said, and in a folder of their own.
    for more, where in (([], "out"), (["--cluster-dir", f"s3://{BUCKET}/tiles/of/runs"], "tiles/of/runs")):
        trial.run("run", config, *cluster, *more)
        assert tables(trial.whole()) == plain, "the cluster publishes something else"
        asked, files = requests(trial)
        sent = len(files[where])
        assert set(files) == {where} and sent > 2 and asked[where, "PUT"] == sent, (asked, files)
        assert asked[where, "GET"] >= sent, "executors read the tiles there"
        left = [key for key in trial.keys() if ".coterminous-cluster-" in key]
        assert not left, left
        gets = asked[where, "GET"] / sent
        print(f"tiles in s3://{BUCKET}/{where}: {sent} files, the same bytes; a file takes 1 PUT, {gets:.1f} GET and {asked[where, 'DELETE'] / sent:.1f} DELETE")
    for executor in executors:
        executor.end()

    # Whoever cannot read the bucket is known before the run begins, and the dataset is as it was.
    before = trial.current()
    strange = {**trial.environment, "AWS_ENDPOINT": "http://127.0.0.1:9"}
    stranger = Served(trial, "stranger", "executor", "--scheduler", scheduler.address, "--threads", "1", environment=strange)
    trial.run("run", config, *cluster, code=4)
    assert trial.current() == before
    assert not [key for key in trial.keys() if ".coterminous-cluster-" in key]
    stranger.end()
    # No place at all.
    trial.run("run", config, *cluster, "--cluster-dir", "s3://", code=2, says="--cluster-dir")
    scheduler.end()
    print("object storage with a cluster: inputs, tiles and the dataset in a bucket, nothing left there, as promised")
    trial.moto.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        main(pathlib.Path(temporary))
