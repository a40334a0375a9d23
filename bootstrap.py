#!/usr/bin/env python3
"""Find or bring libtorch 2.13.0, then run what the README promises.

    python3 bootstrap.py               make .libtorch/current, where cargo looks for libtorch
    python3 bootstrap.py demo [ARGS]   the same, then the main job on spaces/demo.nas
    python3 bootstrap.py test [ARGS]   the same, then every test of the workspace
    python3 bootstrap.py cuda          bring a full PyTorch with CUDA, also on a machine that has another

`.libtorch/current` is a link to the first of these that fits:

 1. `$LIBTORCH`, which must then be a libtorch 2.13.0, since cargo would use it;
 2. what an earlier run of this script left;
 3. the PyTorch 2.13.0 of the Python that runs this script (looked up, never imported);
 4. a CPU build, taken out of the package index's PyTorch wheel into `.libtorch/` (540 MB once).

Everything is written under `.libtorch/`, which git ignores; deleting that folder undoes it. A download that was
interrupted leaves only whole, checked wheels, and the next run goes on from there. Only pip and the standard
library are used.
"""

import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Iterator, List, NoReturn, Optional

VERSION = "2.13.0"
"""tch 0.26 is generated from the headers of exactly this libtorch."""

ROOT = Path(__file__).resolve().parent
HOME = ROOT / ".libtorch"
CURRENT = HOME / "current"
CPU_BUILD = HOME / f"cpu-{VERSION}"
CUDA_BUILD = HOME / f"cuda-{VERSION}"

# The C++ libraries in the wheels of all Python versions are the same, so that one pinned wheel serves every Python.
# libtorch_cpu.so is linked against cudart and cupti even where it never calls them.
WHEELS = {
    f"torch=={VERSION}": "60fcdcb2f3876e21146cb4524ef06397d727ca9ad5f020818547e25075fe3cb7",
    "nvidia-cuda-runtime==13.0.96": "7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548",
    "nvidia-cuda-cupti==13.0.85": "4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8",
}
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_25_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
KEPT = re.compile(
    r"torch/lib/lib(torch_cpu|c10|gomp)\.so[.\d]*$"
    r"|torch/include/."
    r"|nvidia/cu13/lib/lib(cudart|cupti)\.so[.\d]*$"
    r"|[^/]+\.dist-info/licenses/."
)
# How often a download is begun: half a gigabyte breaks off now and then.
ATTEMPTS = 3
# NVIDIA's compiler headers, which PyTorch's wheel does not depend on and NCCL's headers include.
CUDA_HEADERS = ("nvidia-cuda-crt>=13.0,<13.1", "nvidia-cuda-cccl>=13.0,<13.1")


def main(arguments: List[str]) -> int:
    command, rest = (arguments[0], arguments[1:]) if arguments else ("setup", [])
    if command in ("-h", "--help", "help"):
        print(__doc__)
        return 0
    if command not in ("setup", "demo", "test", "cuda", "--cuda") or (rest and command not in ("demo", "test")):
        fail(f"cannot make sense of `{' '.join(arguments)}`", "python3 bootstrap.py --help")
    if command in ("demo", "test"):
        require_build_tools()
    prepare_libtorch(with_cuda=command.endswith("cuda"))
    if command == "demo":
        return cargo("run", "--release", "--", "run", "spaces/demo.nas", *rest)
    if command == "test":
        return cargo("test", "--workspace", *rest)
    return 0


# ------------------------------------------------------------------------------------------ finding


def prepare_libtorch(with_cuda: bool) -> None:
    exported = os.environ.get("LIBTORCH")
    if with_cuda:
        if exported and Path(exported).resolve() != CURRENT.resolve():
            fail("`LIBTORCH` is set, and cargo would prefer it to a libtorch brought here", "unset LIBTORCH")
        bring_cuda_build()
        point_current_at(CUDA_BUILD / "torch", "with CUDA")
    elif exported:
        folder = Path(exported).resolve()
        found = version_of(folder)
        if found != VERSION:
            is_what = f"libtorch {found}" if found else "no libtorch"
            fail(f"`LIBTORCH={exported}` is {is_what}, and {VERSION} is needed", "unset LIBTORCH")
        point_current_at(folder, "from $LIBTORCH")
    elif version_of(CURRENT) == VERSION:
        say(f"libtorch {VERSION} is ready")
    elif (folder := installed_pytorch()) is not None:
        point_current_at(folder, f"the PyTorch of {sys.executable}")
    else:
        bring_cpu_build()
        point_current_at(CPU_BUILD / "torch", "CPU")


