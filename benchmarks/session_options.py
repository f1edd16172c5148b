"""Which ONNX Runtime session options to open graphs with: load, memory and speed of each.

``python benchmarks/session_options.py`` prints one row for each family of models and each way to
open its graph, measured in fresh processes: milliseconds to open, resident memory that stays and
that opening needs at most, as multiples of the graph's bytes too, and medians for 1 and 100 rows.
The choice that follows is in ``evergreen/graph.py`` and docs/decisions/0009.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

COLUMNS = 12
COPIES = 5
ROUNDS = 3
LEVELS = onnxruntime.GraphOptimizationLevel


def one_thread(**more: Any) -> onnxruntime.SessionOptions:
    """Options of a session with one thread, and ``more`` of its properties."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    for name, value in more.items():
        setattr(options, name, value)
    return options


def all_threads() -> onnxruntime.SessionOptions:
    """ONNX Runtime's own defaults: a thread for each processor."""
    return onnxruntime.SessionOptions()


WAYS = {
    "defaults": all_threads,
    "1 thread": one_thread,
    "1 thread, no optimisation": lambda: one_thread(
        graph_optimization_level=LEVELS.ORT_DISABLE_ALL
    ),
    "1 thread, basic optimisation": lambda: one_thread(
        graph_optimization_level=LEVELS.ORT_ENABLE_BASIC
    ),
    "1 thread, no arena": lambda: one_thread(enable_cpu_mem_arena=False),
    "1 thread, no arena, no pattern": lambda: one_thread(
        enable_cpu_mem_arena=False, enable_mem_pattern=False
    ),
    "1 thread, no optimisation, no arena, no pattern": lambda: one_thread(
        graph_optimization_level=LEVELS.ORT_DISABLE_ALL,
        enable_cpu_mem_arena=False,
        enable_mem_pattern=False,
    ),
    "1 thread, from a path": one_thread,
    "1 thread, optimised beforehand": one_thread,
    "1 thread, ORT format": one_thread,
    "1 thread, ORT format, bytes used in place": one_thread,
}


