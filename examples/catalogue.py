"""The examples on real tables: what each folder holds, and the score that its README promises."""

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
NAMES = ("breast-cancer", "credit", "bike-demand", "wind-turbine", "flight-delays")

_PROMISE = re.compile(
    r"\*\*Score to expect\*\*: `(?P<metric>\w+)` (?P<low>[\d.]+\d) to (?P<high>[\d.]+\d)"
)


@dataclass(frozen=True)
class Promise:
    """The band that the score on the hold-out is expected in."""

    metric: str
    low: float
    high: float

    def kept(self, value: float) -> bool:
        """Whether a score lies in the band."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Example:
    """One folder: ``model.yaml``, the files of its feature views, ``table.py`` and a README."""

    name: str

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return HERE / self.name

    @property
    def model_file(self) -> Path:
        """The file of the model, which has the example's name."""
        return self.folder / "model.yaml"

    @property
    def view_files(self) -> tuple[Path, ...]:
        """The files of the feature views, each named like its view."""
        return tuple(p for p in sorted(self.folder.glob("*.yaml")) if p != self.model_file)

    @property
    def promise(self) -> Promise:
        """What the README says of the score."""
        found = _PROMISE.search((self.folder / "README.md").read_text())
        if found is None:
            raise ValueError(f"The README of {self.name} names no score to expect.")
        return Promise(found["metric"], float(found["low"]), float(found["high"]))

    def write(self, folder: Path) -> dict[str, Path]:
        """Make the tables in ``folder``; gives each by the model or view that is made of it.

        Raises:
            WrongTable: a table is not there, or is not the one that the figures were made with.
        """
        folder.mkdir(parents=True, exist_ok=True)
        spec = importlib.util.spec_from_file_location(self.name, self.folder / "table.py")
        assert spec is not None  # noqa: S101 - for the type checker: the path ends in .py
        assert spec.loader is not None  # noqa: S101 - the same
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        files: dict[str, Path] = module.write(folder)
        return files