def version_of(folder: Path) -> Optional[str]:
    """The version of the libtorch in `folder`, or None where there is no complete one."""
    if not (folder / "lib" / "libtorch_cpu.so").exists():
        return None
    try:
        header = (folder / "include" / "torch" / "headeronly" / "version.h").read_text()
    except OSError:
        try:
            return (folder / "build-version").read_text().split("+")[0].strip()
        except OSError:
            return None
    parts = re.findall(r"#define TORCH_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", header)
    return ".".join(parts)


def installed_pytorch() -> Optional[Path]:
    try:
        found = importlib.metadata.version("torch").split("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return None
    spec = importlib.util.find_spec("torch")
    folder = Path(spec.origin).parent if spec and spec.origin else None
    if found == VERSION and folder and version_of(folder) == VERSION:
        return folder
    say(f"the PyTorch {found} of {sys.executable} is passed over: {VERSION} is needed")
    return None


def point_current_at(folder: Path, what: str) -> None:
    if CURRENT.resolve() != folder.resolve() or not CURRENT.exists():
        HOME.mkdir(exist_ok=True)
        fresh = HOME / "current.new"
        fresh.unlink(missing_ok=True)
        inside = HOME in folder.parents
        fresh.symlink_to(folder.relative_to(HOME) if inside else folder, target_is_directory=True)
        os.replace(fresh, CURRENT)
        forget_earlier_builds()
    say(f"libtorch {VERSION} is ready ({what}): {CURRENT.resolve()}")


def forget_earlier_builds() -> None:
    """Cargo knows libtorch by the name of the link, which stays, and would go on linking what it found there before."""
    if shutil.which("cargo") is not None:
        for profile in ("dev", "release"):
            words = ["cargo", "clean", "--quiet", "--package", "torch-sys", "--profile", profile]
            subprocess.run(words, cwd=ROOT, capture_output=True, check=False)


# ------------------------------------------------------------------------------------------ bringing


@contextlib.contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """Lets a second run of this script wait for the first instead of writing the same files."""
    HOME.mkdir(exist_ok=True)
    with (HOME / "lock").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another run of this script ...")
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def bring_cpu_build() -> None:
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        fail(
            f"libtorch is brought to Linux on x86_64 alone, and this is {platform.system()} on {platform.machine()}",
            f"{sys.executable} -m pip install torch=={VERSION}",
        )
    with only_one_at_a_time():
        if version_of(CPU_BUILD / "torch") == VERSION:
            return
        downloads = HOME / "download"
        wheels = [downloaded(requirement, digest, downloads) for requirement, digest in WHEELS.items()]
        unpack(wheels, CPU_BUILD)
        shutil.rmtree(downloads)


def downloaded(requirement: str, digest: str, folder: Path) -> Path:
    """The wheel of `requirement` with this SHA-256 in `folder`, brought there if need be."""
    stem = requirement.replace("-", "_").replace("==", "-")
    for wheel in folder.glob(f"{stem}-*.whl"):
        if sha256(wheel) == digest:
            return wheel
        wheel.unlink()
    require_pip()
    say(f"downloading {requirement} ...")
    folder.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix="partial-", dir=folder))
    platforms = [word for tag in PLATFORMS for word in ("--platform", tag)]
    pip(
        *("download", "--no-deps", "--only-binary=:all:", "--implementation", "cp", "--python-version", "3.11"),
        *(*platforms, "--dest", str(partial), requirement),
    )
    (brought,) = partial.glob("*.whl")
    found = sha256(brought)
    if found != digest:
        shutil.rmtree(partial)
        fail(f"`{brought.name}` came with the SHA-256 {found}, and {digest} was expected", "python3 bootstrap.py")
    wheel = folder / brought.name
    os.replace(brought, wheel)
    shutil.rmtree(partial)
    return wheel


