"""Who imports what, read from the source without running it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers/core/python/evergreen"

STAGES = (
    "ingest",
    "features",
    "tune",
    "train",
    "score",
    "evaluate",
    "register",
    "deploy",
    "infer",
    "monitor",
    "retrain",
)


def sources(folder: Path) -> list[Path]:
    """Python files below a folder."""
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def module_name(path: Path) -> str:
    """``evergreen.aws.store`` for its file."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, Path]:
    """All modules of the package, by name."""
    return {module_name(path): path for path in sources(PACKAGE)}


@cache
def imported_by(path: Path) -> frozenset[str]:
    """Modules and names that a file imports, inside functions too, as dotted names."""
    return frozenset(_imports(ast.parse(path.read_text())))


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def stage_modules(stage: str) -> list[str]:
    """The modules of one stage."""
    name = f"evergreen.{stage}"
    return [module for module in modules() if module == name or module.startswith(f"{name}.")]


@cache
def reached_from(module: str) -> frozenset[str]:
    """Modules of the package that importing one brings in, itself and its packages included."""
    reached, waiting = set(), {module}
    while waiting:
        current = waiting.pop()
        reached.add(current)
        parents = {current.rpartition(".")[0]} - {""}
        wanted = {name for name in imported_by(modules()[current]) if name in modules()}
        waiting |= (wanted | parents) - reached
    return frozenset(reached)


def outside(module: str) -> set[str]:
    """Top-level names of what importing a module brings in from outside the package."""
    names = {name for inside in reached_from(module) for name in imported_by(modules()[inside])}
    return {name.partition(".")[0] for name in names} - {"evergreen"}
