#!/usr/bin/env python3
"""Takes torchvision's networks through nasc and back.

    python3 tests/state_dicts.py [--nasc PATH] [--keep DIR]

For every reference network of the library: random weights are saved in every form in which state dicts come; `nasc
import` reads each; `nasc export` writes them again, and torchvision loads what was written with strict=True and has
the tensors it had. What the networks compute with the imported weights is compared with torchvision's logits by the
test `imported_seeds_compute_what_torchvisions_networks_do` of tests/torch/state_dicts.rs, which reads the folder.

Needs Python's torch, torchvision and safetensors, and cargo with libtorch.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import OrderedDict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
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


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def model(torch, torchvision, name):
    """Random weights, and statistics as those of trained networks: outputs neither vanish nor explode.

    What a residual unit adds is small, as after training: deep random networks are chaotic, and torchvision itself
    differs by more than 1e-5 between memory orders there.
    """
    from torchvision.models.resnet import BasicBlock, Bottleneck

    torch.manual_seed(NAMES.index(name))
    net = getattr(torchvision.models, name)(weights=None)
    for part in net.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(part.weight, 0.8, 1.2)
            torch.nn.init.normal_(part.bias, 0, 0.1)
            part.num_batches_tracked.fill_(5)
    for part in net.modules():
        if isinstance(part, (BasicBlock, Bottleneck)):
            last = part.bn3 if isinstance(part, Bottleneck) else part.bn2
            torch.nn.init.uniform_(last.weight, 0.1, 0.3)
    net.train()
    with torch.no_grad():
        for part in net.modules():
            if isinstance(part, torch.nn.BatchNorm2d):
                part.momentum = 0.5
        for _ in range(4):
            net(torch.randn(8, 3, SIZE, SIZE))
    return net.eval()


def versioned(net, items):
    """A state dict with the versions that the network's own has."""
    state = OrderedDict(items)
    state._metadata = net.state_dict()._metadata
    return state


def fna_names(state):
    """torchvision's MobileNetV2 under the names that FNA gives its seed."""
    renamed = OrderedDict()
    stages = [1, 2, 3, 4, 3, 3, 1]
    places = [(block + 1, layer) for block, count in enumerate(stages) for layer in range(count)]
    for name, tensor in state.items():
        part = name.split(".")
        last = part[-1]
        if part[0] == "classifier":
            renamed[f"classifier.{last}"] = tensor
        elif part[1] == "0":
            renamed[f"blocks.0.{part[2]}.{last}"] = tensor
        elif part[1] == "18":
            renamed[f"blocks.8.conv.{part[2]}.{last}"] = tensor
        else:
            block, layer = places[int(part[1]) - 1]
            inner = ".".join(part[3:-1])
            table = {"0.0": 0, "0.1": 1, "1": 3, "2": 4}
            if block > 1:
                table = {"0.0": 0, "0.1": 1, "1.0": 3, "1.1": 4, "2": 6, "3": 7}
            renamed[f"blocks.{block}.layers.{layer}.op.{table[inner]}.{last}"] = tensor
    return renamed


def forms(torch, name, state):
    """Name of the file, what it holds, whether it has the form before archives, and the arguments of its import."""
    halves = {dtype: OrderedDict((key, value.to(dtype) if value.is_floating_point() else value)
                                 for key, value in state.items())
              for dtype in (torch.float16, torch.bfloat16, torch.float64)}
    wrapped = OrderedDict((f"module.{key}", value) for key, value in state.items())
    unknown = OrderedDict((f"t{number}", value) for number, value in enumerate(state.values())
                          if value.dim() > 0)
    other = OrderedDict((key, torch.zeros_like(value)) for key, value in state.items())
    last = OrderedDict((key, value.contiguous(memory_format=torch.channels_last) if value.dim() == 4 else value)
                       for key, value in state.items())
    made = [
        ("zip", state, False, []),
        ("old", state, True, []),
        ("plain", dict(state), False, []),
        ("plain_old", dict(state), True, []),
        ("f64", halves[torch.float64], False, []),
        ("f16", halves[torch.float16], False, []),
        ("f16_old", halves[torch.float16], True, []),
        ("bf16", halves[torch.bfloat16], False, []),
        ("state_dict", {"epoch": 1, "state_dict": state, "lr": 0.1}, False, []),
        ("model", {"model": state, "model_ema": other}, False, []),
        ("model_ema", {"model": other, "model_ema": state}, False, ["--entry", "model_ema"]),
        ("model_old", {"model": state}, True, []),
        ("module", wrapped, False, []),
        ("module_old", {"state_dict": wrapped}, True, []),
        ("unknown", unknown, False, []),
        ("last", last, False, []),
    ]
    if name == "mobilenet_v2":
        made.append(("fna", fna_names(state), False, []))
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nasc", help="the program; built if absent")
    parser.add_argument("--keep", help="a folder for the files [default: one that is removed]")
    arguments = parser.parse_args()
    try:
        import torch
        import torchvision
        from safetensors.torch import load_file, save_file
    except ImportError as error:
        sys.exit(f"this needs Python's torch, torchvision and safetensors: {error}")
    nasc = arguments.nasc
    if nasc is None:
        run("cargo", "build", "--bin", "nasc", cwd=ROOT)
        target = os.environ.get("CARGO_TARGET_DIR", ROOT / "target")
        nasc = Path(target) / "debug" / "nasc"
    with tempfile.TemporaryDirectory() as made:
        folder = Path(arguments.keep or made)
        folder.mkdir(parents=True, exist_ok=True)
        prove(torch, torchvision, load_file, save_file, nasc, folder)
        environment = {**os.environ, "NASC_STATE_DICTS": str(folder.resolve())}
        run("cargo", "test", "--test", "torch", "--", "state_dicts", cwd=ROOT, env=environment)
    print("every form was read, computed with, written, and read again")


