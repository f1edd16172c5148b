"""How results look: tables for people, JSON for machines; progress and notes go to stderr."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from evergreen.contracts.registry import Run, StageRecord

_COLOURS = {
    "done": "green",
    "deployed": "green",
    "scored": "green",
    "built": "green",
    "running": "cyan",
    "refused": "yellow",
    "failed": "red",
}
_NAMES = {"run", "model", "id", "file"}
"""Columns that are copied from the screen, so they stay on one line."""
_WIDTH_OF_A_FILE = 160

_SIGNS = {"done": "✓", "running": "…", "failed": "✗"}


class Show:
    """Where a command puts what it found."""

    def __init__(self, *, as_json: bool) -> None:
        """With ``as_json``, stdout carries one JSON document and nothing else."""
        self._as_json = as_json
        self._out = Console(highlight=False)
        if not self._out.is_terminal:
            self._out = Console(highlight=False, width=_WIDTH_OF_A_FILE)
        self._err = Console(stderr=True, highlight=False)

    def result(self, document: object, *renderables: RenderableType) -> None:
        """The command's result, in one of its two forms."""
        if self._as_json:
            text = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
            self._out.print(text, markup=False, soft_wrap=True)
        else:
            self._out.print(*renderables, sep="\n")

    def note(self, text: str) -> None:
        """A line for people, beside the result."""
        self._err.print(text, style="dim", markup=False, soft_wrap=True)

    @contextmanager
    def progress(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        """A progress bar; call the yielded function with how much was done."""
        columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._err, transient=True) as progress:
            task = progress.add_task(what, total=total)
            yield lambda amount: progress.advance(task, amount)

    @contextmanager
    def following(self) -> Iterator[Callable[[Run], None]]:
        """A display of a run that changes; on no terminal, one line per change."""
        if not self._err.is_terminal:
            yield _Lines(self.note)
            return
        # The table leaves on its own end, because the result repeats it on stdout.
        with Live(Spinner("dots", "starting"), console=self._err, transient=True) as live:
            yield lambda run: live.update(run_view(run))


class _Lines:
    """Writes each stage's state once."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._seen: set[tuple[str, str, str]] = set()

    def __call__(self, run: Run) -> None:
        for stage in run.stages:
            change = (stage.stage, stage.status, stage.started_at)
            if change not in self._seen:
                self._seen.add(change)
                self._write(f"{stage.stage}: {stage.status} {stage.summary}".rstrip())


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A table without frame; None is an empty cell, and what is too long goes on below."""
    made = Table(box=None, pad_edge=False)
    for heading in headings:
        made.add_column(heading, overflow="fold", no_wrap=heading in _NAMES)
    for row in rows:
        made.add_row(*(_cell(value) for value in row))
    return made


def status(word: str) -> Text:
    """A status in its colour."""
    return Text(word, style=_COLOURS.get(word, ""))


def run_view(run: Run) -> RenderableType:
    """A run, stage by stage."""
    head = Text.assemble(
        (run.run_id, "bold"), "  ", status(run.status), f"  {duration(run)}  {run.trigger}"
    )
    stages = Table(box=None, show_header=False, pad_edge=False)
    for stage in map(_cut_short, run.stages) if run.status == "failed" else run.stages:
        stages.add_row(_sign(stage), stage.stage, duration(stage), _cell(stage.summary))
    parts: list[RenderableType] = [head, stages]
    if run.reason and run.reason not in {stage.summary for stage in run.stages}:
        parts.append(Text(run.reason, style=_COLOURS.get(run.status, "")))
    return Group(*parts)


def _cut_short(stage: StageRecord) -> StageRecord:
    """A stage of a failed run: one that was killed could not say that it ended."""
    if stage.status != "running":
        return stage
    return msgspec.structs.replace(stage, status="failed", summary="ended without an answer")


def duration(record: Run | StageRecord) -> str:
    """How long it took, empty while it lasts."""
    if not record.ended_at or not record.started_at:
        return ""
    begun, ended = map(datetime.fromisoformat, (record.started_at, record.ended_at))
    return f"{(ended - begun).total_seconds():.1f} s"


def when(moment: str) -> str:
    """An ISO 8601 moment, to the minute."""
    return moment[:16].replace("T", " ")


def _sign(stage: StageRecord) -> RenderableType:
    if stage.status == "running":
        return Spinner("dots", style=_COLOURS["running"])
    return Text(_SIGNS[stage.status], style=_COLOURS[stage.status])


def _cell(value: Any) -> RenderableType:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4f}"
    return value if isinstance(value, Text) else Text(str(value))
