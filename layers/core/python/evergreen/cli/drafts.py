"""Draft a model file from a table on this machine; no cloud is needed."""

import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import yaml

from evergreen.cli.command import errors_as_sentences
from evergreen.cli.folder import FolderStore
from evergreen.errors import InvalidTable
from evergreen.ports import iso

PAGE = Path("build/reports")

_HEADING = """\
# Drafted from {file}: {rows:,} rows, {columns} columns; what they hold is in
# {page}. Read this, mend it, then: evergreen apply FILE
"""


@click.command()
@click.argument("file", type=Path)
@click.option("--target", required=True, metavar="COLUMN", help="The column to predict.")
@click.option("--name", default="", help="The model's name; the file's without it.")
@click.option("--positive", default="", help="Of two classes, the one to predict.")
def draft(file: Path, target: str, name: str, positive: str) -> None:
    """Print a model file for the table in FILE.

    Types and the problem are inferred; columns that may know the outcome, name their rows or hold
    nothing are excluded with the reason, and suspected sentinels become cleaning rules.
    """
    with errors_as_sentences():
        name = name or re.sub(r"[^a-z0-9]+", "-", file.name.split(".")[0].lower())[:63].strip("-")
        click.echo(_drafted(file, target, name or "model", positive), nl=False)


def _drafted(file: Path, target: str, name: str, positive: str) -> str:
    from evergreen.cli.drafting import draft as drafted  # pandas takes a second
    from evergreen.ingest.report import quality_page

    if not file.is_file():
        raise InvalidTable(f"There is no file {file}.")
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw"
        raw.mkdir()
        (raw / file.name).symlink_to(file.absolute())
        at = iso(datetime.now(UTC))
        store = FolderStore(Path(folder))
        document, report = drafted(store, f"raw/{file.name}", name, target, positive, at)
    page = PAGE / f"draft-{name}.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_bytes(quality_page(report))
    heading = _HEADING.format(
        file=file.name, rows=report.rows, columns=len(report.columns), page=page
    )
    return heading + _yaml(document)


def _yaml(document: dict[str, Any]) -> str:
    """One line for what is small, one a column for the features and what is excluded."""
    long = ("features", "exclude", "clean")
    return "".join(
        yaml.safe_dump(
            {key: value},
            sort_keys=False,
            default_flow_style=None if isinstance(value, dict) and key not in long else False,
            allow_unicode=True,
            width=1000,
        )
        for key, value in document.items()
    )
