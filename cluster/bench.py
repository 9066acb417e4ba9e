"""What a cluster costs beside the plain run, on the same cores: wall and CPU time, memory, bytes sent and bytes between the stages.

usage: bench.py PROGRAM CONFIG [--executors N] [--threads N] [--repeats N] [--tile N]

PROGRAM is a release build of cluster/. What was published is compared first, byte by byte, in a pair of runs that is not timed and in which the
executors' folders are watched; then runs are interleaved (plain, clustered, plain, ...) and the least of each is told. Linux: CPU times and
memory come from the kernel.
"""

import argparse
import hashlib
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import time

from processes import end, start

parser = argparse.ArgumentParser()
parser.add_argument("program", type=pathlib.Path)
parser.add_argument("config")
parser.add_argument("--executors", type=int, default=2)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--repeats", type=int, default=3)
parser.add_argument("--tile")
options = parser.parse_args()
program = options.program.resolve()


def cpu(child):
    """CPU seconds of a living process."""
    fields = pathlib.Path(f"/proc/{child.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak(child):
    """Megabytes that a living process has had in memory at most."""
    return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{child.pid}/status").read_text())[1]) / 1024


def run(out, *more):
    """Wall and CPU seconds of a run, its memory in MB, and what it logs."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as told:
        child = subprocess.Popen([program, "run", options.config, "--out", out, "--force", *more], stdout=subprocess.DEVNULL, stderr=told)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - began
        told.seek(0)
        text = told.read()
    assert child.returncode == 0, text
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text


def tables(out):
    folder = out / "runs" / (out / "CURRENT").read_text().strip()
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.rglob("*.parquet"))}


class Watched:
    """The files in the executors' folders, each with its largest size: sums go as soon as a job is done."""

    def __init__(self, folders):
        self.folders, self.files, self.over = folders, {}, threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        while not self.over.wait(0.005):
            for folder in self.folders:
                for at, _, names in os.walk(folder):
                    for name in names:
                        path = os.path.join(at, name)
                        try:
                            self.files[path] = max(self.files.get(path, 0), os.stat(path).st_size)
                        except FileNotFoundError:
                            pass

    def end(self):
        """Bytes between the stages, and bytes of the answers: those of each job's last stage."""
        self.over.set()
        self.thread.join()
        jobs = {}
        for path, size in self.files.items():
            # .../<job>/<stage>/...
            found = re.search(r"/coterminous-executor-[0-9a-f]+/([^/]+)/(\d+)/", path)
            if found:
                stages = jobs.setdefault(found[1], {})
                stages[int(found[2])] = stages.get(int(found[2]), 0) + size
        between = sum(size for stages in jobs.values() for stage, size in stages.items() if stage != max(stages))
        return between, sum(stages[max(stages)] for stages in jobs.values())


with tempfile.TemporaryDirectory() as temporary:
    root = pathlib.Path(temporary)
    scheduler, address = start(program, "cluster", "scheduler", "--listen", "127.0.0.1:0")
    folders = [root / f"work-{at}" for at in range(options.executors)]
    executors = [start(program, "cluster", "executor", "--scheduler", address, "--threads", str(options.threads), "--work-dir", folder)[0] for folder in folders]
    words = ["--cluster", address] + (["--cluster-tile", options.tile] if options.tile else [])

    run(root / "plain")
    watched = Watched(folders)
    told = run(root / "clustered", *words)[3]
    between, answers = watched.end()
    assert tables(root / "plain") == tables(root / "clustered"), "the cluster publishes something else"
    print(f"{options.config}: {len(tables(root / 'plain'))} tables, the same bytes with {options.executors} executors of {options.threads} threads", flush=True)

    plain, clustered = [], []
    for _ in range(options.repeats):
        plain.append(run(root / "plain")[:3])
        before = cpu(scheduler), sum(map(cpu, executors))
        clustered.append(run(root / "clustered", *words)[:3] + (cpu(scheduler) - before[0], sum(map(cpu, executors)) - before[1]))
    memory = max(map(peak, executors)), peak(scheduler)
    end([*executors, scheduler])

jobs = re.findall(
    r"counted (\d+) tiles in (\d+) files, (\d+) vertices in them, on the cluster: (\d+) bytes sent, (\d+) labels \(sent in ([\d.]+) s, counted in ([\d.]+) s, read in ([\d.]+) s\)",
    told,
)
tiles, files, vertices, sent, labels = (sum(int(job[at]) for job in jobs) for at in range(5))
sending, counting, reading = (sum(float(job[at]) for job in jobs) for at in range(5, 8))
least = lambda runs, at: min(run[at] for run in runs)
total = min(run[1] + run[3] + run[4] for run in clustered)
print(f"{options.repeats} runs each, interleaved, least of each")
print(f"plain      wall {least(plain, 0):7.2f} s  cpu {least(plain, 1):7.2f} s  memory {least(plain, 2):.0f} MB")
print(f"clustered  wall {least(clustered, 0):7.2f} s  cpu {total:7.2f} s  (run {least(clustered, 1):.2f} s, executors {least(clustered, 4):.2f} s, scheduler {least(clustered, 3):.2f} s)")
print(f"           memory: run {least(clustered, 2):.0f} MB, an executor {memory[0]:.0f} MB, scheduler {memory[1]:.0f} MB")
print(f"overhead   wall {least(clustered, 0) / least(plain, 0):7.2f}    cpu {total / least(plain, 1):7.2f}")
print(f"{len(jobs)} jobs, {tiles} tiles in {files} files, {vertices} vertices in them; sent {sent} bytes in {sending:.2f} s, counted in {counting:.2f} s, {labels} labels read in {reading:.2f} s")
print(f"{between} bytes between the stages, {answers} bytes of answers")
if vertices:
    million = vertices / 1e6
    print(
        f"a million vertices: {sent / vertices:.2f} MB sent, {between / vertices:.2f} MB between the stages, "
        f"CPU {least(clustered, 4) / million:.2f} s of executors, {least(clustered, 1) / million:.2f} s of the run, {least(clustered, 3) / million:.2f} s of the scheduler; memory of the run {least(clustered, 2) / million:.0f} MB"
    )
