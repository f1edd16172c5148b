"""What a layer leaves out: what nobody imports in a function.

Compiled libraries are removed whole or left alone: ``strip`` breaks the ones scipy bundles.
``tests/layers`` imports and uses what is left, and checks that every library which is left finds
the ones it links to, for the target's processor as well.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

TEST_FOLDERS = {"tests", "test"}
SOURCE_SUFFIXES = {
    *(".pyi", ".pyx", ".pxd", ".pxi", ".tp"),
    *(".h", ".hpp", ".c", ".cc", ".cpp", ".cu", ".f", ".f90", ".a", ".cmake"),
}
# importlib.metadata answers from these; a licence stays with what it covers.
KEPT_METADATA = {"METADATA", "entry_points.txt", "licenses"}

# What uv leaves behind, bindings to services and C that no stage calls, tools for other jobs.
PACKAGE_FILES = (
    ".lock",
    "bin",
    "onnxruntime/capi/libonnxruntime.so.*",  # for C programs; Python's own library holds it again
    "onnxruntime/datasets",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    "pyarrow/_azurefs.*",
    "pyarrow/_flight.*",
    "pyarrow/_gcsfs.*",
    "pyarrow/_hdfs.*",
    "pyarrow/_orc.*",
    "pyarrow/_pyarrow_cpp_tests.*",
    "pyarrow/_s3fs.*",
    "pyarrow/include",
    "pyarrow/includes",
    "pyarrow/libarrow_flight.so*",
    "pyarrow/libarrow_python*.so",  # copies of the numbered library that Arrow links to
    "pyarrow/libarrow_python*.so.*.*",
    "pyarrow/libarrow_python_flight.so*",
    "pyarrow/libarrow_s3.so*",
    "pyarrow/src",
)


def prune(folder: Path) -> None:
    """Remove from ``folder``, a place that packages were installed to, what functions never use."""
    for path in _surplus(folder):
        if path.is_dir():
            shutil.rmtree(path)  # what was in it may be named again
        else:
            path.unlink(missing_ok=True)


def _surplus(folder: Path) -> Iterator[Path]:
    for pattern in PACKAGE_FILES:
        yield from list(folder.glob(pattern))
    for metadata in folder.glob("*.dist-info"):
        yield from [path for path in metadata.iterdir() if path.name not in KEPT_METADATA]
    yield from [path for path in folder.rglob("*") if _is_test(path) or _is_source(path)]


def _is_test(path: Path) -> bool:
    return path.name in TEST_FOLDERS and path.is_dir()


def _is_source(path: Path) -> bool:
    return path.suffix in SOURCE_SUFFIXES
