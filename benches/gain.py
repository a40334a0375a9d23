#!/usr/bin/env python3
"""Does the search find better networks than chance? The demo over several seeds.

    python3 benches/gain.py [--seeds 0 1 2 3 4] [--networks 10] [--jobs 2] [--out runs/gain]

For every seed: the main job on spaces/demo.nas (train a supernet, search it, retrain and test what was found), then
networks drawn uniformly from those whose MACs lie within 5 % of the found network's, each retrained and tested with the
same recipe, seed and images. Prints a table, and last the median over the seeds of

    accuracy of the found network - median accuracy of the uniform ones.

Every process runs with one thread, so that the figures repeat to the last bit. Interrupted and called again it goes on
where it was. Five seeds take about an hour on two processor cores.
"""

import argparse
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from program import arguments, begin, nasc, places, tested

BAND = 0.05
SPACE = "spaces/demo.nas"


def main() -> int:
    parser = arguments(__doc__, [0, 1, 2, 3, 4], "runs/gain")
    parser.add_argument("--networks", type=int, default=10, help="uniform networks per seed")
    parser.add_argument("--with", dest="settings", action="append", default=[], help="a field of the recipe")
    given = parser.parse_args()
    program, out = places(given)
    with ThreadPoolExecutor(given.jobs) as pool:
        rows = list(pool.map(lambda seed: one_seed(program, out, seed, given), given.seeds))
    print(table(rows))
    return 0


def one_seed(program: Path, out: Path, seed: int, given: argparse.Namespace) -> dict:
    run = out / f"seed-{seed}"
    found = main_job(program, run, seed, given.settings)
    low, high = round(found["macs"] * (1 - BAND)), round(found["macs"] * (1 + BAND))
    limit = f"macs in {low}..={high}"
    count = str(given.networks)
    drawn = nasc(program, "sample", SPACE, "-n", count, "--seed", str(seed), "--limit", limit)
    uniform = []
    for network in drawn:
        accuracy = tested(program, run, network["arch"])
        uniform.append(accuracy)
        print(f"seed {seed}: uniform network {len(uniform)} of {count}: {accuracy:.2%}", file=sys.stderr, flush=True)
    return {"seed": seed, **found, "uniform": uniform}


def main_job(program: Path, run: Path, seed: int, settings: list) -> dict:
    """The main job, begun or gone on with. The random search is left out: it decides nothing here."""
    settings = ["search.random_baseline=false", *settings]
    summary = begin(program, "run", SPACE, run, seed, settings)
    found = {"macs": summary["found"]["macs"], "accuracy": summary["test_accuracy"]}
    print(f"seed {seed}: found {found['macs']:,} MACs, {found['accuracy']:.2%}", file=sys.stderr, flush=True)
    return found


def table(rows: list) -> str:
    lines = [
        "| seed | MACs of the found network | found, retrained | uniform networks: median (least to most) | gain |",
        "| ---: | ---: | ---: | ---: | ---: |",
    ]
    gains = []
    for row in rows:
        middle = statistics.median(row["uniform"])
        gains.append(row["accuracy"] - middle)
        spread = f"{middle:.1%} ({min(row['uniform']):.1%} to {max(row['uniform']):.1%})"
        lines.append(f"| {row['seed']} | {row['macs']:,} | {row['accuracy']:.1%} | {spread} | {gains[-1] * 100:+.1f} |")
    lines.append("")
    lines.append(f"median gain: {statistics.median(gains) * 100:+.2f} points of accuracy")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
