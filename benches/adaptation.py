#!/usr/bin/env python3
"""What weights of a seed network are worth: the adaptation of spaces/demo_fna.nas, with them and without.

    python3 benches/adaptation.py [--seeds 0 1 2 3 4] [--jobs 2] [--out runs/adaptation]

For every seed of random numbers examples/adaptation.ron runs as it is, and without its `adapt`: then supernet and
network begin with random values, and all else is equal, the number of their steps too. The network that the first run
finds is trained in both. Since the steps of the seed network come before all that, a third training of it from random
values is given them on top.

Every process runs with one thread, so that the figures repeat to the last bit. Interrupted and called again it goes on
where it was. Prints a table in Markdown.
"""

import json
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from program import ROOT, arguments, begin, places, tested

SPACE = "spaces/demo_fna.nas"
RECIPE = ROOT / "examples/adaptation.ron"
# Epochs of the seed and of the found network together.
LONG = "retrain.epochs=12"


def main() -> int:
    parser = arguments(__doc__, [0, 1, 2, 3, 4], "runs/adaptation")
    parser.add_argument("--with", dest="settings", action="append", default=[], help="a field of the recipe")
    given = parser.parse_args()
    program, out = places(given)
    with ThreadPoolExecutor(given.jobs) as pool:
        rows = list(pool.map(lambda seed: row(program, out, seed, given.settings), given.seeds))
    print(markdown(rows))
    return 0


def row(program: Path, out: Path, seed: int, settings: list) -> dict:
    adapted = whole(program, out / f"adapted-{seed}", seed, settings)
    plain = whole(program, out / f"plain-{seed}", seed, [*settings, "adapt=None"])
    arch = adapted["found"]["arch"]
    found = {
        "random": seed,
        "seed": closing(out / f"adapted-{seed}", "seed"),
        "supernet": [adapted["supernet_accuracy"], plain["supernet_accuracy"]],
        "target": [adapted["test_accuracy"], tested(program, out / f"plain-{seed}", arch)],
        "found": [adapted["test_accuracy"], plain["test_accuracy"]],
    }
    long = out / f"long-{seed}"
    begin(program, "train", SPACE, long, seed, [*settings, "adapt=None", LONG, "supernet.epochs=1"], RECIPE)
    found["target"].append(tested(program, long, arch))
    print(json.dumps(found), file=sys.stderr, flush=True)
    return found


def whole(program: Path, run: Path, seed: int, settings: list) -> dict:
    summary = run / "summary.json"
    if not summary.exists():
        begin(program, "run", SPACE, run, seed, settings, RECIPE)
    return json.loads(summary.read_text())


def closing(run: Path, stage: str) -> float:
    """The accuracy that a stage closed with."""
    for line in (run / "events.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["event"] == "stage_finished" and event["stage"] == stage:
            return event["accuracy"]
    raise SystemExit(f"`{run}` has no stage `{stage}`")


def markdown(rows: list) -> str:
    lines = [
        "| random seed | seed network | supernet, remapped | from random values | network, remapped | from random values "
        "| with the seed's steps on top |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    figures = [[row["seed"], *row["supernet"], *row["target"]] for row in rows]
    for row, own in zip(rows, figures):
        lines.append(f"| {row['random']} | " + " | ".join(f"{value:.1%}" for value in own) + " |")
    middle = [statistics.median(column) for column in zip(*figures)]
    lines.append("| median | " + " | ".join(f"{value:.1%}" for value in middle) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