def graphs(folder: Path) -> list[Path]:
    """One graph of each family of models that training chooses from, and of a large forest."""
    from evergreen.contracts.signature import Column, Signature
    from evergreen.estimators.pipeline import fit, to_graph
    from evergreen.frame import Frame
    from skl2onnx import to_onnx
    from sklearn.ensemble import RandomForestClassifier

    from benchmarks.serving.trained import CONFIGURATIONS

    words = tuple("abcde")
    numbers = [Column(f"n{i}", "number") for i in range(COLUMNS // 2)]
    categories = [Column(f"c{i}", "category", values=words) for i in range(COLUMNS // 2)]
    signature = Signature((*numbers, *categories), (), "y", ("0", "1"))
    matrix = rows_of(20_000)
    named = {column.name: matrix[:, i] for i, column in enumerate(signature.inputs)}
    columns = {c.name: np.array(words)[named[c.name].astype(int)] for c in categories}
    columns |= {c.name: named[c.name] for c in numbers}
    noise = np.random.default_rng(1).normal(size=len(matrix))
    target = (matrix[:, :4].sum(axis=1) + matrix[:, 8] + noise > 2).astype(np.int64)
    frame = Frame(columns, target, np.zeros(len(matrix)))
    bodies = {
        str(configuration["family"]): to_graph(fit(signature, configuration, frame), signature)
        for configuration in CONFIGURATIONS
    }
    forest = RandomForestClassifier(100, min_samples_leaf=3, random_state=0).fit(matrix, target)
    graph = to_onnx(forest, matrix[:1], options={id(forest): {"zipmap": False}})
    bodies["forest"] = graph.SerializeToString()
    made = []
    for name, body in bodies.items():
        made.append(folder / f"{name}.onnx")
        made[-1].write_bytes(body)
        write_variants(made[-1])
    return made


def rows_of(count: int) -> NDArray[np.float32]:
    """Rows as they are encoded: numbers first, then the codes of categories."""
    random = np.random.default_rng(0)
    numbers = random.normal(size=(count, COLUMNS // 2))
    return np.hstack([numbers, random.integers(0, 5, (count, COLUMNS // 2))]).astype(np.float32)


def write_variants(graph: Path) -> None:
    """Beside a graph, what ONNX Runtime makes of it: optimised, and in its own format."""
    for suffix in ("optimised", "ort"):
        options = one_thread(optimized_model_filepath=str(graph.with_suffix(f".{suffix}")))
        options.add_session_config_entry(
            "session.save_model_format", "ORT" if suffix == "ort" else "ONNX"
        )
        onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def opened(graph: Path, way: str) -> onnxruntime.InferenceSession:
    """A session, opened in one of the ways."""
    options = WAYS[way]()
    source: Path | bytes = graph
    if "beforehand" in way:
        options.graph_optimization_level = LEVELS.ORT_DISABLE_ALL
        source = graph.with_suffix(".optimised").read_bytes()
    elif "ORT format" in way:
        source = graph.with_suffix(".ort").read_bytes()
        place = "1" if "in place" in way else "0"
        options.add_session_config_entry("session.use_ort_model_bytes_directly", place)
    elif "path" not in way:
        source = graph.read_bytes()
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def memory(word: str) -> int:
    """Bytes of this process: VmRSS are resident now, VmHWM were at most."""
    (line,) = (
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(word)
    )
    return int(line.split()[1]) * 1024


def measure(graph: Path, way: str) -> dict[str, float]:
    """What one way costs; meant for a process of its own.

    The first session brings in what all sessions share (10 MB), so what stays is that of the ones
    after it, each having answered a request of the largest size; what opening needs at most is seen
    with the first.
    """
    matrices = {count: rows_of(count) for count in (1, 100, 1000)}
    start_with = memory("VmRSS")
    sessions = [opened(graph, way)]
    most = memory("VmHWM") - start_with
    timed(sessions[0], matrices[1000])
    before, loads = memory("VmRSS"), []
    for _ in range(COPIES):
        start = perf_counter()
        sessions.append(opened(graph, way))
        loads.append(perf_counter() - start)
        timed(sessions[-1], matrices[1000])
    took = {
        "load_ms": median(loads) * 1e3,
        "stays_mb": (memory("VmRSS") - before) / COPIES / 1e6,
        "most_mb": most / 1e6,
    }
    for count in (1, 100):
        times = [timed(sessions[0], matrices[count]) for _ in range(400)]
        took[f"rows_{count}_us"] = 1e6 * median(times)
    return took


def timed(session: onnxruntime.InferenceSession, matrix: Any) -> float:
    """Seconds of one run."""
    start = perf_counter()
    session.run(["probabilities"], {session.get_inputs()[0].name: matrix})
    return perf_counter() - start


def measured_apart(graph: Path, way: str) -> dict[str, float]:
    """The best of a few fresh processes, figure by figure: what others do here only adds."""
    command = [sys.executable, __file__, str(graph), way]
    found = [
        json.loads(subprocess.run(command, check=True, capture_output=True).stdout)  # noqa: S603
        for _ in range(ROUNDS)
    ]
    return {name: min(one[name] for one in found) for name in found[0]}


def main() -> None:
    """Print the table."""
    print(f"ONNX Runtime {onnxruntime.__version__}; memory also in multiples of the graph")  # noqa: T201
    with tempfile.TemporaryDirectory() as folder:
        for graph in graphs(Path(folder)):
            size = graph.stat().st_size / 1e6
            print(f"\n{graph.stem}, {size:.3f} MB")  # noqa: T201
            for way in WAYS:
                took = measured_apart(graph, way)
                print(  # noqa: T201
                    f"{way:48} load {took['load_ms']:7.1f} ms"
                    f"  stays {took['stays_mb']:6.1f} MB ({took['stays_mb'] / size:6.1f})"
                    f"  most {took['most_mb']:6.1f} MB ({took['most_mb'] / size:6.1f})"
                    f"  1 row {took['rows_1_us']:6.1f} us  100 rows {took['rows_100_us']:7.1f} us"
                )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(Path(sys.argv[1]), sys.argv[2])))  # noqa: T201
    else:
        main()
