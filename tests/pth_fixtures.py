#!/usr/bin/env python3
"""Writes small files of `torch.save` in every form, for the tests of the reader.

    python3 tests/pth_fixtures.py            # writes tests/vectors/pth/
    python3 tests/pth_fixtures.py --check    # compares the values of the files with what they should be

Needs Python's torch; the test that reads the files (runtime/src/pth/tests/fixtures.rs) does not. Every file holds the
module of `module`, or a tensor of every type. Element k of tensor s, in row-major order, is (5 k + 3 s) mod 17 - 8,
which every signed type holds exactly; an unsigned or a truth value is made of its absolute value.
"""

import argparse
import io
import sys
from collections import OrderedDict
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "vectors" / "pth"


def fill(torch, tensor, number):
    k = torch.arange(tensor.numel())
    values = ((5 * k + 3 * number) % 17 - 8).reshape(tensor.shape)
    if tensor.dtype in (torch.uint8, torch.bool):
        values = values.abs()
    return values.to(tensor.dtype)


def module(torch, dtype):
    """A convolution, a normalisation and a linear layer; the tensors are numbered in the order of the state dict."""
    net = torch.nn.Sequential(
        torch.nn.Conv2d(2, 3, (1, 2), bias=False),
        torch.nn.BatchNorm2d(3),
        torch.nn.Linear(3, 2),
    )
    state = net.state_dict()
    for number, (name, tensor) in enumerate(list(state.items())):
        if name.endswith("num_batches_tracked"):
            tensor.fill_(7)
        else:
            tensor.copy_(fill(torch, tensor, number))
    net = net.to(dtype)
    return net


def files(torch):
    """Name of the file, what it holds, and whether it has the form before archives."""
    f32 = module(torch, torch.float32)
    state = f32.state_dict()
    made = OrderedDict()
    made["ordered.pth"] = (state, False)
    made["ordered_old.pth"] = (state, True)
    made["plain.pth"] = (dict(state), False)
    made["plain_old.pth"] = (dict(state), True)
    made["parameters.pth"] = (dict(f32.named_parameters()), False)
    for name, dtype in [("f64", torch.float64), ("f16", torch.float16), ("bf16", torch.bfloat16)]:
        made[f"{name}.pth"] = (module(torch, dtype).state_dict(), False)
        made[f"{name}_old.pth"] = (module(torch, dtype).state_dict(), True)
    wrapped = OrderedDict((f"module.{name}", tensor) for name, tensor in state.items())
    made["wrapped.pth"] = (wrapped, False)
    optimiser = torch.optim.SGD(f32.parameters(), lr=0.1)
    for entry in ["state_dict", "model", "model_ema"]:
        checkpoint = {"epoch": 3, "lr": 0.1, entry: state, "optimizer": optimiser.state_dict()}
        made[f"{entry}.pth"] = (checkpoint, False)
        made[f"{entry}_old.pth"] = (checkpoint, True)
    base = fill(torch, torch.empty(4, 6), 1)
    views = OrderedDict(
        whole=base,
        across=base.t(),
        corner=base[1:3, 2:5],
        steps=base[:, ::2],
        spread=base[0:1].expand(3, 6),
        image=base.reshape(1, 4, 2, 3).contiguous(memory_format=torch.channels_last),
        empty=base[0:0],
        scalar=base[2, 3],
    )
    made["views.pth"] = (views, False)
    made["views_old.pth"] = (views, True)
    types = OrderedDict()
    names = "float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 bool".split()
    for number, name in enumerate(names):
        types[name] = fill(torch, torch.empty(2, 3, dtype=getattr(torch, name)), number)
    made["types.pth"] = (types, False)
    made["types_old.pth"] = (types, True)
    return made


def same(torch, a, b):
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(torch, a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(same(torch, x, y) for x, y in zip(a, b))
    return a == b


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; compare")
    arguments = parser.parse_args()
    try:
        import torch
    except ImportError as error:
        sys.exit(f"this needs Python's torch: {error}")
    for name, (value, old) in files(torch).items():
        path = FOLDER / name
        if arguments.check:
            if not same(torch, value, torch.load(path, weights_only=True)):
                sys.exit(f"{path} does not hold what it should")
            continue
        FOLDER.mkdir(parents=True, exist_ok=True)
        data = io.BytesIO()
        torch.save(value, data, _use_new_zipfile_serialization=not old)
        path.write_bytes(data.getvalue())


if __name__ == "__main__":
    main()