def prove(torch, torchvision, load_file, save_file, nasc, folder):
    for name in NAMES:
        net = model(torch, torchvision, name)
        whole = versioned(net, ((key, value.clone()) for key, value in net.state_dict().items()))
        torch.manual_seed(99)
        images = torch.randn(2, 3, SIZE, SIZE)
        save_file({"images": images}, folder / f"{name}.images.safetensors")
        seeds = {}
        for form, value, old, more in forms(torch, name, whole):
            saved = folder / f"{name}.{form}.pth"
            torch.save(value, saved, _use_new_zipfile_serialization=not old)
            seed = folder / f"{name}.{form}.seed.safetensors"
            asked = [nasc, "import", saved, "--as", f"std/seeds/{name}", "-o", seed, "--force"]
            report = json.loads(run(*asked, *more, "--format", "json", cwd=ROOT))
            by = {"unknown": "order", "fna": "fna"}.get(form, "torchvision")
            assert report["whole"] and report["by"] == by, (name, form, report["by"])
            seeds[form] = load_file(seed)
            saved.unlink()
            rounded = {"f16": torch.float16, "f16_old": torch.float16, "bf16": torch.bfloat16}
            dtype = rounded.get(form)
            loaded = ((key, value.to(dtype).float() if dtype and value.is_floating_point() else value)
                      for key, value in whole.items())
            net.load_state_dict(versioned(net, loaded))
            with torch.no_grad():
                logits = net(images)
            save_file({"logits": logits}, folder / f"{name}.{form}.logits.safetensors")
            if dtype is None:
                assert all(torch.equal(seeds[form][key], seeds["zip"][key]) for key in seeds["zip"]), (name, form)
        back(torch, torchvision, load_file, nasc, folder, name, whole, save_file)
        print(f"{name}: {len(seeds)} forms, {len(seeds['zip'])} tensors")


def back(torch, torchvision, load_file, nasc, folder, name, whole, save_file):
    """What is exported is what was imported."""
    seed = folder / f"{name}.zip.seed.safetensors"
    for ending in ["pth", "safetensors"]:
        out = folder / f"{name}.exported.{ending}"
        asked = [nasc, "export", f"std/seeds/{name}", "--from", seed, "--weights", out, "--force"]
        run(*asked, cwd=ROOT)
        state = torch.load(out, weights_only=True) if ending == "pth" else load_file(out)
        fresh = getattr(torchvision.models, name)(weights=None)
        if ending == "pth":
            assert list(state) == list(whole), name
        else:
            # Such a file has no place for the versions of modules, which MNASNet asks for.
            state = versioned(fresh, state.items())
        fresh.load_state_dict(state, strict=True)
        for key, value in fresh.state_dict().items():
            if key.endswith("num_batches_tracked"):
                assert value.dim() == 0 and value.item() == 0, key
            else:
                assert torch.equal(value, whole[key]), key
        out.unlink()
    # A safetensors file that Python wrote comes in too.
    saved = folder / f"{name}.python.safetensors"
    save_file(dict(whole), saved)
    out = folder / f"{name}.python.seed.safetensors"
    run(nasc, "import", saved, "--as", f"std/seeds/{name}", "-o", out, "--force", cwd=ROOT)
    ours, theirs = load_file(out), load_file(seed)
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs), name
    saved.unlink()
    out.unlink()


if __name__ == "__main__":
    main()
