#!/usr/bin/env python3
"""Writes what torchvision's networks compute with weights that need no file.

    python3 tests/torchvision_outputs.py            # writes tests/vectors/torchvision_outputs.json
    python3 tests/torchvision_outputs.py --check    # compares it with what torchvision gives now

Needs Python's torch and torchvision; the test that reads the file (tests/torch/torchvision.rs) needs neither.

The rule, in whole numbers and double precision. Element k, in row-major order, of tensor s is

    u(s, k) = ((37 k^2 + 7919 k + 104729 s + 12345) mod 10007) / 10007 - 1/2

and tensors are numbered in the order of the state dict, the counters of batches left out. A weight of two or four
axes is u * sqrt(24 / (scalars per output)), the weight of a normalisation 1 + u / 5, a running variance 1 + u / 2, and
everything else u / 5. The two images [3, size, size] are 4 * u(9999, k). Outputs are logits in evaluation mode.
"""

import argparse
import json
import math
import sys
from pathlib import Path

NAMES = [
    "mobilenet_v2",
    "mobilenet_v3_large",
    "mobilenet_v3_small",
    "shufflenet_v2_x1_0",
    "resnet18",
    "resnet50",
    "mnasnet1_0",
]
SIZE = 64
FILE = Path(__file__).resolve().parent / "vectors" / "torchvision_outputs.json"


def fill(torch, shape, number):
    k = torch.arange(math.prod(shape), dtype=torch.int64)
    residue = (37 * k * k + 7919 * k + 104729 * number + 12345) % 10007
    return (residue.double() / 10007 - 0.5).reshape(shape)


def value(torch, name, shape, number):
    u = fill(torch, shape, number)
    if name.endswith("weight") and len(shape) > 1:
        return u * math.sqrt(24 / math.prod(shape[1:]))
    if name.endswith("weight"):
        return 1 + u / 5
    if name.endswith("running_var"):
        return 1 + u / 2
    return u / 5


def outputs(torch, torchvision):
    found = {}
    for name in NAMES:
        model = getattr(torchvision.models, name)(weights=None).double().eval()
        state = model.state_dict()
        numbered = [key for key in state if not key.endswith("num_batches_tracked")]
        for number, key in enumerate(numbered):
            state[key] = value(torch, key, tuple(state[key].shape), number)
        model.load_state_dict(state)
        with torch.no_grad():
            logits = model(4 * fill(torch, (2, 3, SIZE, SIZE), 9999))
        found[name] = {
            "first": [row[:8].tolist() for row in logits],
            "sums": logits.sum(1).tolist(),
        }
    return found


def agree(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(agree(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(agree(x, y) for x, y in zip(a, b))
    return abs(a - b) <= 1e-9 * max(1, abs(b))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; compare")
    arguments = parser.parse_args()
    try:
        import torch
        import torchvision
    except ImportError as error:
        sys.exit(f"this needs Python's torch and torchvision: {error}")
    found = outputs(torch, torchvision)
    if arguments.check:
        if not agree(json.loads(FILE.read_text())["models"], found):
            sys.exit(f"{FILE} is not what torchvision {torchvision.__version__} computes")
        return
    note = {
        "values": "the rule stands at the head of tests/torchvision_outputs.py",
        "first": "the first eight logits of each of the two images",
        "sums": "the sum of the logits of each image",
    }
    whole = {
        "note": note,
        "versions": f"torchvision {torchvision.__version__.split('+')[0]}",
        "size": SIZE,
        "models": found,
    }
    FILE.write_text(json.dumps(whole, indent=1) + "\n")


if __name__ == "__main__":
    main()
