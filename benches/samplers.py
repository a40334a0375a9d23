#!/usr/bin/env python3
"""How good are the networks that each sampler picks? The demo, every sampler, several seeds.

    python3 benches/samplers.py [--seeds 0 1 2] [--networks 30] [--jobs 2] [--only NAME …] [--out runs/samplers]

Networks of spaces/demo.nas are drawn uniformly from one band of MACs, and each is trained by itself with one recipe and
tested: the table. Every sampler then trains the supernet by itself, once per seed; what is picked (by the sampler
itself if it learns, else by evolution on the supernet's weights) keeps to the same band, is trained by itself with the
same recipe, and takes its rank in the table. With `--null` the labels of the supernet's images are shuffled: picks made
there know nothing, and should rank like chance.

Every process runs with one thread, so that the figures repeat to the last bit. Interrupted and called again it goes on
where it was. Prints a table in Markdown.
"""

import json
import statistics
import sys
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from program import arguments, begin, nasc, places, tested

SPACE = "spaces/demo.nas"
BAND = "macs in 1200K..=2M"

# What all runs share: fewer images and steps than the demo's own recipe.
SHARED = [
    "data.shapes.train=3000",
    "search.population=20",
    "search.generations=5",
    "search.crossover=10",
    "search.mutation=10",
    "search.parents=5",
    "search.random_baseline=false",
    f"search.limits={BAND}",
    "retrain.epochs=8",
]
# Locks of the networks that are trained by themselves, by name.
TRAINED = defaultdict(Lock)
# Test images of the built-in data.
TESTED = 2000

# What a sampler trains by itself is searched by evolution afterwards, which costs about as much as the training; those
# that settle on a network have the steps instead. A mixture of all options counts as one. The mean of the gradients of
# all options is shorter than their sum, and goes with a larger rate. Where single paths teach the logits, weights that
# know nothing teach them nothing: uniform paths come first. Networks count by the likelihood of a whole batch: by its
# mean all would count alike.
LEARNED = "search.strategy=learned"


def after_uniform(name: str, epochs: int, options: str) -> str:
    first = '(epochs: 10, sampler: "uniform")'
    return f'phases=[{first}, (epochs: {epochs}, sampler: "{name}", sampler_options: {options})]'


SAMPLERS = {
    "uniform": ["supernet.epochs=10"],
    "uniform_limited": ["supernet.epochs=10"],
    "flops_bins": ["supernet.epochs=10"],
    "strict_fair": ["supernet.epochs=4"],
    "strict_fair_mean": ["supernet.epochs=4", "supernet.lr=0.3"],
    "sandwich": ["supernet.epochs=3"],
    "progressive": ["supernet.epochs=3"],
    "ordered_dropout": ["supernet.epochs=10"],
    "dsnas": ["supernet.norm.eps=1e-2", after_uniform("dsnas", 10, '{"lr": 0.03}'), LEARNED],
    "snas": ["supernet.epochs=8", 'sampler_options={"lr": 0.03, "least": 0.5}', LEARNED],
    "darts": ["supernet.epochs=10", 'sampler_options={"lr": 0.03}', LEARNED],
    "gdas": [after_uniform("gdas", 10, '{"lr": 0.03}'), LEARNED],
    "proxyless": ["supernet.epochs=18", 'sampler_options={"lr": 0.1, "every": 2}', LEARNED],
    "fna": ["supernet.epochs=20", 'sampler_options={"lr": 0.05, "price": 0.0}', LEARNED],
    "parsec": [after_uniform("parsec", 3, '{"lr": 0.1, "likelihood": 64}'), LEARNED],
    "fp_nas": [after_uniform("fp_nas", 4, '{"lr": 0.1, "likelihood": 64}'), LEARNED],
    "danas": ["supernet.epochs=14", 'sampler_options={"lr": 0.05}', LEARNED],
}


