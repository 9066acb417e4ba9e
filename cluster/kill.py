"""Kills executors in the middle of runs, at random moments, and tells which runs got through, in how long, and whether what they published is
what a run without a cluster publishes, to the last byte.

usage: kill.py PROGRAM CONFIG [--executors N] [--kills N] [--seed N] [--tile N] [--within SECONDS]

Each run has N executors when it begins, one of which is killed (SIGKILL) at a moment between the first tiles sent and the usual end of the run;
none takes its place before the run is over. Exit code 1 if a run failed, took longer than an undisturbed one and --within seconds more, or published
anything else.
"""

import argparse
import hashlib
import json
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

from processes import end, start

parser = argparse.ArgumentParser()
parser.add_argument("program", type=pathlib.Path)
parser.add_argument("config")
parser.add_argument("--executors", type=int, default=2)
parser.add_argument("--kills", type=int, default=10)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--tile", default="8000")
parser.add_argument("--within", type=float, default=60)
options = parser.parse_args()
program, dice = options.program.resolve(), random.Random(options.seed)


def run(out, *more):
    return subprocess.Popen([program, "run", options.config, "--out", out, "--quiet", *more], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def published(out):
    folder, found = out / "runs" / (out / "CURRENT").read_text().strip(), {}
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            content = file.read_bytes()
            if file.name == "manifest.json":
                manifest = json.loads(content)
                for times in ("timings", "started_at", "finished_at"):
                    del manifest[times]
                content = json.dumps(manifest).encode()
            found[str(file.relative_to(folder))] = hashlib.sha256(content).hexdigest()
    return found


def began(child, out):
    """Waits until the first tiles of the run are sent."""
    while child.poll() is None and not any(out.glob(".coterminous-cluster-*/job-1/*")):
        time.sleep(0.005)


failed = 0
with tempfile.TemporaryDirectory() as temporary:
    root = pathlib.Path(temporary)
    plain = run(root / "plain")
    assert plain.wait() == 0, plain.stderr.read()
    expected = published(root / "plain")
    scheduler, address = start(program, "cluster", "scheduler", "--listen", "127.0.0.1:0")
    executors = []

    def fill():
        while len(executors) < options.executors:
            executors.append(start(program, "cluster", "executor", "--scheduler", address, "--threads", "1")[0])

    words = ["--cluster", address, "--cluster-tile", options.tile]
    fill()
    for _ in range(2):
        usual = run(root / "usual", "--force", *words)
        began(usual, root / "usual")
        first = time.monotonic()
        assert usual.wait() == 0, usual.stderr.read()
        usually = time.monotonic() - first
    print(f"{options.config}: {options.executors} executors; undisturbed {usually:.1f} s from the first tiles sent", flush=True)
    times = []
    for at in range(options.kills):
        fill()
        out = root / f"out-{at}"
        child = run(out, *words)
        began(child, out)
        moment = dice.uniform(0, usually * 0.95)
        time.sleep(moment)
        victim = executors.pop(dice.randrange(len(executors)))
        was_running = child.poll() is None
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        killed = time.monotonic()
        try:
            _, told = child.communicate(timeout=usually + options.within + 60)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            told = "stopped by this script"
        took = time.monotonic() - killed
        same = child.returncode == 0 and published(out) == expected
        if was_running:
            times.append(took)
        good = same and took < usually + options.within
        failed += not good
        verdict = "the same bytes" if same else f"exit code {child.returncode}: {told.strip()[-300:]}"
        late = "" if was_running else " (the run was already over)"
        print(f"{at + 1:3}: killed after {moment:5.1f} s, over {took:5.1f} s later{late}: {verdict}", flush=True)
    end([*executors, scheduler])
times.sort()
middle = times[len(times) // 2] if times else 0
print(f"{options.kills - failed} of {options.kills} got through; {len(times)} were killed while they ran: {middle:.1f} s in the middle, {max(times, default=0):.1f} s at most from the kill to the end")
sys.exit(failed > 0)
