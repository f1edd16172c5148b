"""Builds the Lambda layers into ``build/layers/<name>/python``, without Docker.

``python layers/build.py [names] [--architecture x86_64]`` installs each layer's lock for the
target platform, prunes it, adds bytecode, and fails above Lambda's limit. What is built already
from the same lock, sources and tools is left as it is. ``--lock`` pins ``requirements.in`` anew.

Bytecode is made for all that is left after pruning: a cold start then compiles nothing, and
Lambda's folders are read-only, so it could never cache what it compiles. Sources stay beside it,
because tracebacks quote them and everything fits. The bytecode is never checked against the
source's time stamp, which packaging resets.
"""

import hashlib
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
import msgspec
from msgspec import Struct

if not __package__:  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from layers.functions import CORE, LAYERS
from layers.process import run
from layers.pruning import prune
from layers.target import ARCHITECTURE, ARCHITECTURES, PYTHON, Target, lambda_target, uv

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
OUTPUT = ROOT / "build/layers"

LIMIT = 262_144_000
"""Bytes that a function and its layers may have unzipped (Lambda's "250 MB")."""

FUNCTION_SHARE = 1_048_576
"""Bytes of it that are left to the function's own folder."""

# Named as dependencies, but never imported by what the layer is for.
_ONNXRUNTIME = ("flatbuffers", "packaging", "protobuf")
LEFT_OUT = {"batch": _ONNXRUNTIME, "serving": _ONNXRUNTIME}


class BuildError(click.ClickException):
    """A layer cannot be built, or not be used; one sentence says why."""


class Layer(Struct, frozen=True):
    """A built layer: what it was made of, its unzipped size and its packages' sizes in bytes."""

    name: str
    digest: str
    size: int
    bytecode: bool
    packages: dict[str, int]


def build(name: str, target: Target, output: Path = OUTPUT) -> Layer:
    """Build one layer, unless it is there already.

    Raises:
        BuildError: the locked packages cannot be installed for the target, or not be compiled.
    """
    record = output / f"{name}.json"
    digest = _digest(name, target)
    if record.exists() and (output / name).is_dir():
        built = msgspec.json.decode(record.read_bytes(), type=Layer)
        if built.digest == digest:
            return built
    record.unlink(missing_ok=True)
    shutil.rmtree(output / name, ignore_errors=True)
    python = output / name / "python"
    _install(name, target, python)
    prune(python)
    if target.compiler:
        _compile(output / name, target.compiler)
    packages = _sizes(python)
    layer = Layer(name, digest, sum(packages.values()), bool(target.compiler), packages)
    record.write_bytes(msgspec.json.encode(layer))
    return layer


def check_budget(layers: Sequence[Layer]) -> None:
    """Hold ``core`` with each other layer against Lambda's limit.

    Raises:
        BuildError: a function could not be created with these layers.
    """
    core = next(layer for layer in layers if layer.name == CORE)
    for layer in layers:
        together = core.size + (layer.size if layer is not core else 0)
        excess = together - (LIMIT - FUNCTION_SHARE)
        if excess > 0:
            biggest = sorted(layer.packages.items(), key=lambda item: -item[1])[:3]
            named = ", ".join(f"{package} ({_mib(size)})" for package, size in biggest)
            raise BuildError(
                f"The layers core and {layer.name} are {_mib(together)} unzipped, {_mib(excess)} "
                f"more than Lambda leaves beside a function; the biggest packages are {named}."
            )


def lock(name: str) -> None:
    """Pin what ``requirements.in`` asks for at the versions of the development lock.

    Markers cover every Python that the project supports, so that one lock serves both processors
    and a machine without the target's interpreter.
    """
    folder = Path("layers") / name
    left_out = [f"--no-emit-package={package}" for package in LEFT_OUT.get(name, ())]
    _uv(
        *(
            "pip",
            "compile",
            folder / "requirements.in",
            "--output-file",
            folder / "requirements.lock",
        ),
        *("--universal", "--python-version", "3.11", "--constraint", "requirements/all.lock"),
        *("--generate-hashes", "--no-header", *left_out),
    )