def main() -> int:
    parser = arguments(__doc__, [0, 1, 2], "runs/samplers")
    parser.add_argument("--networks", type=int, default=30, help="networks in the table")
    parser.add_argument("--only", nargs="+", choices=sorted(SAMPLERS), help="samplers; all if not given")
    parser.add_argument("--null", action="store_true", help="shuffle the labels of the supernets' images")
    given = parser.parse_args()
    program, out = places(given)
    names = given.only or list(SAMPLERS)
    with ThreadPoolExecutor(given.jobs) as pool:
        table = sorted(pool.map(lambda arch: alone(program, out, arch), drawn(program, given.networks)))
        rows = [(name, seed) for seed in given.seeds for name in names]
        picks = list(pool.map(lambda row: pick(program, out, *row, given.null), rows))
    print(f"{len(table)} networks: {table[0]:.1%} to {table[-1]:.1%}, median {statistics.median(table):.1%}\n")
    print(markdown(names, rows, picks, table))
    return 0


def drawn(program: Path, count: int) -> list:
    found = nasc(program, "sample", SPACE, "-n", str(count), "--seed", "0", "--limit", BAND)
    return [network["arch"] for network in found]


def alone(program: Path, out: Path, network: str) -> float:
    """The test accuracy of a network that is trained by itself, in a run folder of its own."""
    name = f"{hash_of(network):016x}"
    kept = out / "alone" / name
    # Two samplers may pick one network at the same time.
    with TRAINED[name]:
        begin(program, "train", SPACE, kept, 0, [*SHARED, "supernet.epochs=1", f"data.shapes.test={TESTED}"])
        accuracy = tested(program, kept, network)
    print(f"alone: {network}: {accuracy:.2%}", file=sys.stderr, flush=True)
    return accuracy


def hash_of(text: str) -> int:
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def pick(program: Path, out: Path, name: str, seed: int, null: bool) -> dict:
    """What a sampler picks, its accuracy by itself, and the seconds that the pick took."""
    run = out / ("null" if null else "picks") / f"{name}-{seed}"
    done = run / "pick.json"
    if done.exists():
        return json.loads(done.read_text())
    begun = time.monotonic()
    settings = [f"sampler={name}", *SAMPLERS[name]] + (["data.shuffle_labels=true"] if null else [])
    begin(program, "train", SPACE, run, seed, [*SHARED, *settings])
    found = nasc(program, "search", str(run))
    seconds = time.monotonic() - begun
    row = {"arch": found["arch"], "seconds": seconds, "accuracy": alone(program, out, found["arch"])}
    done.write_text(json.dumps(row))
    print(f"{name}, seed {seed}: {row['accuracy']:.2%} after {seconds:.0f} s", file=sys.stderr, flush=True)
    return row


def markdown(names: list, rows: list, picks: list, table: list) -> str:
    lines = [
        f"| sampler | mean rank of {len(table)} | 95 % interval | ranks | accuracy | better than the median | seconds |",
        "| --- | ---: | ---: | --- | ---: | :---: | ---: |",
    ]
    middle = statistics.median(table)
    for name in names:
        own = [found for (other, _), found in zip(rows, picks) if other == name]
        accuracies = [found["accuracy"] for found in own]
        ranks = [rank(accuracy, table) for accuracy in accuracies]
        # What the test images leave open, of each pick.
        best = statistics.mean(rank(accuracy + error(accuracy), table) for accuracy in accuracies)
        worst = statistics.mean(rank(accuracy - error(accuracy), table) for accuracy in accuracies)
        accuracy = statistics.mean(accuracies)
        seconds = statistics.mean(found["seconds"] for found in own)
        better = "yes" if accuracy > middle else "no"
        shown = ", ".join(str(rank) for rank in ranks)
        mean = statistics.mean(ranks)
        lines.append(
            f"| `{name}` | {mean:.1f} | {best:.1f} to {worst:.1f} | {shown} | {accuracy:.1%} | {better} | {seconds:.0f} |"
        )
    return "\n".join(lines)


def rank(accuracy: float, table: list) -> int:
    return 1 + sum(other > accuracy for other in table)


def error(accuracy: float) -> float:
    return 1.96 * (accuracy * (1 - accuracy) / TESTED) ** 0.5


if __name__ == "__main__":
    sys.exit(main())