def unpack(wheels: List[Path], target: Path) -> None:
    """Unpacks what a CPU build needs; `target` appears whole or not at all.

    The folders stay as they are in the wheels, because libtorch_cpu.so finds cudart and cupti through
    `$ORIGIN/../../nvidia/cu13/lib`.
    """
    fresh = target.with_name(target.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            kept = [entry for entry in archive.infolist() if KEPT.match(entry.filename)]
            total, done, shown = sum(entry.file_size for entry in kept), 0, -1
            for entry in kept:
                archive.extract(entry, fresh)
                done += entry.file_size
                if sys.stdout.isatty() and done * 100 // total != shown:
                    shown = done * 100 // total
                    print(f"\rbootstrap: unpacking {wheel.name.split('-')[0]} {shown:3} %", end="", flush=True)
        if sys.stdout.isatty():
            print()
        else:
            say(f"unpacked {wheel.name.split('-')[0]}, {total / 1e6:.0f} MB")
    # `-ltorch` means libtorch_cpu alone here: the wheel's libtorch.so would ask for CUDA's.
    (fresh / "torch" / "lib" / "libtorch.so").write_text("INPUT(libtorch_cpu.so)\n")
    (fresh / "torch" / "build-version").write_text(VERSION + "\n")
    shutil.rmtree(target, ignore_errors=True)
    os.replace(fresh, target)


def bring_cuda_build() -> None:
    require_pip()
    with only_one_at_a_time():
        if version_of(CUDA_BUILD / "torch") == VERSION:
            return
        fresh = CUDA_BUILD.with_name(CUDA_BUILD.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        say(f"downloading PyTorch {VERSION} with CUDA ...")
        pip("install", "--only-binary=:all:", "--target", str(fresh), f"torch=={VERSION}", *CUDA_HEADERS)
        if not (fresh / "torch" / "lib" / "libtorch_cuda.so").exists():
            shutil.rmtree(fresh)
            fail("the package index's PyTorch for this machine has no CUDA", "python3 bootstrap.py")
        os.replace(fresh, CUDA_BUILD)


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


# ------------------------------------------------------------------------------------------ running


def pip(*words: str) -> None:
    # pip unpacks gigabytes before it moves them, and the system's temporary folder may be small or another disk.
    scratch = HOME / "pip"
    environment = {**os.environ, "TMPDIR": str(scratch)}
    for attempt in range(1, ATTEMPTS + 1):
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        status = subprocess.run([sys.executable, "-m", "pip", *words], env=environment, check=False).returncode
        shutil.rmtree(scratch, ignore_errors=True)
        if status == 0:
            return
        # pip itself tries again where no connection comes about, but not where one breaks off.
        if attempt < ATTEMPTS:
            say(f"that failed (pip's reason is above); attempt {attempt + 1} of {ATTEMPTS} ...")
    fail("pip could not bring it (its reason is above); what came whole is kept", "python3 bootstrap.py")


def cargo(*words: str) -> int:
    say("cargo " + " ".join(words))
    return subprocess.run(["cargo", *words], cwd=ROOT, check=False).returncode


def require_pip() -> None:
    probe = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False)
    if probe.returncode != 0:
        fail(f"pip of {sys.executable} is missing", "sudo apt-get install python3-pip")


def require_build_tools() -> None:
    if shutil.which("cargo") is None:
        fail("cargo is missing: install Rust from https://rustup.rs", "source ~/.cargo/env")
    if not any(shutil.which(name) for name in (os.environ.get("CXX") or "c++", "g++", "clang++")):
        fail("a C++ compiler is missing, for the binding to libtorch", "sudo apt-get install g++")


def say(text: str) -> None:
    print(f"bootstrap: {text}", flush=True)


def fail(reason: str, remedy: str) -> NoReturn:
    sys.exit(f"bootstrap: error: {reason}\nbootstrap: help: {remedy}")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("\nbootstrap: interrupted; the next run goes on from here")