def _install(name: str, target: Target, into: Path) -> None:
    platform = ["--python-platform", target.platform] if target.platform else []
    _uv(
        *("pip", "install", "--target", into, "--python", target.compiler or sys.executable),
        *("--python-version", target.python, *platform, "--only-binary", ":all:"),
        *("--no-deps", "--require-hashes", "--no-compile-bytecode"),
        *("--requirements", HERE / name / "requirements.lock"),
    )
    for source in _sources(name):
        copy = into / source.relative_to(HERE / name / "python")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)


def _compile(folder: Path, compiler: Path) -> None:
    """Write bytecode that names its sources as Lambda mounts them, the same in every build.

    One process: with several, a constant may be shared in one build and repeated in the next.
    """
    ran = run(
        *(compiler, "-S", "-m", "compileall", "-q", "-s", folder, "-p", "/opt"),
        *("--invalidation-mode", "unchecked-hash", folder / "python"),
        environment={"PYTHONHASHSEED": "0"},
    )
    if ran.returncode:
        raise BuildError(f"The layer {folder.name} cannot be compiled: {ran.stdout.strip()}")


def _sources(name: str) -> list[Path]:
    """The layer's own files; the command line runs on a person's machine, not in a function."""
    folder = HERE / name / "python"
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return sorted(path for path in files if "cli" not in path.relative_to(folder).parts)


def _digest(name: str, target: Target) -> str:
    """What the layer is made of, as one name."""
    made_for = f"{name} {target.python} {target.platform} {bool(target.compiler)}\n"
    digest = hashlib.sha256(made_for.encode())
    made_by = [HERE / "build.py", HERE / "pruning.py", HERE / name / "requirements.lock"]
    for path in [*made_by, *_sources(name)]:
        digest.update(f"{path.relative_to(HERE)} {path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _sizes(folder: Path) -> dict[str, int]:
    """Unzipped bytes by top-level name; bundled libraries and metadata count with their package."""
    sizes: dict[str, int] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            parts = path.relative_to(folder).parts
            name = parts[1] if parts[0] == "__pycache__" else parts[0]
            package = name.split(".")[0].split("-")[0]
            sizes[package] = sizes.get(package, 0) + path.stat().st_size
    return sizes


def _uv(*arguments: object) -> None:
    ran = run(uv(), *arguments, "--quiet", folder=ROOT)
    if ran.returncode:
        raise BuildError(f"uv {arguments[0]} {arguments[1]} failed: {ran.stderr.strip()}")


def _mib(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"


def _table(layers: Iterable[Layer]) -> str:
    rows = [("layer", "packages", "unzipped", "bytecode")]
    for layer in layers:
        count, bytecode = str(len(layer.packages)), "yes" if layer.bytecode else "no"
        rows.append((layer.name, count, _mib(layer.size), bytecode))
    return "\n".join("{:<10}{:>9}{:>12}  {}".format(*row) for row in rows)


@click.command(help=(__doc__ or "").split("\n", maxsplit=1)[0])
@click.argument("names", nargs=-1, type=click.Choice(LAYERS))
@click.option("--architecture", type=click.Choice(ARCHITECTURES), default=ARCHITECTURE)
@click.option("--lock", "relock", is_flag=True, help="Pin requirements.in anew instead.")
def main(names: tuple[str, ...], architecture: str, relock: bool) -> None:
    """Build the named layers, or all of them; ``core`` comes with each."""
    if relock:
        for name in names or LAYERS:
            lock(name)
        return
    target = lambda_target(architecture)
    if not target.compiler:
        click.echo(f"There is no Python {PYTHON} here, so cold starts will compile: no bytecode.")
    wanted = [name for name in LAYERS if name in {CORE, *(names or LAYERS)}]
    layers = [build(name, target) for name in wanted]
    click.echo(_table(layers))
    check_budget(layers)


if __name__ == "__main__":
    main()
