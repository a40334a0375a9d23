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

import argparse
import json
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECIPE = ROOT / "examples/adaptation.ron"
# Epochs of the seed and of the found network together.
LONG = "retrain.epochs=12"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--out", type=Path, default=Path("runs/adaptation"), help="where the run folders lie")
    parser.add_argument("--nasc", type=Path, help="the program; built if not given")
    parser.add_argument("--with", dest="settings", nargs="+", default=[], help="changes of the recipe")
    arguments = parser.parse_args()
    program = arguments.nasc or build()
    out = arguments.out if arguments.out.is_absolute() else ROOT / arguments.out
    with ThreadPoolExecutor(arguments.jobs) as pool:
        rows = list(pool.map(lambda seed: row(program, out, seed, arguments.settings), arguments.seeds))
    print(markdown(rows))
    return 0


def build() -> Path:
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    found = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, check=True, capture_output=True
    )
    return Path(json.loads(found.stdout)["target_directory"]) / "release" / "nasc"


def row(program: Path, out: Path, seed: int, settings: list) -> dict:
    adapted = whole(program, out / f"adapted-{seed}", seed, settings)
    plain = whole(program, out / f"plain-{seed}", seed, [*settings, "adapt=None"])
    arch = adapted["found"]["arch"]
    found = {
        "random": seed,
        "seed": closing(out / f"adapted-{seed}", "seed"),
        "supernet": [adapted["supernet_accuracy"], plain["supernet_accuracy"]],
        "target": [adapted["test_accuracy"], trained(program, out / f"plain-{seed}", arch)],
        "found": [adapted["test_accuracy"], plain["test_accuracy"]],
    }
    long = out / f"long-{seed}"
    begin(program, "train", long, seed, [*settings, "adapt=None", LONG, "supernet.epochs=1"])
    found["target"].append(trained(program, long, arch))
    print(json.dumps(found), file=sys.stderr, flush=True)
    return found


def whole(program: Path, run: Path, seed: int, settings: list) -> dict:
    summary = run / "summary.json"
    if not summary.exists():
        begin(program, "run", run, seed, settings)
    return json.loads(summary.read_text())


def trained(program: Path, run: Path, arch: str) -> float:
    """The test accuracy of a network that is trained by itself as the run has it."""
    return nasc(program, "eval", str(run), "--arch", arch)["accuracy"]


def closing(run: Path, stage: str) -> float:
    """The accuracy that a stage closed with."""
    for line in (run / "events.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["event"] == "stage_finished" and event["stage"] == stage:
            return event["accuracy"]
    raise SystemExit(f"`{run}` has no stage `{stage}`")


def begin(program: Path, command: str, run: Path, seed: int, settings: list) -> None:
    if (run / "recipe.ron").exists():
        words = ["--resume"]
    else:
        words = ["--recipe", str(RECIPE), "--seed", str(seed), "--threads", "1"]
        for setting in settings:
            words += ["--with", setting]
    nasc(program, command, "spaces/demo_fna.nas", "--out", str(run), *words)


def nasc(program: Path, *words: str):
    done = subprocess.run([str(program), *words, "--format", "json"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"`nasc {' '.join(words)}` ended with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)


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
