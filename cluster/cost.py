"""The cost model of docs/scale.md: prints its table from what bench.py and cluster_objects.py measured.

usage: cost.py CPU SENT BETWEEN RUN MEMORY SCHEDULER LABELS READ GETS

Per million vertices: CPU seconds of executors, MB sent, MB between the stages, CPU seconds of the run, MB of its memory, CPU seconds of the
scheduler, labels that come back. Then microseconds in which the run reads a label, and GET requests of a file of tiles.
"""

import sys

CPU, SENT, BETWEEN, RUN, MEMORY, SCHEDULER, LABELS, READ, GETS = map(float, sys.argv[1:])
# Assumed, not measured: threads of an executor and of the run's machine, MB a second that the store gives to all readers together, requests a
# second that a bucket answers below one prefix, milliseconds of a fetch between two stages, vertices of a tile.
THREADS, STORE, ASKED, FETCH, TILE = 4, 1000.0, 3500.0, 1.0, 500_000
# As the program has them (cluster/src/driver.rs).
ADDERS = 16


def seconds(number):
    return f"{number:.0f} s" if number < 600 else f"{number / 60:.0f} min" if number < 36_000 else f"{number / 3600:.0f} h"


print("| vertices | memory of the run | " + " | ".join(f"{executors} executor{'s' if executors > 1 else ''}" for executors in (1, 10, 100, 1000)) + " |")
print("| ---: | ---: | " + " | ".join(["---:"] * 4) + " |")
for power in (8, 9, 10, 11):
    millions = 10**power / 1e6
    files = max(1, 10**power / TILE)
    cells = []
    for executors in (1, 10, 100, 1000):
        threads = executors * THREADS
        run = millions * RUN / THREADS
        parts = {
            "executors": max(millions * CPU / threads, TILE / 1e6 * CPU),
            "bytes": 2 * millions * (SENT + BETWEEN) / STORE,
            "requests": files * (1 + GETS) / ASKED,
            "adding up": files * FETCH / 1000 * ADDERS / min(threads, ADDERS),
            "scheduler": millions * SCHEDULER,
            "labels": millions * LABELS * READ / 1e6,
        }
        # The run reads and sends before executors begin, and adds up after they have ended; between, all else goes on side by side.
        total = run + parts.pop("labels") + max(parts.values())
        parts["run"] = run
        parts["labels"] = millions * LABELS * READ / 1e6
        cells.append(f"{seconds(total)}, {max(parts, key=parts.get)}")
    print(f"| 10^{power} | {millions * MEMORY / 1000:.0f} GB | " + " | ".join(cells) + " |")
