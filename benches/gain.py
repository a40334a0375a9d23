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
import json
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BAND = 0.05
SPACE = "spaces/demo.nas"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--networks", type=int, default=10, help="uniform networks per seed")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--out", type=Path, default=Path("runs/gain"), help="where the run folders lie")
    parser.add_argument("--nasc", type=Path, help="the program; built if not given")
    parser.add_argument("--with", dest="settings", action="append", default=[], help="a field of the recipe")
    arguments = parser.parse_args()
    program = arguments.nasc or build()
    out = arguments.out if arguments.out.is_absolute() else ROOT / arguments.out
    with ThreadPoolExecutor(arguments.jobs) as pool:
        rows = list(pool.map(lambda seed: one_seed(program, out, seed, arguments), arguments.seeds))
    print(table(rows))
    return 0


def build() -> Path:
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    found = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, check=True, capture_output=True
    )
    return Path(json.loads(found.stdout)["target_directory"]) / "release" / "nasc"


def one_seed(program: Path, out: Path, seed: int, arguments: argparse.Namespace) -> dict:
    run = out / f"seed-{seed}"
    found = main_job(program, run, seed, arguments.settings)
    low, high = round(found["macs"] * (1 - BAND)), round(found["macs"] * (1 + BAND))
    limit = f"macs in {low}..={high}"
    count = str(arguments.networks)
    drawn = nasc(program, "sample", SPACE, "-n", count, "--seed", str(seed), "--limit", limit)
    uniform = []
    for network in drawn:
        accuracy = tested(program, run, network["arch"])
        uniform.append(accuracy)
        print(f"seed {seed}: uniform network {len(uniform)} of {count}: {accuracy:.2%}", file=sys.stderr, flush=True)
    return {"seed": seed, **found, "uniform": uniform}


def main_job(program: Path, run: Path, seed: int, settings: list) -> dict:
    """The main job, begun or gone on with. The random search is left out: it decides nothing here."""
    if (run / "recipe.ron").exists():
        words = ["--resume"]
    else:
        words = ["--seed", str(seed), "--threads", "1", "--with", "search.random_baseline=false"]
        for setting in settings:
            words += ["--with", setting]
    summary = nasc(program, "run", SPACE, "--out", str(run), *words)
    found = {"macs": summary["found"]["macs"], "accuracy": summary["test_accuracy"]}
    print(f"seed {seed}: found {found['macs']:,} MACs, {found['accuracy']:.2%}", file=sys.stderr, flush=True)
    return found


def tested(program: Path, run: Path, network: str) -> float:
    """The test accuracy of a network that is retrained as the found one was."""
    return nasc(program, "eval", str(run), "--arch", network)["accuracy"]


def nasc(program: Path, *words: str):
    done = subprocess.run([str(program), *words, "--format", "json"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"`nasc {' '.join(words)}` ended with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)


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
