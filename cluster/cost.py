"""The cost model of docs/scale.md: prints its table from what bench.py measured.

usage: cost.py CPU SENT DRIVER MEMORY  (per million vertices: seconds of CPU on the cluster, MB sent, seconds of the driver, MB of the driver)
"""

import sys

CPU, SENT, DRIVER, MEMORY = map(float, sys.argv[1:])
# Assumed, not measured: threads of an executor, MB a second that the shared folder gives to all readers together, seconds of the scheduler a
# task, vertices of a tile.
THREADS, FOLDER, TASK, TILE = 4, 1000.0, 0.002, 500_000


def seconds(number):
    return f"{number:.0f} s" if number < 600 else f"{number / 60:.0f} min" if number < 36_000 else f"{number / 3600:.0f} h"


print("| vertices | driver memory | " + " | ".join(f"{executors} executor{'s' if executors > 1 else ''}" for executors in (1, 10, 100, 1000)) + " |")
print("| ---: | ---: | " + " | ".join(["---:"] * 4) + " |")
for power in (8, 9, 10, 11):
    millions = 10**power / 1e6
    cells = []
    for executors in (1, 10, 100, 1000):
        tasks = 10**power / TILE
        parts = {
            "executors": max(millions * CPU / (executors * THREADS), TILE / 1e6 * CPU),
            "shared folder": 2 * millions * SENT / FOLDER,
            "scheduler": tasks * TASK,
            "driver": millions * DRIVER,
        }
        # The driver sends before the executors begin; they read while they count, and the scheduler hands out meanwhile.
        total = parts["driver"] + max(parts["executors"], parts["shared folder"], parts["scheduler"])
        cells.append(f"{seconds(total)}, {max(parts, key=parts.get)}")
    memory = millions * MEMORY / 1000
    print(f"| 10^{power} | {memory:.0f} GB | " + " | ".join(cells) + " |")
