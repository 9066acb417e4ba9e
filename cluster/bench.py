"""What a cluster of two executors costs beside the plain run, on the same cores: wall and CPU time, bytes sent and bytes shuffled.

usage: bench.py PROGRAM CONFIG [--executors N] [--threads N] [--repeats N] [--tile N]

PROGRAM is a build of cluster/, optimised. Runs are interleaved (plain, clustered, plain, ...), the least of each is told, and what was published
is compared byte by byte before any figure is. Linux: CPU times and bytes come from /proc and from the executors' folders.
"""

import argparse
import hashlib
import os
import pathlib
import re
import resource
import subprocess
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("program", type=pathlib.Path)
parser.add_argument("config")
parser.add_argument("--executors", type=int, default=2)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--repeats", type=int, default=3)
parser.add_argument("--tile")
options = parser.parse_args()
program = options.program.resolve()


def start(*words):
    child = subprocess.Popen([program, *words, "--with-stdin", "--quiet"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return child, child.stdout.readline().strip()


def cpu(child):
    """CPU seconds of a living process."""
    fields = pathlib.Path(f"/proc/{child.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def size(folder):
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def run(out, *more):
    """Wall and CPU seconds of a run, and what it logs."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run([program, "run", options.config, "--out", out, "--force", *more], capture_output=True, text=True)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stderr


def tables(out):
    folder = out / "runs" / (out / "CURRENT").read_text().strip()
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.rglob("*.parquet"))}


with tempfile.TemporaryDirectory() as temporary:
    root = pathlib.Path(temporary)
    scheduler, address = start("cluster", "scheduler", "--listen", "127.0.0.1:0")
    executors = []
    for at in range(options.executors):
        words = ["cluster", "executor", "--scheduler", address, "--threads", str(options.threads), "--work-dir", root / f"work-{at}"]
        executors.append(start(*words)[0])
    words = ["--cluster", address] + (["--cluster-tile", options.tile] if options.tile else [])
    plain, clustered, told = [], [], ""
    for _ in range(options.repeats):
        plain.append(run(root / "plain")[:2])
        before = sum(cpu(child) for child in [scheduler, *executors])
        wall, own, told = run(root / "clustered", *words)
        others = sum(cpu(child) for child in [scheduler, *executors]) - before
        # Sums are kept for half a minute after a job.
        shuffled = sum(size(root / f"work-{at}") for at in range(options.executors))
        clustered.append((wall, own + others, own, others, shuffled))
        assert tables(root / "plain") == tables(root / "clustered"), "the cluster publishes something else"
    for child in [*executors, scheduler]:
        child.stdin.close()
        child.wait()

least = lambda runs, at: min(run[at] for run in runs)
jobs = re.findall(r"counted (\d+) tiles, (\d+) vertices in them, on the cluster: (\d+) bytes sent, (\d+) labels", told)
tiles, vertices, sent, labels = (sum(int(job[at]) for job in jobs) for at in range(4))
print(f"{options.config}: {options.executors} executors of {options.threads} threads, {options.repeats} runs each, least of each")
print(f"plain      wall {least(plain, 0):7.2f} s  cpu {least(plain, 1):7.2f} s")
print(f"clustered  wall {least(clustered, 0):7.2f} s  cpu {least(clustered, 1):7.2f} s  (run {least(clustered, 2):.2f} s, cluster {least(clustered, 3):.2f} s)")
print(f"overhead   wall {least(clustered, 0) / least(plain, 0):7.2f}    cpu {least(clustered, 1) / least(plain, 1):7.2f}")
print(f"{len(jobs)} jobs, {tiles} tiles, {vertices} vertices in them, {sent} bytes sent, {least(clustered, 4)} bytes between stages, {labels} labels")
if vertices:
    print(f"a million vertices: {sent / vertices:.1f} MB sent, {least(clustered, 4) / vertices:.2f} MB between stages, {least(clustered, 3) / vertices * 1e6:.2f} s of CPU on the cluster")
