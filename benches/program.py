"""The program, as the comparisons call it."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def arguments(about: str, seeds: list, out: str) -> argparse.ArgumentParser:
    """What every comparison can be told."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=seeds)
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--out", type=Path, default=Path(out), help="where the run folders lie")
    parser.add_argument("--nasc", type=Path, help="the program; built if not given")
    return parser


def places(given: argparse.Namespace) -> tuple:
    """The program, and the folder of the run folders."""
    return given.nasc or build(), ROOT / given.out


def build() -> Path:
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    found = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, check=True, capture_output=True
    )
    return Path(json.loads(found.stdout)["target_directory"]) / "release" / "nasc"


def begin(program: Path, command: str, space: str, run: Path, seed: int, settings: list, recipe: Path = None):
    """Begins a run with one thread, or goes on with it; what it says at the end."""
    if (run / "recipe.ron").exists():
        words = ["--resume"]
    else:
        words = ["--seed", str(seed), "--threads", "1", *(["--recipe", str(recipe)] if recipe else [])]
        for setting in settings:
            words += ["--with", setting]
    return nasc(program, command, space, "--out", str(run), *words)


def tested(program: Path, run: Path, network: str) -> float:
    """The test accuracy of a network that is trained by itself as the run has it."""
    return nasc(program, "eval", str(run), "--arch", network)["accuracy"]


def nasc(program: Path, *words: str):
    done = subprocess.run([str(program), *words, "--format", "json"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"`nasc {' '.join(words)}` ended with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)
